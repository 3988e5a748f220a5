"""A run of a guest script: what it printed when."""

from dataclasses import dataclass

RUN_COMMAND_OUTPUT = 4096
"""Bytes: a run command keeps this much of the end of the output (Run Command)."""


@dataclass(frozen=True)
class ScriptRun:
    """`lines`: seconds since the start, and the line that was printed then."""

    seconds: float
    lines: tuple[tuple[float, str], ...]
    exit_code: int
    error: str = ""

    def output_at(self, elapsed: float) -> str:
        """The last 4,096 bytes of what was printed so far."""
        text = "".join(f"{line}\r\n" for at, line in self.lines if at <= elapsed)
        return text.encode()[-RUN_COMMAND_OUTPUT:].decode(errors="replace")
