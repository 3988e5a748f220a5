"""The account of what is left, and the report."""

from activities.wiring import azure
from bootmend.evidence.store import evidence_store
from bootmend.models.jobs import Account, Found, Stored, WriteReport
from bootmend.names import ResourceId


async def account(job: Account) -> Found:
    """What still bears this repair's tag in the source's group and in the repair group."""
    source = ResourceId.parse(job.vm_id)
    client = azure(job.vm_id)
    workshop = f"/subscriptions/{source.subscription}/resourceGroups/{job.repair_group}"
    found = [*await client.list_ours(source.group_id, job.repair_id), *await client.list_ours(workshop, job.repair_id)]
    return Found(resource_ids=tuple(ours.resource_id for ours in found))


async def write_report(job: WriteReport) -> Stored:
    name = await evidence_store().put(job.report.id, job.name, job.report.model_dump_json(indent=1).encode())
    return Stored(names=(name,))
