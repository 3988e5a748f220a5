"""A dump of 3 GiB through the upload protocol, killed and resumed. Takes minutes, so that pytest runs it only by its name:

.venv/bin/python -m pytest tests/guest/slow_upload.py
"""

import asyncio
import sys

import pytest

from tests.guest.upload_bench import GIB, MOST_MIB, REPAIR, interrupted, ready


def test_a_dump_of_3_gb_takes_no_more_memory(capsys: pytest.CaptureFixture[str]) -> None:
    with ready() as bench:
        peaks = interrupted(bench, 3 * GIB, "large.dmp")
        with pytest.raises(ValueError, match="fetch it from the storage account itself"):
            asyncio.run(bench.store.get(REPAIR, "large.dmp"))
    with capsys.disabled():
        sys.stdout.write(f"\n3 GiB through the upload protocol: at most {max(peaks)} MiB of memory\n")
    assert max(peaks) < MOST_MIB
