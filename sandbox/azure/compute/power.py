"""Power: what a VM's Windows has of its disks, and what it shows while it boots, crashes and boots again.

A running Windows works on its own view of a disk. What it wrote is on the disk when it lets go of it: stopped,
deallocated or detached. So a disk that is copied while its VM runs lacks what was written since the start.
"""

import random
from datetime import datetime, timedelta

from sandbox.azure.account import Account
from sandbox.azure.compute.machine import Agent, Happening, Machine
from sandbox.azure.durations import BUGCHECK_LOOP
from sandbox.windows import Screenshot, boot

SERIAL_LIMIT = 1 << 20
"""The serial log stops growing here: a VM may loop for days."""


def mount(account: Account, machine: Machine, disk_id: str) -> None:
    """The running Windows gets its own view of a disk."""
    content = account.disks[disk_id.lower()].content
    if content is not None:
        machine.mounted[disk_id.lower()] = content.clone()


def flush(account: Account, machine: Machine, disk_id: str) -> None:
    """What the running Windows has of a disk goes to the disk, for good."""
    content = machine.mounted.pop(disk_id.lower(), None)
    if content is not None and disk_id.lower() in account.disks:
        account.disks[disk_id.lower()].content = content


def power_on(account: Account, machine: Machine, moment: datetime) -> None:
    """Windows starts at `moment`: it takes its disks, and what its boot will show is settled."""
    machine.power, machine.powered_at = "running", moment
    for disk_id in machine.disk_ids():
        account.disks[disk_id.lower()].own(machine.id, "Attached", moment)
        mount(account, machine, disk_id)
    _begin_boot(account, machine, moment)


def power_off(account: Account, machine: Machine, *, deallocated: bool) -> None:
    """Windows ends: scripts are cut off, the agent falls silent, the disks have what was written."""
    now = account.now()
    catch_up(account, machine)
    for command in machine.run_commands.values():
        cut_off(machine, command.name, now)
    for disk_id in machine.disk_ids():
        flush(account, machine, disk_id)
        if deallocated:
            account.disks[disk_id.lower()].own(machine.id, "Reserved", now)
    last = now if machine.agent_ready(now) else machine.agent.last_ready
    machine.agent = Agent(None, last)
    machine.ahead.clear()
    machine.guest = None
    machine.power, machine.powered_at = "deallocated" if deallocated else "stopped", now


def catch_up(account: Account, machine: Machine) -> None:
    """Let happen what Windows has shown by now. To be called before anything reads or changes the VM."""
    now = account.now()
    while machine.ahead and machine.ahead[0].when <= now:
        happening = machine.ahead.pop(0)
        machine.screen = happening.screen
        machine.serial = (machine.serial + happening.serial)[:SERIAL_LIMIT]
        if happening.agent_from is not None:
            machine.agent.ready_from = happening.agent_from
        if happening.crashes_again and len(machine.serial) < SERIAL_LIMIT:
            _begin_boot(account, machine, happening.when, least=BUGCHECK_LOOP)


def cut_off(machine: Machine, name: str, now: datetime) -> None:
    """End a running script. The disks it worked on are again as they were before it: nothing of it is left half done."""
    command = machine.run_commands[name]
    if command.is_running(now):
        machine.mounted.update({key: disk for key, disk in command.before.items() if key in machine.mounted})
        command.cut_off = now


def _begin_boot(account: Account, machine: Machine, moment: datetime, least: float = 0.0) -> None:
    """Settle what this boot will show, and when. A crash that loops shows again, `least` seconds later or more."""
    content = machine.mounted.get(machine.os_disk.disk_id.lower())
    if content is None:
        return
    machine.boots += 1
    rng = random.Random(f"{account.seed}/{machine.name}/{machine.boots}")
    outcome = boot(
        content,
        memory_gb=machine.memory_gb,
        rng=rng,
        boot_number=machine.boots,
        now=moment,
        data_disks=[disk for disk in machine.mounted.values() if disk is not content],
    )
    if not least:
        machine.screen = Screenshot("boot")
    shown = moment + timedelta(seconds=max(outcome.seconds_to_outcome, least))
    ready = outcome.agent_ready_after_seconds
    happening = Happening(
        shown,
        outcome.serial_text,
        outcome.screenshot,
        None if ready is None else shown + timedelta(seconds=ready),
        outcome.loops,
    )
    machine.ahead.append(happening)
