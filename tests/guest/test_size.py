"""Facts and transcript fit into what a run command keeps, for a disk as crowded as they come."""

import base64
import random
from datetime import UTC, datetime

import pytest

from bootmend.articles import critical_process_died
from bootmend.guest.envelope import seal
from bootmend.guest.output import read_facts, read_transcript
from bootmend.models.guest import (
    CommandResult,
    DumpFacts,
    GuestFacts,
    Plan,
    RegistryValue,
    SfcLine,
    SfcLog,
    Transcript,
    VolumeFacts,
)
from sandbox.windows.build import guid_of
from sandbox.windows.scripts import ascii_json, sealed_transcript
from tests.articles import facts as given

LIMIT = 4096
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def crowded() -> GuestFacts:
    """6 volumes, 3 control sets, 12 BCD entries, 8 letters, 2 dumps."""
    others = tuple(
        VolumeFacts(
            partition=5 + number,
            id=guid_of("volume", str(number)),
            letter="GHIJ"[number],
            file_system="NTFS",
            size_mb=1_048_576 + 7919 * number,
            free_mb=524_287 + 104_729 * number,
        )
        for number in range(4)
    )
    ids = [f"{{{guid_of('entry', str(number))}}}" for number in range(11)]
    loaders = [given.loader("V2", id=entry, ems=True).model_dump() for entry in ids]
    dedicated = RegistryValue(kind="REG_SZ", data="C:\\crash\\dedicated-dump-file.sys")
    nmi = RegistryValue(kind="REG_DWORD", data=1)
    sets = [
        given.control_set(number, "D:\\pagefile.sys 4096 16384", NMICrashDump=nmi, DedicatedDumpFile=dedicated)
        for number in (1, 2, 3)
    ]
    mounted = [{"letter": "C", "partition": 4}, *({"letter": letter} for letter in "DEFGHIJ")]
    hive = given.hive(4, control_sets=[one.model_dump() for one in sets], mounted=mounted)
    noise = random.Random(7).randbytes
    dumps = tuple(
        DumpFacts(
            partition=4,
            path=path,
            size_bytes=8_589_934_592,
            created_at=NOW,
            written_at=NOW,
            head=base64.b64encode(noise(0x60)).decode(),
            detail=base64.b64encode(noise(0x20)).decode(),
        )
        for path in ("F:\\Windows\\MEMORY.DMP", "F:\\MEMORY.DMP")
    )
    return given.facts(
        volumes=(*given.volumes(), *others),
        boot_store=given.boot_store("V2", loaders=[*loaders, given.loader().model_dump()]),
        windows=(given.windows("V2", hive=hive.model_dump()),),
        dumps=dumps,
    )


def test_crowded_facts_fit() -> None:
    facts = crowded()
    assert (len(facts.volumes), len(facts.windows[0].hive.control_sets)) == (6, 3)
    assert facts.boot_store
    assert len(facts.boot_store.loaders) == 12
    line = seal("facts", ascii_json(facts))
    assert len(line.encode()) + 2 < LIMIT
    assert read_facts(line) == facts


def noisy_transcript(plan: Plan, sr_lines: int, seed: int) -> Transcript:
    """Every command with as much incompressible output as its tail may hold."""
    rng = random.Random(seed)
    letters = "abcdefghijklmnopqrstuvwxyz0123456789 \u00e4\u4e2d"
    results = tuple(
        CommandResult(
            id=command.id,
            line=command.line,
            article_step=command.article_step,
            exit_code=0,
            seconds=round(rng.uniform(0, 1000), 1),
            tail=_proof(command.id, rng) if command.proves else "".join(rng.choices(letters, k=command.tail_chars)),
        )
        for command in plan.commands
    )
    lines = tuple(
        SfcLine(text="Cannot repair member file " + "".join(rng.choices(letters, k=200))) for _ in range(sr_lines)
    )
    return Transcript(
        ended="completed",
        identity=plan.target.identity,
        offline=True,
        commands=results,
        sfc=SfcLog(found=True, lines=lines),
    )


def _proof(command: str, rng: random.Random) -> str:
    if command.startswith("ems-is"):
        rows = [f"element{number:<17}value {rng.randrange(10**6)}" for number in range(10)]
        return "\r\n".join(rows)
    return (
        f"HKEY_LOCAL_MACHINE\\BROKENSYSTEM\\ControlSet001\\Control\\CrashControl\r\n    {command}    REG_DWORD    0x1"
    )


@pytest.mark.parametrize("sr_lines", [0, 3, 40])
@pytest.mark.parametrize("seed", range(5))
def test_noisy_transcript_fits_and_proofs_survive(sr_lines: int, seed: int) -> None:
    sets = [given.control_set(number).model_dump() for number in (1, 2, 3)]
    windows = given.windows("V2", hive=given.hive(4, control_sets=sets).model_dump())
    plan = critical_process_died.plan(given.facts(windows=(windows,)), given.machine())
    assert isinstance(plan, Plan)
    transcript = noisy_transcript(plan, sr_lines, seed)
    line = sealed_transcript(plan, transcript)
    assert len(line.encode()) + 2 < LIMIT
    read = read_transcript(line)
    assert read.shortened
    for command in plan.commands:
        before, after = transcript.result(command.id), read.result(command.id)
        assert before
        assert after
        assert (after.line, after.exit_code) == (before.line, before.exit_code)
        assert after.tail == before.tail or not command.proves
    assert read.sfc
    assert len(read.sfc.lines) + read.sfc.dropped == sr_lines
