"""The sets that come with Labkeeper, and sets out of files; a mistake is named with its file, its key and its place."""

from importlib.resources import files
from pathlib import Path

from labkeeper_sdk import BadConfiguration
from labkeeper_wire.interlock_loading import load_set
from labkeeper_wire.interlock_rules import InterlockSet
from labkeeper_wire.interlocks import BadSet

SUPPLIED = ("chemistry", "maker", "robot-field")


def supplied(name: str) -> str:
    """Return the text of a set that comes with Labkeeper; raises BadConfiguration."""
    if name not in SUPPLIED:
        raise BadConfiguration("interlocks", f"there is no set {name!r}; there are {', '.join(SUPPLIED)}")
    return files("labkeeper_edge.interlocks").joinpath("sets", f"{name}.toml").read_text(encoding="utf-8")


def chosen(name: str) -> InterlockSet:
    """Return the set of a node's setting: one that comes with Labkeeper by name, or a file; raises BadConfiguration. A
    file that cannot be read is the setting's mistake, what is in it the file's own.
    """
    if name in SUPPLIED:
        return load(supplied(name), name)
    try:
        text = Path(name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = (error.strerror if isinstance(error, OSError) else f"not UTF-8: {error.reason}") or error
        sets = f"a file, or one of {', '.join(SUPPLIED)}, is wanted"
        raise BadConfiguration("interlocks", f"{name} cannot be read ({why}); {sets}") from error
    return load(text, name)


def read(path: Path) -> InterlockSet:
    """Read a file; raises BadConfiguration naming it, the key, and the place in a condition."""
    try:
        return load(path.read_text(encoding="utf-8"), str(path))
    except OSError as error:
        raise BadConfiguration("interlocks", error.strerror or str(error), str(path)) from error
    except UnicodeDecodeError as error:
        raise BadConfiguration("interlocks", f"not UTF-8: {error.reason}", str(path)) from error


def load(text: str, source: str = "") -> InterlockSet:
    """Return the set that a text declares; raises BadConfiguration naming `source`, the key, and the place."""
    try:
        return load_set(text)
    except BadSet as bad:
        raise BadConfiguration(bad.key or "(whole file)", bad.problem, source) from bad
