"""From survey and evidence to a verdict: go, or an end before anything was touched. Pure."""

from bootmend.diagnosis import diagnose
from bootmend.eligibility import fitting_sizes, refusals
from bootmend.models.azure import Survey
from bootmend.models.boot import BootEvidence, Diagnosis
from bootmend.models.decision import Means, Verdict
from bootmend.models.repair import Policy
from bootmend.repair_image import repair_image
from bootmend.settings import Settings

UNKNOWN_MEMORY_GB = 12288
"""Where the size's memory is unknown, the largest there is: then no volume is thought large enough for a dump that may not fit."""

_CLIENTS = ("windows 10", "windows 11", "windows-10", "windows-11", "win10", "win11", "microsoftwindowsdesktop")


def decide(survey: Survey, evidence: BootEvidence, policy: Policy, settings: Settings) -> Verdict:
    """Refusals come before the diagnosis' ends: a VM that is excluded or cannot be repaired is `refused`, whatever ails it.

    But for one thing: a VM that is healthy, or stops for another reason, is `not_applicable` even where it could not be repaired.
    """
    diagnosis = diagnose(survey.vm, evidence, survey.taken_at)
    against = refusals(survey, policy)
    excluded = any(refusal.code == "Excluded" for refusal in against)
    if diagnosis.kind in {"healthy", "other_stop_code"} and not excluded:
        return Verdict(kind="not_applicable", reason=diagnosis.reason, diagnosis=diagnosis, refusals=against)
    if against:
        reason = "; ".join(refusal.reason for refusal in against)
        return Verdict(kind="refused", reason=reason, diagnosis=diagnosis, refusals=against)
    means = _means(survey, evidence, settings)
    ask = diagnosis.kind == "unknown" and policy.require_diagnosis
    return Verdict(kind="go", reason=_go_words(diagnosis), diagnosis=diagnosis, means=means, ask_first=ask)


def _go_words(diagnosis: Diagnosis) -> str:
    return f"the VM can be repaired; diagnosis {diagnosis.kind}: {diagnosis.reason}"


def _means(survey: Survey, evidence: BootEvidence, settings: Settings) -> Means:
    vm, disk = survey.vm, survey.os_disk
    if disk is None or survey.subnet_id is None:
        raise ValueError("a VM without a readable OS disk or a repair subnet is refused before its means are asked")
    sizes, _ = fitting_sizes(survey)
    generation = vm.generation or disk.generation or "V1"
    return Means(
        location=vm.location,
        zone=disk.zone,
        os_disk_id=disk.id,
        os_disk_sku=disk.sku,
        was_running=vm.power == "running",
        memory_gb=survey.source_size.memory_gb if survey.source_size else UNKNOWN_MEMORY_GB,
        generation=generation,
        is_client=_is_client(survey),
        serial_offset=evidence.serial.length if evidence.serial else 0,
        repair_image=repair_image(vm.image),
        repair_sizes=sizes,
        security_type=disk.security_type,
        subnet_id=survey.subnet_id,
        repair_group=settings.repair_group,
        stable_seconds=settings.stable_seconds,
        boot_minutes=settings.boot_minutes,
        takes_dumps=bool(settings.evidence_url),
    )


def _is_client(survey: Survey) -> bool:
    image = survey.vm.image
    told = (survey.vm.os_name or "", *((image.publisher, image.offer, image.sku) if image else ()))
    named = " ".join(told).lower()
    return any(client in named for client in _CLIENTS)
