"""The trace: one JSON line for each ARM request."""

import json
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Protocol


class Row(Protocol):
    """One ARM request as the simulator records it; `ms` is real time."""

    @property
    def time(self) -> datetime: ...
    @property
    def method(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def operation(self) -> str: ...
    @property
    def status(self) -> int: ...
    @property
    def ms(self) -> float: ...


def write_trace(path: Path, rows: Iterable[Row]) -> None:
    """Write the rows as lines {time, method, path, operation, status, ms}. OSError where that cannot be done."""
    with path.open("w", encoding="utf-8") as file:
        for row in rows:
            line = {
                "time": row.time.isoformat().replace("+00:00", "Z"),
                "method": row.method,
                "path": row.path,
                "operation": row.operation,
                "status": row.status,
                "ms": round(row.ms, 3),
            }
            file.write(json.dumps(line) + "\n")
