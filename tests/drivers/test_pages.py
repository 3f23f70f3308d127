"""Each bundled driver has its page, in a checkout and in a wheel."""

import runpy
import shutil
import tomllib
from pathlib import Path

from labkeeper_drivers import pages
from labkeeper_sdk.plugins import load_drivers

ROOT = Path(__file__).parents[2]


def test_each_bundled_driver_has_a_page() -> None:
    assert [name for name in load_drivers().drivers if not pages.page_of(name).is_file()] == []


def test_a_wheel_is_built_with_the_pages_where_the_drivers_look_for_them() -> None:
    build = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    ((source, place),) = build["force-include"].items()
    assert ROOT / source == pages.CHECKOUT
    assert Path(place) == pages.INSTALLED.relative_to(pages.INSTALLED.parents[1])


def test_where_a_wheel_was_installed_its_own_pages_are_taken(tmp_path: Path) -> None:
    installed = tmp_path / "labkeeper_drivers"
    shutil.copytree(pages.CHECKOUT, installed / "docs")
    shutil.copy(pages.__file__, installed / "pages.py")
    page = runpy.run_path(str(installed / "pages.py"))["page_of"]("tello")
    assert (page.parent, page.is_file()) == (installed / "docs", True)
