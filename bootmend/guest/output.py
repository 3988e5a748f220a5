"""Decoding what the guest scripts print. Whatever is not exactly right is an error, never a success."""

import json
import re
from typing import Final

from pydantic import ValidationError

from bootmend.guest.envelope import MARKER, MAX_OUTPUT, GuestOutputError, unseal
from bootmend.models.guest import CONTRACT_VERSION, GuestFacts, Progress, Transcript
from bootmend.models.record import Record

__all__ = ["GuestOutputError", "read_facts", "read_progress", "read_transcript"]

_PROGRESS: Final = re.compile(
    rf"^{MARKER} progress "
    r"(?P<command>[a-z0-9-]+) (?P<percent>\d{1,3}|-) (?P<done>\d{1,4}) (?P<total>\d{1,4})\r?\n",
    re.MULTILINE,
)


def read_facts(output: str) -> GuestFacts:
    """The facts that inspect.ps1 printed; raises GuestOutputError."""
    return _read("facts", output, GuestFacts)


def read_transcript(output: str) -> Transcript:
    """The transcript that execute.ps1 printed; raises GuestOutputError."""
    return _read("transcript", output, Transcript)


def read_progress(output: str) -> Progress | None:
    """The newest whole progress line of a running script's output so far, or None."""
    found = list(_PROGRESS.finditer(output[-MAX_OUTPUT:]))
    if not found:
        return None
    percent, done, total = found[-1]["percent"], int(found[-1]["done"]), int(found[-1]["total"])
    if done > total or (percent != "-" and int(percent) > 100):
        return None
    return Progress(
        command=found[-1]["command"], percent=None if percent == "-" else int(percent), done=done, total=total
    )


def _read[T: Record](kind: str, output: str, model: type[T]) -> T:
    text = unseal(kind, output)
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise GuestOutputError(f"the {kind} are not JSON: {error}") from error
    version = document.get("version") if isinstance(document, dict) else None
    if version != CONTRACT_VERSION:
        raise GuestOutputError(f"the {kind} have version {version!r}, not {CONTRACT_VERSION}")
    try:
        return model.model_validate_json(text, strict=False)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise GuestOutputError(f"the {kind} are not as agreed: {where}: {first['msg']}") from error
