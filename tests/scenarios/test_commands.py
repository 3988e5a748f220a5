"""`run` and `serve` as a person uses them."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.__main__ import main
from sandbox.player.api import RepairApi

ROOT = Path(__file__).resolve().parents[2]
HEALTHY = ROOT / "sandbox" / "scenarios" / "healthy.yaml"


def test_run_prints_the_report_last_and_writes_the_trace(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    trace = tmp_path / "trace.jsonl"
    assert main(["run", str(HEALTHY), "--json", "--trace", str(trace)]) == 0
    report = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (report["outcome"], report["leftovers"]) == ("not_applicable", [])
    requests = [json.loads(line) for line in trace.read_text().splitlines()]
    assert {request["method"] for request in requests} == {"GET", "POST"}
    assert [request["path"].rsplit("/", 1)[-1] for request in requests if request["method"] == "POST"] == [
        "retrieveBootDiagnosticsData"
    ]


def test_run_ends_with_status_1_and_says_what_does_not_hold(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "wrong-hope.yaml"
    path.write_text("id: wrong-hope\nwindows: {fault: none}\nexpect: {outcome: repaired}\n")
    assert main(["run", str(path)]) == 1
    captured = capsys.readouterr()
    assert "outcome: expected repaired, got not_applicable" in captured.err
    assert "outcome   not_applicable" in captured.out


def test_serve_says_how_to_call_and_leaves_nothing_after_ctrl_c(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sandbox", "serve", str(HEALTHY), "--pace", "1000"]
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as served:
        assert served.stdout is not None
        said = dict[str, str]()
        for line in served.stdout:
            if line.startswith("Ctrl-C"):
                break
            name, _, value = line.strip().partition("  ")
            said[name] = value.strip()
        api = RepairApi(said["function app"], said["function key"])
        accepted = api.start(said["VM"], {})
        api.close()
        served.send_signal(signal.SIGINT)
        assert served.wait(timeout=30) == 0
    assert accepted.status == 202
    assert list(tmp_path.glob("bootmend-evidence-*")) == []
