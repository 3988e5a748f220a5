"""Phase fix: the article's plan for this disk, executed on the copy, each change read back. Undo: discard the copy."""

from activities import guest as activity
from bootmend.articles.article import DataVolume, FixVerdict, Machine
from bootmend.models.guest import GuestFacts, Plan
from bootmend.models.jobs import JudgeFix, PlanFix
from orchestrators.diagnose import not_approved
from orchestrators.dump_room import find_room
from orchestrators.inspect import execution, in_guest
from orchestrators.run import RepairEndedError, Run, runbook_step
from orchestrators.step import Steps, step
from orchestrators.waiting import checkpoint


def fix(run: Run, facts: GuestFacts) -> Steps[FixVerdict]:
    run.enter("fix")
    plan = yield from plan_fix(run, facts, ())
    if plan.dump is not None and not plan.dump.fits:
        volumes = yield from find_room(run, facts)
        if volumes:
            plan = yield from plan_fix(run, facts, volumes)
    return (yield from execute_plan(run, plan))


@runbook_step
def plan_fix(run: Run, facts: GuestFacts, data_volumes: tuple[DataVolume, ...]) -> Steps[Plan]:
    means = run.means
    machine = Machine(
        memory_gb=means.memory_gb,
        generation=means.generation,
        is_client=means.is_client,
        data_volumes=data_volumes,
    )
    planned = yield from step(run.ctx, activity.plan_fix, PlanFix(facts=facts, machine=machine))
    if planned.plan is None:
        raise RepairEndedError("rolled_back", f"the disk cannot be repaired safely: {planned.refusal}")
    run.plan = planned.plan
    return planned.plan


@runbook_step
def execute_plan(run: Run, plan: Plan) -> Steps[FixVerdict]:
    look = yield from in_guest(run, execution(run, plan))
    fixed = yield from step(
        run.ctx, activity.judge_fix, JudgeFix(**run.subject.model_dump(), plan=plan, output=look.output)
    )
    run.transcripts.append(fixed.transcript)
    run.keep_evidence(fixed.evidence)
    if not fixed.verdict.ok:
        raise RepairEndedError("rolled_back", f"the repair of the disk did not succeed: {fixed.verdict.reason}")
    run.fix = fixed.verdict
    return fixed.verdict


def approve_swap(run: Run) -> Steps[None]:
    """Checkpoint `approve_swap`: a person may look at the repair VM first."""
    why = f"{run.fix.reason if run.fix else ''}. Approving swaps the repaired copy in as the VM's OS disk and starts the VM."
    manual = run.job.policy.checkpoints.approve_swap == "manual"
    answer = yield from checkpoint(run, "approve_swap", why, manual=manual, auto_decision="approve")
    proceed = answer.decision == "timed_out" and run.job.policy.on_checkpoint_timeout == "proceed"
    if answer.decision != "approve" and not proceed:
        raise RepairEndedError("rolled_back", not_approved("approve_swap", answer.decision, answer.by))
