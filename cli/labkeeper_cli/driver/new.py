"""`labkeeper driver new`: a package that works and passes, to be changed into the one that is wanted."""

import re
from importlib.metadata import version
from importlib.resources import files
from importlib.resources.abc import Traversable
from importlib.util import find_spec
from keyword import iskeyword
from pathlib import Path

from labkeeper_cli.driver.packages import names

TEMPLATE = files("labkeeper_cli") / "driver" / "templates" / "package"
NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
SUFFIX = ".template"  # so that no tool takes a template for what it will become


class CannotMake(Exception):
    """The package cannot be made; the text says why."""


def make_package(name: str, folder: Path) -> list[Path]:
    """Write a driver package called `name` into `folder`/`name`; returns its files. Raises CannotMake."""
    if not NAME.fullmatch(name):
        raise CannotMake(f"{name!r}: a driver's name is small letters, digits and hyphens, such as acme-pump")
    _free(name)
    target = folder / name
    if target.exists() and any(target.iterdir()):
        raise CannotMake(f"{target} is there already")
    return [_write(source, target / path, name) for path, source in _templates(name)]


def _free(name: str) -> None:
    """Refuse what an import or a node would take for something else; raises CannotMake."""
    module = name.replace("-", "_")
    if name in names():
        raise CannotMake(f"a driver {name} is installed already, and of two with one name a node refuses the second")
    if iskeyword(module) or find_spec(module) is not None:
        raise CannotMake(f"Python has a {module} already; take a name with your own in it, such as acme-{name}")


def _templates(name: str) -> list[tuple[Path, Traversable]]:
    found: list[tuple[Path, Traversable]] = []
    waiting = [(Path(), TEMPLATE)]
    while waiting:
        path, place = waiting.pop()
        for it in place.iterdir():
            inside = path / filled(it.name.removesuffix(SUFFIX), name)
            if it.is_dir():
                waiting.append((inside, it))
            elif it.name.endswith(SUFFIX):
                found.append((inside, it))
    return sorted(found, key=lambda pair: pair[0])


def _write(source: Traversable, path: Path, name: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(filled(source.read_text(encoding="utf-8"), name), encoding="utf-8")
    return path


def filled(text: str, name: str) -> str:
    """Return a template's text with the driver's names in it."""
    words = name.split("-")
    marks = {
        "__name__": name,
        "__module__": "_".join(words),
        "__Class__": "".join(word.capitalize() for word in words),
        "__Title__": " ".join(words).capitalize(),
        "__version__": version("labkeeper"),
    }
    for mark, value in marks.items():
        text = text.replace(mark, value)
    return text
