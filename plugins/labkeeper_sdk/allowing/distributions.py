"""What an installed distribution hashes to, from its files as they are on the disk now."""

import hashlib
import json
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import Distribution
from pathlib import Path, PurePosixPath

ALGORITHM = "sha256"
DIGEST = re.compile(rf"{ALGORITHM}:[0-9a-f]{{64}}")
METADATA = ("METADATA", "entry_points.txt")  # of .dist-info; the rest says who installed it, when and from where
MISSING = "missing"
NO_BYTECODE = "/dev/null/no-bytecode"  # a place where nothing can be


class CannotHash(Exception):
    """The distribution's files are not in one place to be hashed; the text says why."""


def distribution_name(name: str) -> str:
    """Return a distribution's name as PEP 503 compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def digest_of(distribution: Distribution) -> str:
    """Return `sha256:…` over every file the distribution installed, and every other file in its packages' folders.

    The same wheel gives the same hash on every machine: bytecode, installer's notes and scripts are left out, which
    differ. Raises CannotHash for one that is not installed as files of its own (editable).
    """
    files = _files(distribution)
    lines = sorted(f"{name}\0{_file_digest(path)}\n" for name, path in files.items())
    return f"{ALGORITHM}:{hashlib.sha256(''.join(lines).encode()).hexdigest()}"


@contextmanager
def sources_only() -> Iterator[None]:
    """Let imports inside read source files and no bytecode: a hash says nothing about the latter."""
    prefix, dont_write = sys.pycache_prefix, sys.dont_write_bytecode
    sys.pycache_prefix, sys.dont_write_bytecode = NO_BYTECODE, True
    try:
        yield
    finally:
        sys.pycache_prefix, sys.dont_write_bytecode = prefix, dont_write


def _files(distribution: Distribution) -> dict[str, Path]:
    name = distribution.name
    if distribution.files is None:
        raise CannotHash(f"{name} has no list of its files")
    if _is_editable(distribution):
        raise CannotHash(f"{name} is an editable installation: its files are elsewhere")
    recorded = [PurePosixPath(str(it)) for it in distribution.files]
    root = Path(str(distribution.locate_file("")))
    files = {str(it): root / it for it in recorded if _counts(it)}
    for top in {it.parts[0] for it in recorded if len(it.parts) > 1 and _counts(it)}:
        if not top.endswith(".dist-info"):
            files |= {str(PurePosixPath(it.relative_to(root))): it for it in _below(root / top)}
    if not any(not it.split("/")[0].endswith(".dist-info") for it in files):
        raise CannotHash(f"{name} installs no files of its own")
    return files


def _is_editable(distribution: Distribution) -> bool:
    try:
        said = json.loads(distribution.read_text("direct_url.json") or "{}")
    except ValueError:
        return True
    return bool(said.get("dir_info", {}).get("editable"))


def _counts(path: PurePosixPath) -> bool:
    """Scripts lie outside and name their interpreter; bytecode is made again from what is hashed."""
    if ".." in path.parts or path.is_absolute() or "__pycache__" in path.parts:
        return False
    return not path.parts[0].endswith(".dist-info") or path.name in METADATA


def _below(folder: Path) -> Iterator[Path]:
    """Yield what is in a package's folder, recorded or not: a file that was added can be imported too."""
    for path in folder.rglob("*"):
        if (path.is_file() or path.is_symlink()) and "__pycache__" not in path.parts:
            yield path


def _file_digest(path: Path) -> str:
    try:
        with path.open("rb") as opened:
            return hashlib.file_digest(opened, ALGORITHM).hexdigest()
    except OSError:
        return MISSING
