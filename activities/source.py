"""Effects on the source VM: deallocate, swap its OS disk, start. Each is safe to run twice."""

from activities.wiring import azure
from bootmend.arm.errors import NotFound
from bootmend.models.azure import Operation, SourceMark
from bootmend.models.jobs import BeginSwap, SourceNow, Subject


async def read_source(job: Subject) -> SourceNow:
    """The VM's OS disk, power and the disk's last change of owner, and how long its serial log is."""
    client = azure(job.vm_id)
    try:
        vm = await client.get_vm(job.vm_id)
    except NotFound:
        return SourceNow(exists=False)
    mark = None
    if vm.os_disk.id is not None:
        disk = await client.get_disk(vm.os_disk.id)
        mark = SourceMark(
            os_disk_id=vm.os_disk.id,
            power=vm.power,
            last_ownership_update_time=disk.last_ownership_update_time,
            etag=vm.etag,
        )
    offset = await serial_length(job.vm_id) if vm.boot_diagnostics else None
    return SourceNow(
        exists=True,
        os_disk_id=vm.os_disk.id,
        power=vm.power,
        changing=vm.provisioning_state.lower() == "updating",
        mark=mark,
        serial_offset=offset,
    )


async def serial_length(vm_id: str) -> int | None:
    """Bytes of serial log so far; None where there is none."""
    client = azure(vm_id)
    found = await client.boot_diagnostics(vm_id)
    if found is None or not found.serial_log_url:
        return None
    log = await client.fetch_blob(found.serial_log_url, max_bytes=1)
    return log.total_length if log is not None else 0


async def begin_deallocate(job: Subject) -> Operation:
    return await azure(job.vm_id).begin_deallocate(job.vm_id)


async def begin_swap(job: BeginSwap) -> Operation:
    """Refuses unless the VM is as `mark` recorded it; already swapped is success."""
    return await azure(job.vm_id).begin_swap(job.vm_id, job.disk_id, job.mark)


async def begin_start(job: Subject) -> Operation:
    return await azure(job.vm_id).begin_start(job.vm_id)
