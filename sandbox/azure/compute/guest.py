"""A script in a VM: simulated Windows runs it on the disks that are attached now."""

import random

from sandbox.azure.account import Account
from sandbox.azure.compute.machine import Machine
from sandbox.azure.compute.run_command import RunCommand
from sandbox.windows import RepairGuest, ScriptRun, run_script
from sandbox.windows.scripts import SFC_SECONDS

_FOR_EVER = 10.0**9
"""Seconds. The run command's own limit ends it before."""


def begin_script(account: Account, machine: Machine, command: RunCommand) -> ScriptRun:
    """Play the script at once; what it prints when, and how long it takes, is in the answer."""
    if machine.scripts == "hang":
        return ScriptRun(_FOR_EVER, (), 1)
    if machine.scripts == "find_no_room":
        return ScriptRun(2.0, (), 1, "There is not enough space on the disk.")
    if machine.guest is None:
        machine.guest = RepairGuest({})
    machine.guest.attached = {
        slot.lun: machine.mounted[slot.disk_id.lower()]
        for slot in machine.data_disks
        if slot.disk_id.lower() in machine.mounted
    }
    return run_script(
        machine.guest,
        command.script,
        command.parameters,
        command.protected,
        now=account.now(),
        rng=random.Random(account.unique()),
        sfc_seconds=account.spec.sfc_seconds or SFC_SECONDS,
        ca_file=account.ca_file,
    )
