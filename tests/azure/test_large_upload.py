"""A dump passes through the upload in pieces: interrupted twice, whole in the end, and never whole in memory."""

import json
import subprocess
import sys
from typing import Any

from tests.source_tree import ROOT

MIB = 1 << 20
MOST_MIB = 200
"""Python with the SDK and the simulator is half of it; the dump has no part in it that grows."""


def upload(size: int, seconds: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.azure.large_upload", str(size)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=seconds, check=False)
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def require_whole(told: dict[str, Any], size: int) -> None:
    account = told["account"]
    blocks = -(-size // (8 * MIB))
    assert told["exit_codes"] == [1, 1, 0]
    assert (account["ended"], account["bytes"]) == ("completed", size)
    assert account["blocks_sent"] + account["blocks_reused"] == blocks
    assert account["blocks_reused"] == 2 * blocks // 3
    assert told["stored"] == [size, account["md5"]]
    assert told["content"] == account["md5"]


def test_a_dump_of_300_mb_comes_through_whole_in_bounded_memory() -> None:
    told = upload(300 * MIB, 300)
    require_whole(told, 300 * MIB)
    assert told["peak_mib"] < MOST_MIB
