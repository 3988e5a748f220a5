"""The look at a VM that an event or alert is about. Nothing here writes, to Azure or to the evidence."""

import logging

from activities.diagnose import SCREENSHOT_LIMIT, SERIAL_LIMIT, read_tail
from activities.wiring import azure
from bootmend.arm.errors import NotFound
from bootmend.diagnosis import diagnose
from bootmend.models.azure import VmFacts
from bootmend.models.boot import BootEvidence
from bootmend.models.events import Finding, LookAtVm
from bootmend.models.repair import AUTO_TAG, EXCLUDE_TAG
from bootmend.screenshot import read_screenshot
from bootmend.serial_log import read_serial_log

_LOG = logging.getLogger("bootmend.triage")


async def look_at_vm(job: LookAtVm) -> Finding:
    """Reads the VM, its tags, and what its boot diagnostics show of the stop code."""
    try:
        vm = await azure(job.vm_id).get_vm(job.vm_id)
    except NotFound:
        return Finding(found=False)
    if says_yes(vm.tags, EXCLUDE_TAG):
        return Finding(excluded=True)
    diagnosis = diagnose(vm, await _shown(vm), job.at)
    _LOG.info("triage of %s: %s: %s", job.vm_id, diagnosis.kind, diagnosis.reason)
    return Finding(diagnosis=diagnosis, auto=says_yes(vm.tags, AUTO_TAG))


async def _shown(vm: VmFacts) -> BootEvidence:
    client = azure(vm.id)
    found = await client.boot_diagnostics(vm.id) if vm.boot_diagnostics else None
    if found is None:
        return BootEvidence(diagnostics_on=False)
    log = await read_tail(vm.id, found.serial_log_url, SERIAL_LIMIT) if found.serial_log_url else None
    picture = await client.fetch_blob(found.screenshot_url, SCREENSHOT_LIMIT) if found.screenshot_url else None
    return BootEvidence(
        diagnostics_on=True,
        serial=read_serial_log(log.content, base=log.total_length - len(log.content)) if log else None,
        screenshot=read_screenshot(picture.content) if picture else None,
    )


def says_yes(tags: dict[str, str], wanted: str) -> bool:
    """Azure does not tell tag names apart by case (Use tags to organize your Azure resources)."""
    said = next((value for name, value in tags.items() if name.lower() == wanted), "")
    return said.strip().lower() in {"yes", "true", "1"}
