"""Reads a VM and what its boot diagnostics show; decides. Nothing here writes to Azure."""

from activities.wiring import azure
from bootmend.arm.errors import Locked
from bootmend.arm.records import Blob
from bootmend.decide import decide as decided
from bootmend.dry_run import dry_run_plan
from bootmend.evidence.store import evidence_store
from bootmend.models.azure import DiskFacts, Survey, VmFacts
from bootmend.models.boot import BootEvidence, SerialReading
from bootmend.models.decision import Verdict
from bootmend.models.jobs import Decide, ReadEvidence, ReadVm
from bootmend.names import ResourceId
from bootmend.screenshot import read_screenshot
from bootmend.serial_log import read_serial_log
from bootmend.settings import settings

SERIAL_LIMIT = 4 * 1024 * 1024
SCREENSHOT_LIMIT = 16 * 1024 * 1024


async def read_vm(job: ReadVm) -> Survey:
    """Reads all that eligibility and plan rest on: seven requests at most, none of which changes anything."""
    client = azure(job.vm_id)
    vm = await client.get_vm(job.vm_id)
    sizes = await client.list_sizes(vm.location, vm.zone, (*settings().repair_sizes, vm.size))
    known = {size.name.lower(): size for size in sizes}
    subnet = settings().repair_subnets.get(vm.location)
    usable = subnet is not None and ResourceId.parse(subnet).subscription == ResourceId.parse(vm.id).subscription
    return Survey(
        taken_at=job.at,
        vm=vm,
        os_disk=await _os_disk(vm),
        locks=await client.list_locks(job.vm_id),
        source_size=known.get(vm.size.lower()),
        repair_sizes=tuple(known[name.lower()] for name in settings().repair_sizes if name.lower() in known),
        quota=await client.get_quota(vm.location),
        subnet_id=subnet if subnet and usable and await client.subnet_exists(subnet) else None,
    )


async def _os_disk(vm: VmFacts) -> DiskFacts | None:
    if vm.os_disk.id is None or vm.os_disk.ephemeral:
        return None
    return await azure(vm.id).get_disk(vm.os_disk.id)


async def read_boot_evidence(job: ReadEvidence) -> BootEvidence:
    """Stores screenshot and serial log, and reads the stop code from either. The log is read from its start: an old boot's
    bugcheck before a newer banner is told apart by the diagnosis."""
    client = azure(job.vm_id)
    try:
        found = await client.boot_diagnostics(job.vm_id)
    except Locked:
        # A ReadOnly lock forbids this POST too. The lock refuses the repair, so the evidence would change nothing.
        return BootEvidence(diagnostics_on=True)
    if found is None:
        return BootEvidence(diagnostics_on=False)
    names: list[str] = []
    serial: SerialReading | None = None
    screenshot = None
    if found.serial_log_url:
        log = await read_tail(job.vm_id, found.serial_log_url, SERIAL_LIMIT)
        if log is not None:
            serial = read_serial_log(log.content, base=log.total_length - len(log.content))
            names.append(await evidence_store().put(job.repair_id, f"serial-{job.label}.log", log.content))
    if found.screenshot_url:
        picture = await client.fetch_blob(found.screenshot_url, SCREENSHOT_LIMIT)
        if picture is not None:
            names.append(await evidence_store().put(job.repair_id, f"screenshot-{job.label}.bmp", picture.content))
            screenshot = read_screenshot(picture.content)
    return BootEvidence(diagnostics_on=True, serial=serial, screenshot=screenshot, names=tuple(names))


async def read_tail(vm_id: str, url: str, limit: int) -> Blob | None:
    """The end of a blob, at most `limit` bytes: a serial log grows for as long as the VM loops."""
    client = azure(vm_id)
    blob = await client.fetch_blob(url, limit)
    if blob is None or blob.total_length <= limit:
        return blob
    return await client.fetch_blob(url, limit, start=blob.total_length - limit)


async def decide(job: Decide) -> Verdict:
    """Decides what may change between releases inside an activity, so that the answer is recorded."""
    verdict = decided(job.survey, job.evidence, job.policy, settings())
    if verdict.means is None or not job.policy.dry_run:
        return verdict
    return verdict.model_copy(update={"plan": dry_run_plan(job.survey.vm.id, verdict.means)})
