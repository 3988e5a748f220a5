"""Phase diagnose: what ails the VM, may it be repaired, does a person want it. Nothing is touched."""

from activities import diagnose as activity
from bootmend.models.azure import Survey
from bootmend.models.boot import BootEvidence
from bootmend.models.decision import Verdict
from bootmend.models.jobs import Decide, ReadEvidence, ReadVm
from orchestrators.run import RepairEndedError, Run, runbook_step
from orchestrators.step import Steps, moment, step
from orchestrators.waiting import checkpoint

DOWNTIME = (
    "Approving means downtime: the VM is deallocated, its temporary disk is lost, a dynamic public IP may change."
)


def diagnose(run: Run) -> Steps[None]:
    """Ends the repair as `not_applicable` or `refused`, or leaves the means to repair in `run`."""
    run.enter("diagnose")
    survey = yield from read_vm(run)
    evidence = yield from read_boot_evidence(run)
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
def decide(run: Run, survey: Survey, evidence: BootEvidence) -> Steps[Verdict]:
    job = Decide(survey=survey, evidence=evidence, policy=run.job.policy)
    run.verdict = yield from step(run.ctx, activity.decide, job)
    return run.verdict


def approve(run: Run) -> Steps[None]:
    """Checkpoint `approve_repair`. After a person's answer the VM is diagnosed anew, since it may have recovered meanwhile."""
    verdict = run.verdict
    if verdict is None:
        raise RuntimeError("approval is asked after the diagnosis")
    if run.job.policy.dry_run:
        raise RepairEndedError("planned", verdict.reason)
    mode = run.job.policy.checkpoints.approve_repair or ("auto" if run.job.started_by == "http" else "manual")
    manual = verdict.ask_first or mode == "manual"
    words = f"{verdict.reason}. {DOWNTIME}"
    answer = yield from checkpoint(run, "approve_repair", words, manual=manual, auto_decision="approve")
    proceed = answer.decision == "timed_out" and run.job.policy.on_checkpoint_timeout == "proceed"
    if answer.decision != "approve" and not proceed:
        raise RepairEndedError("rolled_back", not_approved("approve_repair", answer.decision, answer.by))
    if manual:
        yield from diagnose(run)


def not_approved(name: str, decision: str, by: str) -> str:
    if decision == "timed_out":
        return f"checkpoint {name} was not answered in time"
    return f"checkpoint {name}: {decision} by {by}"
