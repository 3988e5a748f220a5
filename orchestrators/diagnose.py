"""Phase diagnose: what ails the VM, may it be repaired, does a person want it. Nothing is touched."""

from typing import Literal

from activities import backup as backup_activity
from activities import diagnose as activity
from bootmend.backup import is_preferred, offer_words
from bootmend.models.azure import Survey
from bootmend.models.backup import BackupReport
from bootmend.models.boot import BootEvidence
from bootmend.models.decision import Verdict
from bootmend.models.jobs import Decide, ReadEvidence, ReadVm
from bootmend.models.repair import DECISIONS, CheckpointRecord
from bootmend.models.restore import FindBackup
from orchestrators.run import RepairEndedError, Run, runbook_step
from orchestrators.step import StepFailedError, Steps, failure_words, moment, step
from orchestrators.waiting import checkpoint

type Way = Literal["approve", "restore_backup"]
"""How the VM is to be mended: its disk repaired, or restored from a recovery point."""

VAULT_ATTEMPTS = 4
"""Fewer than usual: without an offer to restore the VM can be repaired all the same."""
DOWNTIME = (
    "Approving means downtime: the VM is deallocated, its temporary disk is lost, a dynamic public IP may change."
)


def diagnose(run: Run) -> Steps[None]:
    """Ends the repair as `not_applicable` or `refused`, or leaves the means to repair in `run`."""
    run.enter("diagnose")
    survey = yield from read_vm(run)
    evidence = yield from read_boot_evidence(run)
    if run.backup is None:
        run.backup = yield from find_backup(run, survey)
    verdict = yield from decide(run, survey, evidence)
    if verdict.kind != "go":
        raise RepairEndedError(verdict.kind, verdict.reason)


@runbook_step
def read_vm(run: Run) -> Steps[Survey]:
    job = ReadVm(**run.subject.model_dump(), at=moment(run.ctx))
    run.survey = yield from step(run.ctx, activity.read_vm, job)
    return run.survey


@runbook_step
def read_boot_evidence(run: Run) -> Steps[BootEvidence]:
    label = "before" if run.verdict is None else "again"
    evidence = yield from step(
        run.ctx, activity.read_boot_evidence, ReadEvidence(**run.subject.model_dump(), label=label)
    )
    run.keep_evidence(*evidence.names)
    return evidence


@runbook_step
def find_backup(run: Run, survey: Survey) -> Steps[BackupReport]:
    """Looked for once: what a person was offered is what will be restored. A vault that cannot be asked hinders nothing."""
    job = FindBackup(**run.subject.model_dump(), location=survey.vm.location, at=survey.taken_at)
    try:
        return (yield from step(run.ctx, backup_activity.find_backup, job, attempts=VAULT_ATTEMPTS))
    except StepFailedError as failed:
        return BackupReport(found=False, why=f"the vaults could not be asked: {failure_words(failed)}")


@runbook_step
def decide(run: Run, survey: Survey, evidence: BootEvidence) -> Steps[Verdict]:
    job = Decide(survey=survey, evidence=evidence, policy=run.job.policy)
    run.verdict = yield from step(run.ctx, activity.decide, job)
    return run.verdict


def approve(run: Run) -> Steps[Way]:
    """Checkpoint `approve_repair`. After a person's answer the VM is diagnosed anew, since it may have recovered meanwhile."""
    verdict = run.verdict
    if verdict is None:
        raise RuntimeError("approval is asked after the diagnosis")
    if run.job.policy.dry_run:
        raise RepairEndedError("planned", verdict.reason)
    mode = run.job.policy.checkpoints.approve_repair or ("auto" if run.job.started_by == "http" else "manual")
    manual = verdict.ask_first or mode == "manual"
    usual: Way = "restore_backup" if is_preferred(run.backup, run.job.policy, moment(run.ctx)) else "approve"
    answer = yield from _asked(run, f"{verdict.reason}. {DOWNTIME}", manual=manual, usual=usual)
    proceed = answer.decision == "timed_out" and run.job.policy.on_checkpoint_timeout == "proceed"
    if answer.decision not in {"approve", "restore_backup"} and not proceed:
        raise RepairEndedError("rolled_back", not_approved("approve_repair", answer.decision, answer.by))
    if manual:
        yield from diagnose(run)
    if proceed:
        return usual
    return "restore_backup" if answer.decision == "restore_backup" else "approve"


def _asked(run: Run, words: str, *, manual: bool, usual: Way) -> Steps[CheckpointRecord]:
    """To restore is offered with the point's age, and only where there is a point."""
    offer = offer_words(run.backup, moment(run.ctx)) if run.backup else ""
    decisions = tuple(word for word in DECISIONS["approve_repair"] if offer or word != "restore_backup")
    why = f"{words} {offer}".rstrip()
    return (yield from checkpoint(run, "approve_repair", why, manual=manual, auto_decision=usual, decisions=decisions))


def not_approved(name: str, decision: str, by: str) -> str:
    if decision == "timed_out":
        return f"checkpoint {name} was not answered in time"
    return f"checkpoint {name}: {decision} by {by}"
