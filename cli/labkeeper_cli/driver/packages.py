"""Which drivers there are: installed ones by name, and one in a folder that nobody has installed."""

import os
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

from labkeeper_sdk import Driver
from labkeeper_sdk.plugins import BENCH_GROUP, DRIVER_GROUP, load_drivers


class NoDriver(Exception):
    """There is no such driver; the text says what there is, or why it does not load."""


def find(name: str) -> Driver:
    """Load an installed driver; raises NoDriver."""
    loaded = load_drivers([it for it in entry_points(group=DRIVER_GROUP) if it.name == name])
    for broken in loaded.broken:
        raise NoDriver(f"driver {broken.name} does not load: {broken.reason}")
    if not loaded.drivers:
        raise NoDriver(f"no driver {name!r} is installed; there are {', '.join(names()) or 'none'}")
    return next(iter(loaded.drivers.values()))


def names() -> list[str]:
    """Return the names of the installed drivers, broken ones included."""
    return sorted({it.name for it in entry_points(group=DRIVER_GROUP)})


def package_of(name: str) -> str:
    """Return the distribution that brings a driver, with its version."""
    for entry_point in entry_points(group=DRIVER_GROUP):
        if entry_point.name == name:
            return _distribution(entry_point)
    return "unknown"


def _distribution(entry_point: EntryPoint) -> str:
    return f"{entry_point.dist.name} {entry_point.dist.version}" if entry_point.dist is not None else "unknown"


@contextmanager
def as_installed(folder: Path) -> Iterator[list[str]]:
    """Let a package's folder count as installed, here and in processes started from here; yields its drivers' names.

    What is imported from it is forgotten afterwards: another folder's package may have the same name.
    Raises NoDriver where its pyproject.toml names no driver.
    """
    project = _project(folder)
    groups: Mapping[str, Mapping[str, str]] = project.get("entry-points", {})
    if not groups.get(DRIVER_GROUP):
        raise NoDriver(f'{folder}/pyproject.toml has no [project.entry-points."{DRIVER_GROUP}"]')
    source = folder / "src" if (folder / "src").is_dir() else folder
    with tempfile.TemporaryDirectory(prefix="labkeeper-driver-") as place:
        _write_metadata(Path(place), project, groups)
        added = [place, str(source.absolute())]
        before, modules, inherited = sys.path[:], {*sys.modules}, os.environ.get("PYTHONPATH")
        sys.path[:0] = added
        os.environ["PYTHONPATH"] = os.pathsep.join([*added, *filter(None, [inherited])])
        try:
            yield sorted(groups[DRIVER_GROUP])
        finally:
            sys.path[:] = before
            _forget({*sys.modules} - modules, source.absolute())
            if inherited is None:
                del os.environ["PYTHONPATH"]
            else:
                os.environ["PYTHONPATH"] = inherited


def _forget(modules: Iterable[str], source: Path) -> None:
    """Take those that came from this folder out of what is imported; what a .venv in it brought stays."""
    for name in modules:
        place = source / name.partition(".")[0]
        file = Path(getattr(sys.modules[name], "__file__", None) or "")
        if file == place.with_suffix(".py") or file.is_relative_to(place):
            del sys.modules[name]


def _project(folder: Path) -> dict[str, Any]:
    path = folder / "pyproject.toml"
    try:
        project: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8")).get("project", {})
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise NoDriver(f"{path}: {error}") from error
    return project


def _write_metadata(place: Path, project: Mapping[str, Any], groups: Mapping[str, Mapping[str, str]]) -> None:
    name, number = str(project.get("name", "unnamed")), str(project.get("version", "0"))
    folder = place / f"{name.replace('-', '_')}-{number}.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {number}\n", encoding="utf-8")
    lines = [
        f"[{group}]\n" + "".join(f"{key} = {value}\n" for key, value in groups[group].items())
        for group in (DRIVER_GROUP, BENCH_GROUP)
        if group in groups
    ]
    (folder / "entry_points.txt").write_text("\n".join(lines), encoding="utf-8")
