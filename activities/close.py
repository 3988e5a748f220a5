"""The account of what is left, and the report."""

import logging

from activities.wiring import azure
from bootmend.evidence.store import evidence_store
from bootmend.models.jobs import Account, Found, Stored, WriteReport
from bootmend.names import ResourceId
from bootmend.report_page import SHOWN, report_page

PAGE = "report.html"

_LOG = logging.getLogger("bootmend.close")


async def account(job: Account) -> Found:
    """What still bears this repair's tag in the source's group and in the repair group."""
    source = ResourceId.parse(job.vm_id)
    client = azure(job.vm_id)
    workshop = f"/subscriptions/{source.subscription}/resourceGroups/{job.repair_group}"
    found = [*await client.list_ours(source.group_id, job.repair_id), *await client.list_ours(workshop, job.repair_id)]
    return Found(resource_ids=tuple(ours.resource_id for ours in found))


async def write_report(job: WriteReport) -> Stored:
    """The JSON first: the page is made from it and from the pictures and logs stored before."""
    store, report = evidence_store(), job.report
    names = [await store.put(report.id, job.name, report.model_dump_json(indent=1).encode())]
    pieces = {name: await _piece(report.id, name) for name in report.evidence if SHOWN.fullmatch(name)}
    try:
        page = report_page(report, {name: data for name, data in pieces.items() if data is not None})
    except Exception:  # noqa: BLE001 - the report is complete without its page, and what it shows was written by strangers
        _LOG.exception("no page could be made of the report of repair %s", report.id)
        return Stored(names=tuple(names))
    names.append(await store.put(report.id, PAGE, page.encode()))
    return Stored(names=tuple(names))


async def _piece(repair_id: str, name: str) -> bytes | None:
    """None for what is not there, or too large to be read whole."""
    try:
        return await evidence_store().get(repair_id, name)
    except ValueError:
        return None
