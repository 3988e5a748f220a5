"""The verdict on a transcript: every single doubt makes it not ok."""

from collections.abc import Callable

import pytest

from bootmend.articles import critical_process_died
from bootmend.models.guest import CommandResult, Plan, SfcLine, SfcLog, Transcript
from tests.windows.stage import Stage

type Spoil = Callable[[Transcript], Transcript]


@pytest.fixture(scope="module")
def done() -> tuple[Plan, Transcript]:
    stage = Stage()
    plan = stage.plan()
    assert isinstance(plan, Plan)
    return plan, stage.execute(plan)


def update(**changes: object) -> Spoil:
    return lambda transcript: transcript.model_copy(update=changes)


def update_result(command: str, **changes: object) -> Spoil:
    def spoil(transcript: Transcript) -> Transcript:
        results = tuple(
            result.model_copy(update=changes) if result.id == command else result for result in transcript.commands
        )
        assert results != transcript.commands
        return transcript.model_copy(update={"commands": results})

    return spoil


def replace_in_tail(command: str, old: str, new: str) -> Spoil:
    def spoil(transcript: Transcript) -> Transcript:
        result = transcript.result(command)
        assert result
        assert old in result.tail
        return update_result(command, tail=result.tail.replace(old, new))(transcript)

    return spoil


def without(command: str) -> Spoil:
    def spoil(transcript: Transcript) -> Transcript:
        kept = tuple(result for result in transcript.commands if result.id != command)
        return transcript.model_copy(update={"commands": kept})

    return spoil


def in_another_order(transcript: Transcript) -> Transcript:
    first, second, *rest = transcript.commands
    return transcript.model_copy(update={"commands": (second, first, *rest)})


def with_a_stranger(transcript: Transcript) -> Transcript:
    stranger = CommandResult(id="stranger", line="reg query HKLM", article_step="", exit_code=0, seconds=1)
    return transcript.model_copy(update={"commands": (*transcript.commands, stranger)})


SPOILS: dict[str, tuple[Spoil, str]] = {
    "stopped": (update(ended="stopped", why="hive-load ended with 1"), "hive-load ended with 1"),
    "refused": (update(ended="refused", why="another disk"), "another disk"),
    "identity changed": (update(identity="a1b2c3d4"), "identity"),
    "identity unknown": (update(identity=None), "identity"),
    "not offline again": (update(offline=False), "offline"),
    "no SFC log": (update(sfc=None), "SFC could not run"),
    "SFC's log is empty": (update(sfc=SfcLog(found=True)), "SFC could not run"),
    "SFC timed out": (update_result("sfc", timed_out=True, exit_code=None), "SFC could not run"),
    "SFC did not run": (without("sfc"), "sfc did not run"),
    "a command missing": (without("is-001-dumpfile"), "is-001-dumpfile"),
    "another line ran": (update_result("sfc", line="sfc /verifyonly"), "sfc ran as"),
    "another exit code": (update_result("ems-on", exit_code=1), "ems-on ended with 1"),
    "no exit code": (update_result("ems-on", exit_code=None), "ems-on did not end"),
    "hive still loaded": (update_result("hive-gone", exit_code=0), "hive-gone ended with 0"),
    "another order": (in_another_order, "another order"),
    "a stranger": (with_a_stranger, "other commands"),
    "EMS reads No": (
        replace_in_tail("ems-is-on", "ems                     Yes", "ems                     No"),
        "ems reads",
    ),
    "EMS missing": (replace_in_tail("ems-is-on", "ems                     Yes", ""), "ems reads nothing"),
    "loader changed": (replace_in_tail("ems-is-on", "winload.efi", "winload.exe"), "path reads"),
    "device changed": (replace_in_tail("ems-is-on", "\r\ndevice                  partition=E:", ""), "device reads"),
    "baud rate": (replace_in_tail("ems-is-set", "115200", "9600"), "emsbaudrate reads 9600"),
    "value not 1": (replace_in_tail("is-001-crashdumpenabled", "0x1", "0x7"), "is-001-crashdumpenabled"),
    "kind of value": (replace_in_tail("is-001-dumpfile", "REG_EXPAND_SZ", "REG_SZ"), "is-001-dumpfile"),
    "variable expanded": (replace_in_tail("is-001-dumpfile", "%SystemRoot%", "C:\\Windows"), "is-001-dumpfile"),
    "value shown twice": (
        replace_in_tail("is-001-nmicrashdump", "0x1", "0x1\r\n    NMICrashDump    REG_DWORD    0x1"),
        "is-001-nmicrashdump",
    ),
    "tail cut away": (update_result("is-001-nmicrashdump", tail=""), "is-001-nmicrashdump"),
}


@pytest.mark.parametrize("name", SPOILS)
def test_a_doubt_is_not_ok(done: tuple[Plan, Transcript], name: str) -> None:
    plan, transcript = done
    spoil, reason = SPOILS[name]
    verdict = critical_process_died.judge(plan, spoil(transcript))
    assert not verdict.ok
    assert reason in verdict.reason


def test_the_unspoilt_one_is_ok(done: tuple[Plan, Transcript]) -> None:
    verdict = critical_process_died.judge(*done)
    assert verdict.ok
    assert verdict.files_repaired == ("basesrv.dll",)


def test_console_text_and_exit_code_of_sfc_decide_nothing(done: tuple[Plan, Transcript]) -> None:
    plan, transcript = done
    shouting = update_result("sfc", exit_code=3, tail="Der Windows-Ressourcenschutz konnte nichts reparieren.")
    assert critical_process_died.judge(plan, shouting(transcript)).ok


def test_some_not_repaired_is_worth_a_boot(done: tuple[Plan, Transcript]) -> None:
    plan, transcript = done
    assert transcript.sfc
    cannot = SfcLine(text="Cannot repair member file [l:9]'csrss.exe' of X, in the store, hash mismatch")
    log = transcript.sfc.model_copy(update={"lines": (*transcript.sfc.lines, cannot)})
    verdict = critical_process_died.judge(plan, transcript.model_copy(update={"sfc": log}))
    assert (verdict.ok, verdict.sfc, verdict.files_not_repaired) == (True, "some_not_repaired", ("csrss.exe",))


def test_nothing_is_claimed_on_that_was_not_read_back(done: tuple[Plan, Transcript]) -> None:
    plan, transcript = done
    verdict = critical_process_died.judge(plan, transcript.model_copy(update={"commands": ()}))
    assert (verdict.ok, verdict.serial_console_on, verdict.dump_on) == (False, False, False)
    assert verdict.dump_goes_to.startswith("nowhere")


def test_the_verdict_never_fails_on_a_piece_of_the_transcript(done: tuple[Plan, Transcript]) -> None:
    """However early the commands end, the verdict is a plain no."""
    plan, transcript = done
    for length in range(len(transcript.commands)):
        piece = transcript.model_copy(update={"commands": transcript.commands[:length]})
        assert not critical_process_died.judge(plan, piece).ok
