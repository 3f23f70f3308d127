"""`labkeeper driver new` makes a package whose tests are green and whose driver passes, as if it were installed."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from labkeeper_cli.__main__ import main
from labkeeper_cli.driver.new import CannotMake, make_package
from labkeeper_cli.driver.packages import NoDriver, as_installed, find, names

pytestmark = pytest.mark.timeout(300)  # a whole test run inside a test
MARKS = ("__name__", "__module__", "__Class__", "__Title__", "__version__")


def test_a_new_package_has_everything_and_its_tests_and_the_kit_up_to_silver_pass(tmp_path: Path) -> None:
    made = {str(path.relative_to(tmp_path / "acme-pump")) for path in make_package("acme-pump", tmp_path)}
    assert {
        "pyproject.toml", "acme_pump/__init__.py", "acme_pump/simulator.py", "acme_pump/bench.py", "docs/acme-pump.md",
        "tests/test_driver.py", ".github/workflows/check.yml", "README.md",
    } <= made  # fmt: skip
    with as_installed(tmp_path / "acme-pump"):
        ran = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
            cwd=tmp_path / "acme-pump", capture_output=True, text=True, timeout=280, check=False,
        )  # fmt: skip
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "13 passed" in ran.stdout


def test_no_mark_of_the_template_is_left(tmp_path: Path) -> None:
    for path in make_package("acme-pump-2", tmp_path):
        text = path.read_text(encoding="utf-8")
        assert not [mark for mark in MARKS if mark in text]
        if path.suffix == ".py":
            compile(text, str(path), "exec")


@pytest.mark.parametrize("name", ["Pump", "acme pump", "../pump", "2pump", ""])
def test_a_name_that_is_none_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(CannotMake, match="small letters"):
        make_package(name, tmp_path)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("class", "Python has a class already; take a name with your own in it, such as acme-class"),
        ("json", "Python has a json already"),
        ("pytest-timeout", "Python has a pytest_timeout already"),
        ("homie", "a driver homie is installed already"),
    ],
)
def test_a_name_that_means_something_already_is_refused(name: str, why: str, tmp_path: Path) -> None:
    with pytest.raises(CannotMake, match=why):
        make_package(name, tmp_path)
    assert not [*tmp_path.iterdir()]


def test_what_is_there_already_is_not_overwritten(tmp_path: Path) -> None:
    make_package("acme-pump", tmp_path)
    with pytest.raises(CannotMake, match="is there already"):
        make_package("acme-pump", tmp_path)


def test_a_folder_counts_as_installed_only_inside(tmp_path: Path) -> None:
    make_package("acme-valve", tmp_path)
    before = sys.path[:]
    with as_installed(tmp_path / "acme-valve") as found:
        assert found == ["acme-valve"]
        assert find("acme-valve").title.en == "Acme valve"
        assert "acme_valve" in sys.modules
    assert sys.path == before
    assert "acme_valve" not in sys.modules
    assert "acme-valve" not in names()
    with pytest.raises(NoDriver, match=r"no driver 'acme-valve' is installed; there are .*homie"):
        find("acme-valve")


@pytest.mark.parametrize("text", ["", "[project]\nname = 'x'\n", "not toml"])
def test_a_folder_without_a_driver_is_named(text: str, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    with pytest.raises(NoDriver, match=r"pyproject\.toml"), as_installed(tmp_path):
        pass


def test_the_command_line_makes_lists_and_shows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["driver", "new", "acme-pump", "--into", str(tmp_path)]) == 0
    assert "labkeeper driver check ." in capsys.readouterr().out
    assert main(["driver", "list", "--json"]) == 0
    listed = {row["name"]: row for row in json.loads(capsys.readouterr().out)}
    assert listed["homie"]["bench"] is True
    assert main(["driver", "list"]) == 0
    assert "Homie devices" in capsys.readouterr().out
    assert main(["driver", "show", "homie"]) == 0
    assert '# domain = "homie"' in capsys.readouterr().out
    assert main(["driver", "show", "ble_heart_rate"]) == 0
    assert "[drivers.band-7]" in capsys.readouterr().out
    assert main(["driver", "show", "zigbee2mqtt", "--json"]) == 0
    schema = json.loads(capsys.readouterr().out)["schema"]
    assert schema["properties"]["base_topic"]["lk:title"] == {"zh": "基础主题", "en": "Base topic"}
    assert main(["driver", "show", "nobody"]) == 1
    assert "no driver 'nobody'" in capsys.readouterr().err


def test_a_folder_without_a_package_is_told_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["driver", "check", str(tmp_path)]) != 0
    assert f"{tmp_path} is no package of a driver: it has no pyproject.toml" in capsys.readouterr().err
