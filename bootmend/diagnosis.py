"""From what was read of a VM to a diagnosis. Pure; the table of cases is tests/test_diagnosis.py."""

from datetime import timedelta

from bootmend.articles.critical_process_died import STOP_CODE
from bootmend.models.azure import VmFacts
from bootmend.models.boot import BootEvidence, Diagnosis, SerialReading
from bootmend.models.record import Moment

FRESH = timedelta(minutes=5)
"""An agent status older than this says nothing of the VM as it is now; neither does one from a clock that is as far ahead."""


def stop_code_text(code: int) -> str:
    return f"0x{code:08X}"


def diagnose(vm: VmFacts, evidence: BootEvidence, taken_at: Moment) -> Diagnosis:
    """Says what stops the VM from booting, or that nobody can tell.

    Absence of a bugcheck is no proof of health, since without EMS and on client Windows the serial log is silent: `healthy`
    needs a VM agent that reports now. Where log and agent contradict each other the diagnosis is `unknown`: a person decides.
    """
    if vm.power != "running":
        return Diagnosis(kind="unknown", reason=f"the VM is {vm.power}: there is no boot to look at")
    ready = vm.agent.ready and vm.agent.time is not None and abs(taken_at - vm.agent.time) <= FRESH
    stop_code, source = _stop_code(evidence)
    if stop_code is None:
        if _ends_in_bugcheck(evidence.serial):
            return Diagnosis(kind="unknown", reason="the serial log ends in a bugcheck whose stop code cannot be read")
        if ready:
            return Diagnosis(
                kind="healthy", reason=f"the VM agent reported Ready at {vm.agent.time}, and no bugcheck follows"
            )
        return Diagnosis(kind="unknown", reason=_why_unknown(evidence))
    text = stop_code_text(stop_code)
    if ready:
        reason = f"the last thing in the {_words(source)} is stop code {text}, yet the VM agent reports Ready"
        return Diagnosis(kind="unknown", stop_code=text, source=source, reason=reason)
    kind = "critical_process_died" if stop_code == STOP_CODE else "other_stop_code"
    return Diagnosis(kind=kind, stop_code=text, source=source, reason=f"stop code {text} in the {_words(source)}")


def _stop_code(evidence: BootEvidence) -> tuple[int | None, str | None]:
    serial = evidence.serial
    if serial is not None and serial.stop_code is not None and _ends_in_bugcheck(serial):
        return serial.stop_code, "serial_log"
    if evidence.screenshot is not None and evidence.screenshot.stop_code is not None:
        return evidence.screenshot.stop_code, "screenshot"
    return None, None


def _ends_in_bugcheck(serial: SerialReading | None) -> bool:
    """Whether no banner of a newer boot follows the last bugcheck."""
    if serial is None or serial.bugcheck_at is None:
        return False
    return serial.banner_at is None or serial.banner_at < serial.bugcheck_at


def _why_unknown(evidence: BootEvidence) -> str:
    if not evidence.diagnostics_on:
        return (
            "boot diagnostics are off, so there is neither a serial log nor a screenshot; the VM agent does not report"
        )
    if evidence.screenshot is None:
        return (
            "the serial log shows no bugcheck of this boot, the screenshot was not read, the VM agent does not report"
        )
    return "neither the serial log nor the screenshot shows a stop code, and the VM agent does not report"


def _words(source: str | None) -> str:
    return "serial log" if source == "serial_log" else "screenshot"
