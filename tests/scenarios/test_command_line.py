"""The command line, the pace and the trace."""

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest

from sandbox.__main__ import main
from sandbox.clock import START
from sandbox.player.pace import EyePace
from sandbox.player.trace import write_trace


@pytest.mark.parametrize("command", ["run", "demo", "serve"])
def test_a_wrong_file_ends_with_status_2_and_names_the_field(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text("vm: {generation: V3}\n")
    assert main([command, str(path)]) == 2
    captured = capsys.readouterr()
    assert 'vm.generation: "V3" is wrong' in captured.err
    assert captured.out == ""


@pytest.mark.parametrize("arguments", [[], ["play"], ["run"], ["serve", "--pace", "0"], ["run", "x", "--tracee", "y"]])
def test_a_wrong_command_line_ends_with_status_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "usage: python -m sandbox" in capsys.readouterr().err


def test_the_pace_counts_the_work_as_waiting_and_bounds_each_jump() -> None:
    clock = [100.0]
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        clock[0] += seconds

    pace = EyePace(40, longest=1.0, now=lambda: clock[0], sleep=sleep)
    pace(20)
    clock[0] += 0.2
    pace(20)
    pace(14400)
    clock[0] += 3
    pace(20)
    assert slept == pytest.approx([0.5, 0.3, 1.0])


def test_a_pace_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="above 0"):
        EyePace(0)


@dataclass(frozen=True)
class Row:
    time: datetime
    method: str
    path: str
    operation: str
    status: int
    ms: float


def test_the_trace_is_one_json_line_for_each_request(tmp_path: Path) -> None:
    rows = [Row(START, "GET", "/subscriptions/s", "Microsoft.Resources/subscriptions/read", 200, 1.23456)] * 2
    write_trace(tmp_path / "trace", rows)
    lines = [json.loads(line) for line in (tmp_path / "trace").read_text().splitlines()]
    assert lines == 2 * [
        {
            "time": "2026-11-23T08:00:00Z",
            "method": "GET",
            "path": "/subscriptions/s",
            "operation": "Microsoft.Resources/subscriptions/read",
            "status": 200,
            "ms": 1.235,
        }
    ]
