"""Scripts on the repair VM, and what they said."""

import json

from activities.wiring import azure
from activities.workshop import repair_vm
from bootmend import names
from bootmend.arm.records import RunCommandOrder
from bootmend.articles import critical_process_died
from bootmend.articles.article import Refusal
from bootmend.data_volumes import data_volumes
from bootmend.evidence.store import evidence_store
from bootmend.guest.commands import GuestScript as Script
from bootmend.guest.commands import execute_script, inspect_script
from bootmend.guest.output import read_facts as facts_in
from bootmend.guest.output import read_transcript
from bootmend.models.guest import GuestFacts
from bootmend.models.jobs import (
    BeginUpload,
    DataVolumes,
    Fixed,
    FixPlan,
    GuestScript,
    JudgeFix,
    MatchVolumes,
    PlanFix,
    ReadFacts,
    ScriptBegun,
)


async def begin_script(job: GuestScript) -> ScriptBegun:
    """Begins a managed run command on the repair VM. Its name is fixed, so that beginning it twice runs it once."""
    script = inspect_script(job.lun) if job.plan is None else execute_script(job.plan)
    return await begin_run_command(job, script)


async def begin_run_command(job: GuestScript | BeginUpload, script: Script) -> ScriptBegun:
    """What is protected goes to Azure alone."""
    order = RunCommandOrder(
        vm_id=repair_vm(job),
        name=job.name,
        location=job.means.location,
        script=script.script,
        parameters=script.parameters,
        timeout_seconds=script.timeout_seconds,
        tags=names.our_tags(job.repair_id, "run-command", job.vm_id),
    )
    await azure(job.vm_id).begin_run_command(order, script.protected)
    return ScriptBegun(timeout_seconds=script.timeout_seconds)


async def read_facts(job: ReadFacts) -> GuestFacts:
    return facts_in(job.output)


async def match_volumes(job: MatchVolumes) -> DataVolumes:
    return DataVolumes(volumes=data_volumes(job.os_disk, job.data_disks))


async def plan_fix(job: PlanFix) -> FixPlan:
    planned = critical_process_died.plan(job.facts, job.machine)
    if isinstance(planned, Refusal):
        return FixPlan(refusal=planned.reason)
    return FixPlan(plan=planned)


async def judge_fix(job: JudgeFix) -> Fixed:
    """Reads the transcript, stores it whole, and judges it."""
    transcript = read_transcript(job.output)
    document = json.dumps(transcript.model_dump(mode="json"), indent=1).encode()
    name = await evidence_store().put(job.repair_id, "transcript.json", document)
    verdict = critical_process_died.judge(job.plan, transcript)
    return Fixed(transcript=transcript, verdict=verdict, evidence=name)
