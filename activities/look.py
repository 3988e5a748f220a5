"""Single looks at what is under way. Whether and when to look again is the orchestrator's."""

from activities.failures import kind_of
from activities.wiring import azure
from bootmend.arm.errors import failure_kind
from bootmend.boot_verdict import judge, next_look_in, take_in
from bootmend.guest.output import read_progress
from bootmend.models.azure import OperationLook
from bootmend.models.boot import BootLook, SerialReading
from bootmend.models.jobs import GuestLook, LookAtBoot, LookAtGuest, LookAtOperation
from bootmend.models.watches import BootRound
from bootmend.names import ResourceId, repair_vm_id
from bootmend.serial_log import read_serial_log

SERIAL_LIMIT = 8 * 1024 * 1024


async def look_at_operation(job: LookAtOperation) -> OperationLook:
    look = await azure(job.vm_id).look(job.operation)
    if look.state in {"failed", "canceled"}:
        return look.model_copy(update={"kind": kind_of(failure_kind(look.code, look.message))})
    return look


async def look_at_guest(job: LookAtGuest) -> GuestLook:
    """Judged by the script's own state and exit code: the run command's provisioning says only that the platform ran it."""
    vm_id = repair_vm_id(ResourceId.parse(job.vm_id).subscription, job.repair_group, job.repair_id)
    look = await azure(job.vm_id).get_run_command(vm_id, job.name)
    if look is None:
        return GuestLook(ended=True, why="the run command is gone: somebody deleted it, or the repair VM")
    if look.state in {"Unknown", "Pending", "Running"}:
        if look.provisioning_state == "Failed":
            return GuestLook(
                ended=True, why=f"the platform could not run the script: {look.message or 'it does not say why'}"
            )
        return GuestLook(ended=False, progress=read_progress(look.output))
    if look.state == "Succeeded" and look.exit_code == 0:
        return GuestLook(ended=True, ok=True, output=look.output)
    words = (look.error or look.message or look.output)[-600:].strip()
    return GuestLook(ended=True, why=f"the script ended as {look.state} with exit code {look.exit_code}: {words}")


async def look_at_boot(job: LookAtBoot) -> BootRound:
    """Instance view and serial log, taken into what was seen before, judged."""
    vm_id = job.watch.vm_id
    vm = await azure(vm_id).get_vm(vm_id)
    serial = await _serial(vm_id, job.watch.serial_offset) if vm.boot_diagnostics else None
    look = BootLook(at=job.at, power=vm.power, agent=vm.agent, serial=serial)
    watch = take_in(job.watch, look)
    return BootRound(watch=watch, next_look_in=next_look_in(watch, look).total_seconds(), verdict=judge(watch, look))


async def _serial(vm_id: str, offset: int) -> SerialReading | None:
    client = azure(vm_id)
    found = await client.boot_diagnostics(vm_id)
    if found is None or not found.serial_log_url:
        return None
    log = await client.fetch_blob(found.serial_log_url, SERIAL_LIMIT, start=offset)
    if log is not None and log.total_length < offset:
        # Begun anew, since the VM came up on another host: all of it is of this boot.
        log = await client.fetch_blob(found.serial_log_url, SERIAL_LIMIT)
        return read_serial_log(log.content) if log is not None else None
    if log is not None and log.total_length > offset + SERIAL_LIMIT:
        # More than one look can read: the end of it, where a bugcheck of just now stands. Earlier looks read the rest.
        tail = await client.fetch_blob(found.serial_log_url, SERIAL_LIMIT, start=log.total_length - SERIAL_LIMIT)
        return read_serial_log(tail.content, start=offset, base=log.total_length - SERIAL_LIMIT) if tail else None
    return read_serial_log(log.content, start=offset, base=offset) if log is not None else None
