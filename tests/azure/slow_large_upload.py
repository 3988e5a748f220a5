"""The same with 3 GiB. Takes a minute and as much disk, so that pytest runs it only by its name:

.venv/bin/python -m pytest tests/azure/slow_large_upload.py
"""

import sys

import pytest

from tests.azure.test_large_upload import MIB, MOST_MIB, require_whole, upload

SIZE = 3 * 1024 * MIB


def test_a_dump_of_3_gb_takes_no_more_memory(capsys: pytest.CaptureFixture[str]) -> None:
    told = upload(SIZE, 1200)
    require_whole(told, SIZE)
    with capsys.disabled():
        sys.stdout.write(f"\n3 GiB, interrupted twice: at most {told['peak_mib']} MiB of memory\n")
    assert told["peak_mib"] < MOST_MIB
