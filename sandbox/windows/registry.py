"""A registry hive: keys by path, case-insensitive as Windows has them."""

from dataclasses import dataclass, field
from typing import Literal

type Kind = Literal["REG_DWORD", "REG_SZ", "REG_EXPAND_SZ", "REG_MULTI_SZ", "REG_BINARY"]


@dataclass(frozen=True)
class Value:
    kind: Kind
    data: str | int

    def shown(self) -> str:
        """As `reg query` prints it: numbers in hex, variables not expanded."""
        return hex(self.data) if isinstance(self.data, int) else self.data


@dataclass
class Hive:
    """`keys`: path → value name → value. `corrupt`: how far it is beyond use."""

    keys: dict[str, dict[str, Value]] = field(default_factory=dict)
    corrupt: Literal["no", "at_load", "always"] = "no"

    def key(self, path: str) -> dict[str, Value] | None:
        return next((values for name, values in self.keys.items() if name.lower() == path.lower()), None)

    def exists(self, path: str) -> bool:
        """Whether the key, or one below it, exists."""
        wanted = path.lower()
        return any(name.lower() == wanted or name.lower().startswith(wanted + "\\") for name in self.keys)

    def get(self, path: str, name: str) -> Value | None:
        values = self.key(path) or {}
        return next((value for known, value in values.items() if known.lower() == name.lower()), None)

    def set(self, path: str, name: str, value: Value) -> None:
        """Writes a value; a missing key is made, as `reg add` does."""
        values = self.key(path)
        if values is None:
            values = self.keys.setdefault(path, {})
        self.delete(path, name)
        values[name] = value

    def delete(self, path: str, name: str) -> bool:
        values = self.key(path) or {}
        for known in [known for known in values if known.lower() == name.lower()]:
            del values[known]
            return True
        return False

    def control_sets(self) -> list[int]:
        tops = {path.split("\\", 1)[0].lower() for path in self.keys}
        return sorted(int(top[-3:]) for top in tops if top.startswith("controlset") and top[-3:].isdigit())
