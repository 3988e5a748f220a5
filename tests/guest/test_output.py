"""Run command output, right and wrong: a clear error, never a crash, never a success."""

import base64
import gzip
import hashlib
import json
import zlib

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from bootmend.guest.envelope import MAX_DOCUMENT, pack, seal, unpack
from bootmend.guest.output import GuestOutputError, read_facts, read_progress, read_transcript
from bootmend.models.guest import GuestFacts
from tests.articles import facts as given

FACTS = given.facts()
JSON = json.dumps(FACTS.model_dump(mode="json"), separators=(",", ":"))
LINE = seal("facts", JSON)
BIG = json.dumps(FACTS.model_dump(mode="json") | {"padding": "x" * 4000}, separators=(",", ":"))


def line(body: str, form: str = "json", kind: str = "facts", version: int = 1) -> str:
    checksum = hashlib.sha256(body.encode()).hexdigest()[:16]
    return f"BOOTMEND/{version} {kind} {form} {len(body)} {checksum} {body}"


@pytest.mark.parametrize(
    "output",
    [
        LINE,
        LINE + "\n",
        LINE + "\r\n\r\n",
        "noise\r\n" + LINE,
        "BOOTMEND/1 progress sfc 40 3 20\r\n" + LINE + "\r\n",
        "\ufeff" + LINE,
        seal("facts", BIG),
    ],
)
def test_read(output: str) -> None:
    assert read_facts(output) == FACTS


def test_long_documents_are_packed() -> None:
    assert " json " in LINE[:40]
    assert " gzip " in seal("facts", BIG)[:40]


WRONG = {
    "empty": ("", "is empty"),
    "blank": (" \r\n \r\n", "is empty"),
    "no marker": ("Access is denied.", "does not end with"),
    "something after the document": (LINE + "\nException calling Close", "does not end with"),
    "cut at the front": (LINE[30:], "does not end with"),
    "cut at the end": (LINE[:-5], "was cut"),
    "one character changed": (LINE.replace("20348", "20349"), "was damaged"),
    "interleaved": (LINE[:200] + "BOOTMEND/1 progress sfc 1 2 3" + LINE[200:], "was cut"),
    "two documents in one line": (LINE + LINE, "was cut"),
    "the other script's document": (line("{}", kind="transcript"), "holds transcript"),
    "another marker version": (line("{}", version=2), "does not end with"),
    "another form": (line("{}", form="zip"), "does not end with"),
    "another version": (line(JSON.replace('"version":1', '"version":2')), "version 2, not 1"),
    "no version": (line("{}"), "version None"),
    "version as text": (line(JSON.replace('"version":1', '"version":"1"')), "version '1'"),
    "a list": (line("[]"), "version None"),
    "not JSON": (line("{lun: 0}"), "are not JSON"),
    "nested too deep": (line("[" * 60_000), "are not JSON"),
    "a field missing": (line('{"version":1}'), "lun"),
    "a field of another type": (line('{"version":1,"lun":"none"}'), "lun"),
    "a letter that is a command": (line(JSON.replace('"letter":"F"', '"letter":"F: & del"')), "letter"),
    "a path that is a command": (line(JSON.replace('"folder":"\\\\Windows"', '"folder":"\\\\a & b"')), "folder"),
    "not base64": (line("%%%%", form="gzip"), "cannot be unpacked"),
    "not gzip": (line(base64.b64encode(b"plain").decode(), form="gzip"), "cannot be unpacked"),
    "half of a gzip": (
        line(base64.b64encode(gzip.compress(JSON.encode())[:200]).decode(), form="gzip"),
        "was cut",
    ),
    "gzip and more": (
        line(base64.b64encode(gzip.compress(JSON.encode()) + b"more").decode(), form="gzip"),
        "something follows",
    ),
    "not text": (line(base64.b64encode(gzip.compress(b"\xff\xfe\x00")).decode(), form="gzip"), "is not text"),
    "a bomb": (line(pack("0" * 40_000_000), form="gzip"), "is too long"),
    "10 MB": ("x" * 10_000_000, "more than a run command returns"),
    "10 MB before the document": ("x" * 10_000_000 + "\n" + LINE, "more than a run command returns"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong(name: str) -> None:
    output, reason = WRONG[name]
    with pytest.raises(GuestOutputError) as caught:
        read_facts(output)
    assert reason in str(caught.value)


@for_all(st.text(max_size=300))
@settings(deadline=None)
def test_any_text_is_an_error(text: str) -> None:
    for read in (read_facts, read_transcript):
        with pytest.raises(GuestOutputError):
            read(text)


@for_all(st.integers(0, len(LINE) - 1))
@settings(deadline=None)
def test_any_cut_is_an_error(at: int) -> None:
    for piece in (LINE[:at], LINE[at + 1 :], LINE[:at] + LINE[at + 1 :]):
        with pytest.raises(GuestOutputError):
            read_facts(piece)


@for_all(st.integers(0, len(LINE) - 1), st.characters(min_codepoint=33, max_codepoint=126))
@settings(deadline=None)
def test_any_changed_character_is_an_error_or_the_same_document(at: int, character: str) -> None:
    changed = LINE[:at] + character + LINE[at + 1 :]
    try:
        assert read_facts(changed) == FACTS
    except GuestOutputError:
        return
    assert changed == LINE


@for_all(
    st.dictionaries(st.sampled_from(list(GuestFacts.model_fields)), st.none() | st.integers() | st.text(max_size=5))
)
@settings(deadline=None)
def test_any_document_is_facts_or_an_error(changes: dict[str, object]) -> None:
    text = json.dumps(FACTS.model_dump(mode="json") | changes)
    try:
        read = read_facts(line(text))
    except GuestOutputError as error:
        reason = str(error)
    else:
        reason = f"read as facts of LUN {read.lun}"
    assert reason


@for_all(st.text(max_size=2000))
@settings(deadline=None)
def test_pack_and_unpack(text: str) -> None:
    assert unpack(pack(text)) == text


def test_a_document_of_the_largest_size_is_read() -> None:
    assert len(unpack(pack("0" * MAX_DOCUMENT))) == MAX_DOCUMENT
    with pytest.raises(GuestOutputError):
        unpack(pack("0" * (MAX_DOCUMENT + 1)))


def test_plain_zlib_is_not_gzip() -> None:
    with pytest.raises(GuestOutputError):
        unpack(base64.b64encode(zlib.compress(b"{}")).decode())


PROGRESS = {
    "": None,
    "noise": None,
    "BOOTMEND/1 progress sfc 40 3 20\n": ("sfc", 40, 3, 20),
    "BOOTMEND/1 progress hive-load - 4 20\r\n": ("hive-load", None, 4, 20),
    "BOOTMEND/1 progress sfc 40 3 20\r\nBOOTMEND/1 progress sfc 44 3 20\r\n": ("sfc", 44, 3, 20),
    "BOOTMEND/1 progress sfc 40 3 20\r\nBOOTMEND/1 progress sfc 44 3 2": ("sfc", 40, 3, 20),
    "ND/1 progress sfc 36 3 20\r\nBOOTMEND/1 progress sfc 40 3 20\r\n": ("sfc", 40, 3, 20),
    "BOOTMEND/1 progress sfc 400 3 20\r\n": None,
    "BOOTMEND/1 progress sfc 40 21 20\r\n": None,
    "BOOTMEND/2 progress sfc 40 3 20\r\n": None,
    "x BOOTMEND/1 progress sfc 40 3 20\r\n": None,
}


@pytest.mark.parametrize("output", PROGRESS)
def test_progress(output: str) -> None:
    progress = read_progress(output)
    found = (progress.command, progress.percent, progress.done, progress.total) if progress else None
    assert found == PROGRESS[output]


@for_all(st.text(max_size=200))
@settings(deadline=None)
def test_progress_of_any_text_is_none(text: str) -> None:
    assert read_progress(text) is None
