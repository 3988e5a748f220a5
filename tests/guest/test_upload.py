"""upload.ps1: what it is handed, what it answers, and its protocol played by its twin against a real Azurite.

Nothing here runs PowerShell: the twin plays the script's part, and constants and parameters of both are compared.
"""

import asyncio
import base64
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bootmend.guest.commands import GuestScript, script_text
from bootmend.guest.envelope import GuestOutputError, seal
from bootmend.guest.output import read_progress
from bootmend.guest.upload import read_upload, upload_script
from tests.guest import upload_twin
from tests.guest.powershell_rules import parameters, problems
from tests.guest.upload_bench import GIB, MIB, MOST_MIB, REPAIR, Bench, completed, dump, interrupted, md5_of, ready

IDENTITY = "3f2504e0-4f89-11d3-9a0c-0305e82c3301"
URL = f"https://evidence.blob.core.windows.net/evidence/{REPAIR}/memory.dmp"
SAS = "sv=2025-11-05&sr=b&sp=rcw&spr=https&sig=abc%2Bdef%3D"


def script(**changes: Any) -> GuestScript:
    known: dict[str, Any] = {"dump": dump(), "lun": 0, "identity": IDENTITY, "url": f"{URL}?{SAS}"}
    values = known | changes
    return upload_script(values.pop("dump"), **values)


def account(**changes: Any) -> str:
    """The last line of a run that sent a file of 1 GiB."""
    known: dict[str, Any] = {
        "version": 1, "ended": "completed", "why": "", "bytes": GIB, "blocks_sent": 128, "blocks_reused": 0,
        "md5": "0" * 32, "stored_bytes": GIB, "seconds": 61.5, "left_as_found": True,
    }  # fmt: skip
    return seal("upload", json.dumps(known | changes))


# What the script is handed


def test_the_parameters_are_those_of_the_script_both_ways() -> None:
    handed = script()
    assert parameters(handed.script) == handed.parameters.keys() | handed.protected.keys()
    assert handed.parameters == {
        "Lun": "0",
        "Identity": IDENTITY,
        "Partition": "3",
        "File": "\\Windows\\MEMORY.DMP",
        "Bytes": str(GIB),
        "BlobUrl": URL,
    }


def test_each_value_is_one_that_the_script_takes() -> None:
    handed = script()
    found = re.findall(r"ValidatePattern\('([^']+)'\)\]\s+\[string\] \$(\w+)", handed.script)
    patterns = {name: pattern for pattern, name in found}
    assert set(patterns) == {"Identity", "File", "BlobUrl", "Sas"}
    for name, value in {**handed.parameters, **handed.protected}.items():
        assert name not in patterns or re.fullmatch(patterns[name], value)


def test_the_signature_travels_protected_alone() -> None:
    handed = script()
    assert base64.b64decode(handed.protected["Sas"]).decode() == SAS
    assert [part for part in SAS.split("&") if part in json.dumps([handed.parameters, handed.script])] == []


def test_the_script_is_the_shipped_one_with_its_parts() -> None:
    text = script().script
    assert text == script_text("upload.ps1")
    assert text.isascii()
    assert problems(text) == []
    for name in ("Find-Disk", "Get-Identity", "Get-OfflineReason", "Get-Document"):
        assert f"function {name} {{" in text


@pytest.mark.parametrize(("size", "seconds"), [(1, 901), (8 * GIB, 900 + 2048), (500 * GIB, 5400)])
def test_the_time_limit_follows_the_size(size: int, seconds: int) -> None:
    assert script(dump=dump(size)).timeout_seconds == seconds


@pytest.mark.parametrize(
    "changes",
    [
        {"url": URL},
        {"url": f"http{URL[5:]}?{SAS}"},
        {"url": f"{URL}%20x?{SAS}"},
        {"url": f"https://u:p@host/x/y?{SAS}"},
        {"lun": 64},
        {"lun": -1},
        {"dump": dump(0)},
        {"dump": dump(path="\\\\host\\share\\MEMORY.DMP")},
        {"dump": dump(path="E:\\a b\\MEMORY.DMP")},
        {"dump": dump(path="E:\\..'; rm")},
        {"dump": dump(path="E:\\$(x)\\MEMORY.DMP")},
    ],
)
def test_what_is_not_plain_is_refused_without_telling_the_signature(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"must begin with https|is nothing that can be sent") as raised:
        script(**changes)
    assert "sig" not in str(raised.value)


# What it answers


def test_a_completed_upload_is_read() -> None:
    output = f"BOOTMEND/1 progress upload 99 0 1\r\n{account()}\r\n"
    assert read_upload(output, dump()).ended == "completed"


def test_progress_is_read_as_of_the_other_scripts() -> None:
    progress = read_progress("BOOTMEND/1 progress upload 41 0 1\nBOOTMEND/1 progress upload 42 0 1\n")
    assert progress is not None
    assert (progress.command, progress.percent) == ("upload", 42)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"stored_bytes": GIB - 1}, "its figures do not"),
        ({"stored_bytes": None}, "its figures do not"),
        ({"md5": None}, "its figures do not"),
        ({"why": "but"}, "its figures do not"),
        ({"ended": "failed"}, "does not say why"),
        ({"ended": "done"}, "not as agreed: ended"),
        ({"md5": "xyz"}, "not as agreed: md5"),
        ({"blocks_sent": -1}, "not as agreed: blocks_sent"),
        ({"bytes": 5, "stored_bytes": 5}, "of a file of 5 bytes, not 1073741824"),
        ({"version": 2}, "version 2, not 1"),
    ],
)
def test_an_account_that_cannot_be_is_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(GuestOutputError, match=words):
        read_upload(account(**changes), dump())


def test_a_failure_is_told_with_its_reason() -> None:
    output = account(
        ended="failed", why="Blob Storage answered PUT with 403 AuthenticationFailed", md5=None, stored_bytes=None
    )
    result = read_upload(output, dump())
    assert (result.ended, result.why[-24:]) == ("failed", "403 AuthenticationFailed")


@pytest.mark.parametrize(
    ("output", "words"),
    [
        ("", "does not end with"),
        ("BOOTMEND/1 progress upload 42 0 1\n", "does not end with"),
        (account()[:-1], "does not end with"),
        (account()[:-9] + "}", "cut or damaged"),
        (account().replace('"blocks_sent": 128', '"blocks_sent": 129'), "cut or damaged"),
        (account().replace("upload", "transcript"), "does not end with"),
        (account() + "\nPS>", "does not end with"),
        (seal("upload", "{1: 2}"), "not JSON"),
        ("x" * 70_000, "more than a run command returns"),
    ],
)
def test_output_that_is_not_exactly_right_is_refused(output: str, words: str) -> None:
    with pytest.raises(GuestOutputError, match=words):
        read_upload(output, dump())


@given(st.text(max_size=300), st.integers(0, 400))
def test_noise_and_cuts_are_never_a_success(noise: str, cut: int) -> None:
    for output in (noise, account()[:cut] + noise):
        if output.rstrip() == account():
            continue
        with pytest.raises(GuestOutputError):
            read_upload(output, dump())


# The protocol


def test_the_twin_plays_by_the_figures_of_the_script() -> None:
    text = script_text("upload.ps1")
    figures = dict(re.findall(r"^\$(BlockBytes|MostBlocks|Tries|ApiVersion|Retried) = (.+)$", text, re.MULTILINE))
    assert figures == {
        "BlockBytes": f"{upload_twin.BLOCK_BYTES // MIB}MB",
        "MostBlocks": str(upload_twin.MOST_BLOCKS),
        "Tries": str(upload_twin.TRIES),
        "ApiVersion": f"'{upload_twin.API_VERSION}'",
        "Retried": f"@({', '.join(map(str, upload_twin.RETRIED))})",
    }
    wanted = ("comp=blocklist&blocklisttype=all", "comp=block&blockid=", "comp=blocklist", "{0:x16}-{1}", "<Latest>")
    assert [part for part in wanted if part not in text] == []


@pytest.mark.parametrize("length", [1, 400 * GIB, 4096 * GIB, 12 * 1024 * GIB])
def test_no_file_needs_more_blocks_than_a_blob_takes(length: int) -> None:
    size = upload_twin.block_size(length)
    assert -(-length // size) <= 50_000
    assert size <= 4000 * MIB


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    with ready() as started:
        yield started


def test_a_small_file_goes_in_one_block(bench: Bench) -> None:
    path = bench.file(12345, 100)
    result = completed(bench.run(path, bench.link("small.dmp")))
    assert (result.blocks_sent, result.blocks_reused, result.md5) == (1, 0, md5_of(path))
    assert bench.stored("small.dmp") == (12345, md5_of(path))
    assert asyncio.run(bench.store.get(REPAIR, "small.dmp")) == path.read_bytes()


def test_lost_answers_are_asked_for_again(bench: Bench) -> None:
    """The list of blocks, a block, the same block again, the commit and the look at the end: each is lost once or more."""
    path = bench.file(33 * MIB, 0, 20 * MIB)
    result = completed(bench.run(path, bench.link("lost.dmp"), lost=(1, 4, 5, 9, 11)))
    assert result.blocks_sent == 5
    assert bench.stored("lost.dmp") == (33 * MIB, md5_of(path))


def test_a_service_that_never_answers_is_a_failure_and_no_blob(bench: Bench) -> None:
    path = bench.file(17 * MIB)
    run = bench.run(path, bench.link("silent.dmp"), lost=tuple(range(3, 100)))
    assert run.result is not None
    assert run.result.ended == "failed"
    assert "with 0 ConnectionLost" in run.result.why
    assert bench.stored("silent.dmp") is None


def test_a_file_of_another_length_is_not_sent(bench: Bench) -> None:
    run = bench.run(bench.file(999), bench.link("other.dmp"), claimed=1000)
    assert run.result is not None
    assert (run.result.ended, run.result.why) == ("refused", "dump-999 has 999 bytes, not 1000")
    assert bench.stored("other.dmp") is None


def test_a_link_that_is_not_ours_is_a_failure_in_words(bench: Bench) -> None:
    forged = re.sub(r"sig=[^&]+", "sig=AAAA", bench.link("forged.dmp"))
    run = bench.run(bench.file(1000), forged)
    assert run.result is not None
    assert run.result.ended == "refused"
    assert "with 403" in run.result.why
    assert "sig=" not in run.result.why


def test_a_changed_file_is_not_mixed_with_what_an_earlier_run_sent(bench: Bench) -> None:
    """A block of the same place with another content has another id."""
    path, link = bench.file(40 * MIB, 0, 9 * MIB), bench.link("changed.dmp")
    assert bench.run(path, link, killed_at=5).code == upload_twin.KILLED
    path = bench.file(40 * MIB, 0, 10 * MIB)
    result = completed(bench.run(path, link))
    assert (result.blocks_sent, result.blocks_reused) == (3, 2)
    assert bench.stored("changed.dmp") == (40 * MIB, md5_of(path))


def test_a_damaged_block_is_refused_by_the_service(bench: Bench) -> None:
    service = upload_twin.Service(bench.link("damaged.dmp"), str(bench.azurite.ca_file))
    wrong = {"Content-MD5": base64.b64encode(bytes(16)).decode()}
    with pytest.raises(upload_twin.StorageError, match="400 Md5Mismatch"):
        service.ask("PUT", "comp=block&blockid=MDE%3D", b"content", wrong, (201,))


def test_an_interrupted_dump_arrives_whole_and_is_never_held_in_memory(bench: Bench) -> None:
    peaks = interrupted(bench, 300 * MIB + 4567, "memory.dmp")
    assert max(peaks) < MOST_MIB, f"peaks {peaks} MiB"
