"""Did it boot? From looks at a VM after its start to a verdict. Pure; the table of cases is tests/test_boot_verdict.py.

Booted means all of: the VM agent reports Ready with a time after this start; this Ready is not left over from the old boot (the
agent was seen not Ready after the start, or a new SAC banner stands past the recorded offset); no bugcheck stands past
the offset; all of that held for the documented health lag. PowerState/running proves nothing: a VM in a bugcheck loop has it too.
"""

from datetime import timedelta

from bootmend.diagnosis import stop_code_text
from bootmend.models.boot import BootLook, BootVerdict, BootWatch


def take_in(watch: BootWatch, look: BootLook) -> BootWatch:
    """The watch with one more look taken in. A Ready that is interrupted starts the stable time anew."""
    serial = look.serial
    ready = look.agent.ready and look.agent.time is not None and look.agent.time > watch.started_at
    down = watch.agent_seen_down or not look.agent.ready
    banner = watch.banner_seen or (serial is not None and serial.banner_at is not None)
    healthy = ready and (down or banner) and look.power == "running"
    return watch.model_copy(
        update={
            "agent_seen_down": down,
            "banner_seen": banner,
            "serial_seen": watch.serial_seen or serial is not None,
            "healthy_since": (watch.healthy_since or look.at) if healthy else None,
            "bugcheck_seen": watch.bugcheck_seen or (serial is not None and serial.bugcheck_at is not None),
            "stop_code": watch.stop_code if serial is None or serial.stop_code is None else serial.stop_code,
            "looks": watch.looks + 1,
        }
    )


def judge(watch: BootWatch, look: BootLook) -> BootVerdict | None:
    """The verdict, or None while it is too early. `watch` has `look` taken in already.

    Where a serial log was read before, the last look must have read it too: a bugcheck may stand in what it did not see.
    """
    if watch.bugcheck_seen:
        text = None if watch.stop_code is None else stop_code_text(watch.stop_code)
        what = "a bugcheck without a readable stop code" if text is None else f"stop code {text}"
        return _verdict(watch, look, "bugcheck", f"{what} was written to the serial log after this start", text)
    if look.power in {"deallocated", "deallocating", "stopped", "stopping"}:
        return _verdict(
            watch, look, "stopped", f"the VM is {look.power}: somebody stopped it while its boot was watched"
        )
    unread = watch.serial_seen and look.serial is None
    if _stable(watch, look) and not unread:
        return _verdict(watch, look, "booted", _booted_words(watch))
    if look.at >= watch.give_up_at and (watch.healthy_since is None or unread):
        return _verdict(
            watch, look, "silent", "neither a bugcheck nor a VM agent that stays Ready was seen after this start"
        )
    return None


def _stable(watch: BootWatch, look: BootLook) -> bool:
    stable = timedelta(seconds=watch.stable_seconds)
    return watch.healthy_since is not None and look.at - watch.healthy_since >= stable


def _booted_words(watch: BootWatch) -> str:
    since = f"since {watch.healthy_since:%H:%M:%SZ}, after this start"
    log = "with no bugcheck in the serial log" if watch.serial_seen else "there is no serial log to read"
    return f"the VM agent reports Ready {since}, {log}, stable for {watch.stable_seconds} s"


def next_look_in(watch: BootWatch, look: BootLook) -> timedelta:
    """Until the agent reports: 20 s, three low-cost reads a minute out of twelve. Then once more when the stable time is over."""
    if watch.healthy_since is None:
        return timedelta(seconds=20)
    left = watch.healthy_since + timedelta(seconds=watch.stable_seconds) - look.at
    return min(max(left, timedelta(seconds=1)), timedelta(seconds=65))


def _verdict(watch: BootWatch, look: BootLook, kind: str, reason: str, stop_code: str | None = None) -> BootVerdict:
    return BootVerdict.model_validate(
        {
            "kind": kind,
            "reason": reason,
            "stop_code": stop_code,
            "started_at": watch.started_at,
            "ready_at": watch.healthy_since if kind == "booted" else None,
            "decided_at": look.at,
            "looks": watch.looks,
        }
    )
