"""SFC's verdict, from the [SR] lines of its log alone: exit code and console text decide nothing.

Source: Analyze the log file entries that SFC generates in Windows Server.
"""

import re
from typing import Final

from bootmend.articles.article import SfcVerdict
from bootmend.models.guest import SfcLog
from bootmend.models.record import Record

_CANNOT: Final = re.compile(r"cannot repair member file|could not reproject corrupted file", re.IGNORECASE)
_CANNOT_ANYTHING: Final = re.compile(r"\b(?:cannot|could not|unable to)\b", re.IGNORECASE)
_REPAIRED: Final = re.compile(r"repair(?:ing|ed)(?: corrupted)? file", re.IGNORECASE)
_QUOTED: Final = re.compile(r"[\"']([^\"']+)[\"']")
_VERIFYING: Final = re.compile(r"verifying (?P<count>\d+)", re.IGNORECASE)


class SfcReading(Record):
    verdict: SfcVerdict
    why: str
    repaired: tuple[str, ...] = ()
    not_repaired: tuple[str, ...] = ()


def _could_not_run(why: str) -> SfcReading:
    return SfcReading(verdict="could_not_run", why=why)


def read_sfc_log(log: SfcLog | None, *, timed_out: bool = False) -> SfcReading:
    """What the log says. A scan that did not come to its end is `could_not_run`, whatever it had done by then."""
    if timed_out:
        return _could_not_run("SFC did not end within its time limit.")
    if log is None or not log.found:
        return _could_not_run("SFC wrote no log.")
    if not log.lines:
        return _could_not_run("SFC's log holds no [SR] line: no scan took place.")
    begun = sum(line.count for line in log.lines if _VERIFYING.match(line.text))
    ended = sum(line.count for line in log.lines if line.text.lower().startswith("verify complete"))
    if begun == 0 or ended < begun:
        return _could_not_run(f"SFC began to verify {begun} groups of components and finished {ended}.")
    return _reading(log)


def _reading(log: SfcLog) -> SfcReading:
    texts = [line.text for line in log.lines]
    not_repaired = _files(texts, _CANNOT)
    repaired = tuple(name for name in _files(texts, _REPAIRED) if name not in not_repaired)
    if not_repaired or any(_CANNOT_ANYTHING.search(text) for text in texts):
        names = ", ".join(not_repaired) or "its log names none"
        return SfcReading(
            verdict="some_not_repaired",
            why=f"SFC could not repair: {names}.",
            repaired=repaired,
            not_repaired=not_repaired,
        )
    if log.dropped:
        why = f"{log.dropped} lines of SFC's log did not fit into the answer; they may name files not repaired."
        return SfcReading(verdict="some_not_repaired", why=why, repaired=repaired)
    repairing = [text for text in texts if text.lower().startswith("repairing")]
    complete = any(text.lower().startswith("repair complete") for text in texts)
    if repaired and not complete:
        return SfcReading(
            verdict="some_not_repaired", why="SFC began repairs that its log does not end.", repaired=repaired
        )
    if repaired or any(not text.lower().startswith("repairing 0 ") for text in repairing):
        return SfcReading(verdict="all_repaired", why=f"SFC repaired {', '.join(repaired)}.", repaired=repaired)
    return SfcReading(verdict="nothing_wrong", why="SFC found nothing wrong.")


def _files(texts: list[str], pattern: re.Pattern[str]) -> tuple[str, ...]:
    """File names in order of first mention, without folder."""
    found = (_file_name(text[match.end() :]) for text in texts if (match := pattern.search(text)))
    return tuple(dict.fromkeys(found))


def _file_name(rest: str) -> str:
    """The name in `'name.dll' of Component, ...`, in `"folder"\\[l:9]"name.dll" from store` or in a bare path."""
    words = rest.split(" of ", 1)[0].split(";", 1)[0].split(" from ", 1)[0].split(" by ", 1)[0]
    quoted = _QUOTED.findall(words)
    name: str = quoted[-1] if quoted else words
    return name.strip().rsplit("\\", 1)[-1]
