"""A report in a few lines, for a terminal."""

from sandbox.player.views import ReportView


def summary(report: ReportView) -> list[str]:
    """What came of the repair, what was decided by whom, and what is left where."""
    lines = [
        f"outcome   {report.outcome}",
        f"reason    {report.reason}",
        f"repair    {report.id}",
        f"VM        {report.vm_id}",
    ]
    if report.diagnosis:
        code = f", stop code {report.diagnosis.stop_code}" if report.diagnosis.stop_code else ""
        lines.append(f"diagnosis {report.diagnosis.kind}{code}")
    if report.started_at and report.finished_at:
        lines.append(f"took      {duration((report.finished_at - report.started_at).total_seconds())}")
    lines += [f"decided   {one.name}: {one.decision} by {one.by}" for one in report.checkpoints]
    lines += [f"kept      {short_id(one.resource_id)}: {one.why}" for one in report.kept]
    lines += [f"leftover  {short_id(one.resource_id)}: {one.why}" for one in report.leftovers]
    if not report.leftovers:
        lines.append("leftovers none")
    return lines


def short_id(resource_id: str) -> str:
    """Type and name of a resource: disks/vm-web-01_OsDisk."""
    return "/".join(resource_id.rsplit("/", 2)[-2:])


def duration(seconds: float) -> str:
    """Seconds in words: 9 s, 25 min 03 s, 4 h 00 min."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02} min"
