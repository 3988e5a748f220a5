"""Packs what the function app consists of into a zip: the files that .funcignore leaves, and their compiled form.

The same tree gives the same bytes. Azure's remote build adds the packages that requirements.txt names.
"""

import argparse
import fnmatch
import py_compile
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EPOCH = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a zip can tell."""


def patterns(root: Path) -> list[str]:
    lines = (root / ".funcignore").read_text(encoding="utf-8").splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def is_left_out(path: Path, ignored: list[str]) -> bool:
    """Whether a pattern matches the name, at any depth. One that ends with a slash matches folders alone."""
    kind = [pattern for pattern in ignored if path.is_dir() or not pattern.endswith("/")]
    return any(fnmatch.fnmatchcase(path.name, pattern.rstrip("/")) for pattern in kind)


def deployed_files(root: Path) -> list[Path]:
    """Every file that runs, relative to the root, sorted."""
    return sorted(path.relative_to(root) for path in _kept(root, patterns(root)))


def _kept(folder: Path, ignored: list[str]) -> Iterator[Path]:
    for path in folder.iterdir():
        if is_left_out(path, ignored):
            continue
        if path.is_dir():
            yield from _kept(path, ignored)
        else:
            yield path


def compiled(source: Path, shown_as: Path) -> bytes:
    """The bytecode of a file, valid as long as the source has the same content: a zip's times say nothing."""
    with tempfile.TemporaryDirectory() as folder:
        made = py_compile.compile(
            str(source),
            cfile=str(Path(folder) / "made.pyc"),
            dfile=shown_as.as_posix(),
            doraise=True,
            invalidation_mode=py_compile.PycInvalidationMode.CHECKED_HASH,
        )
        return Path(str(made)).read_bytes()


def pyc_name(source: Path) -> Path:
    return source.parent / "__pycache__" / f"{source.stem}.{sys.implementation.cache_tag}.pyc"


def contents(root: Path, with_pyc: bool) -> dict[str, bytes]:
    """Name in the zip to content, sorted by name."""
    held = {}
    for path in deployed_files(root):
        held[path.as_posix()] = (root / path).read_bytes()
        if with_pyc and path.suffix == ".py":
            held[pyc_name(path).as_posix()] = compiled(root / path, path)
    return dict(sorted(held.items()))


def build(target: Path, root: Path = ROOT, with_pyc: bool = True) -> int:
    """Writes the zip and answers how many files it holds."""
    held = contents(root, with_pyc)
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, data in held.items():
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.create_system = 3
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, data)
    return len(held)


def main() -> None:
    parser = argparse.ArgumentParser(description="Pack the function app.")
    parser.add_argument("target", type=Path)
    parser.add_argument("--no-pyc", action="store_true", help="sources alone")
    asked = parser.parse_args()
    count = build(asked.target, with_pyc=not asked.no_pyc)
    size = asked.target.stat().st_size / 1024
    sys.stdout.write(f"{asked.target}: {count} files, {size:.0f} KiB\n")


if __name__ == "__main__":
    main()
