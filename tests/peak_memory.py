"""How much memory this program held at most."""

import re
from pathlib import Path


def peak_mib() -> int:
    """The peak of the resident memory since this program was begun.

    Not getrusage's: that one goes on counting from the process that began this one (execve, Linux).
    """
    status = Path("/proc/self/status").read_text(encoding="ascii")
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    assert found, status
    return int(found[1]) // 1024
