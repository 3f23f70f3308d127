"""`labkeeper driver check`: badges, reports, the summary; a driver that dies takes nobody with it."""

import json
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from labkeeper_cli.__main__ import main
from labkeeper_cli.driver.checking import EVERY, Wishes, check, report_of, satisfied, write_papers
from labkeeper_cli.driver.host import Host, open_host_to_be_cut
from labkeeper_cli.driver.new import make_package
from labkeeper_cli.driver.node_checks import CHECKS as NODE_CHECKS
from labkeeper_cli.driver.packages import as_installed, find
from labkeeper_sdk.conformance import BADGE, Finding, Level, Outcome, Report, examine, prepare, reached, summary
from labkeeper_sdk.plugins import DRIVER_GROUP
from labkeeper_sdk.points import Title
from tests.docs.supported import as_kept, kept

pytestmark = pytest.mark.timeout(300)
BUNDLED = sorted(
    it.name for it in entry_points(group=DRIVER_GROUP) if it.dist is not None and it.dist.name == "labkeeper"
)
WITHOUT_ACTUATORS = {"ble_heart_rate"}
SEEN = Title("看到 <b>", "seen <b>")


def findings(up_to: Level, failed: str = "") -> tuple[Finding, ...]:
    return tuple(
        Finding(one, Outcome.FAILED if one.name == failed else Outcome.PASSED, SEEN if one.name == failed else Title())
        for one in EVERY
        if one.level <= up_to
    )


def test_every_check_has_a_name_of_its_own_and_speaks_both_languages() -> None:
    assert len({one.name for one in EVERY}) == len(EVERY)
    assert all(title.zh and title.en for one in EVERY for title in (one.title, one.remedy))


def test_a_level_is_reached_when_it_and_all_below_it_passed() -> None:
    assert reached([]) is Level.NONE
    assert reached([*findings(Level.SILVER)]) is Level.SILVER
    assert reached([*findings(Level.PLATINUM)]) is Level.PLATINUM
    assert reached([*findings(Level.PLATINUM, failed="docs")]) is Level.NONE
    assert reached([*findings(Level.PLATINUM, failed="titles")]) is Level.SILVER
    assert reached([it for it in findings(Level.PLATINUM) if it.check.level is not Level.SILVER]) is Level.BRONZE


def test_a_badge_tells_what_the_report_knows(tmp_path: Path) -> None:
    report = Report("pump", "pump 1", True, findings(Level.GOLD, failed="titles"), {"fixtures": "hardware"})
    write_papers(report, tmp_path / "papers", "zh")
    badge = json.loads((tmp_path / "papers" / BADGE).read_text(encoding="utf-8"))
    assert (badge["level"], badge["fixtures"], badge["actuators"]) == ("silver", "hardware", True)
    assert report_of(badge) == report
    page = (tmp_path / "papers" / "labkeeper-report.html").read_text(encoding="utf-8")
    assert "看到 &lt;b&gt;" in page
    assert "seen <b>" in report.text()
    assert "录制自真实设备" in page
    every = replace(report, notes={"fixtures": "hardware, published, documented"})
    assert "(recordings of real devices, and others published by their owners, and others written from" in every.text()
    assert "(录制自真实设备，另有由设备所有者公开发布的，其余依据文档编写)" in every.text("zh")
    assert "none of a real device" in replace(report, notes={"fixtures": "documented"}).text()
    both = replace(report, notes={"fixtures": "software, documented"})
    assert "no device behind it, and others written from documents)" in both.text().splitlines()[0]
    assert "背后没有设备，其余依据文档编写)" in both.text("zh").splitlines()[0]
    assert "recordings" not in replace(report, notes={}).text().splitlines()[0]


def test_the_summary_names_who_is_below() -> None:
    reports = [
        Report("a", "a 1", actuators=True, findings=findings(Level.SILVER)),
        Report("b", "b 1", actuators=False, findings=findings(Level.SILVER)),
        Report("c", "c 1", actuators=True, findings=(), problem="its examination died: Segmentation fault"),
    ]
    assert summary(reports) == {
        "drivers": {"a": "silver", "b": "silver", "c": "none"},
        "below_silver": ["c"],
        "actuators_below_gold": ["a", "c"],
    }
    assert "Segmentation fault" in reports[2].text()
    assert satisfied(reports[:2], Level.SILVER)
    assert not satisfied(reports, Level.SILVER)


def test_a_driver_without_a_bench_or_with_a_broken_one_is_told_what_to_write(tmp_path: Path) -> None:
    make_package("acme-lamp", tmp_path)
    bench = tmp_path / "acme-lamp" / "acme_lamp" / "bench.py"
    bench.write_text("raise RuntimeError('no such hardware')\n")
    with as_installed(tmp_path / "acme-lamp"):
        report = check("acme-lamp", Wishes(Level.BRONZE))
    assert report.problem == "its test bench does not load: RuntimeError: no such hardware"
    project = tmp_path / "acme-lamp" / "pyproject.toml"
    project.write_text(project.read_text().replace("labkeeper.benches", "somebody.else"))
    with as_installed(tmp_path / "acme-lamp"):
        assert "labkeeper.benches" in check("acme-lamp", Wishes(Level.BRONZE)).problem
    assert report.level is Level.NONE


def test_a_driver_that_kills_its_process_is_a_line_in_the_summary(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("labkeeper_cli.driver.checking.names", lambda: ["acme-bomb"])
    make_package("acme-bomb", tmp_path)
    bench = tmp_path / "acme-bomb" / "acme_bomb" / "bench.py"
    bench.write_text("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n")
    with as_installed(tmp_path / "acme-bomb"):
        assert main(["driver", "check", "--all", "--json", "--level", "bronze"]) == 1
    last = capsys.readouterr().out.splitlines()[-1]
    assert json.loads(last) == {
        "drivers": {"acme-bomb": "none"},
        "below_silver": ["acme-bomb"],
        "actuators_below_gold": ["acme-bomb"],
    }


@pytest.mark.parametrize("name", BUNDLED)
def test_a_bundled_driver_with_a_real_node_becomes_safe_and_obeys_once(name: str) -> None:
    found = examine(prepare(find(name)), NODE_CHECKS)
    assert Level[kept()[name].level.upper()] >= Level.GOLD  # which these checks are part of
    assert kept()[name].actuators is (name not in WITHOUT_ACTUATORS)
    wanted = Outcome.SPARED if name in WITHOUT_ACTUATORS else Outcome.PASSED
    assert [(it.check.name, it.outcome, it.seen.en) for it in found] == [
        ("safe_in_time", wanted, ""),
        ("once", wanted, ""),
    ]


def test_the_badge_of_the_command_line_is_the_one_that_is_kept(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["driver", "check", "ble_heart_rate", "--json", "--level", "gold"]) == 0
    badge = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert as_kept(badge) == replace(kept()["ble_heart_rate"], untried=())  # the soak is of platinum


WRITE = "    async def write(self, point: str, value: Value) -> None:\n"
ORDER = '            if words[0] == "target":\n'
VALVE = """        Setpoint("valve", unit="%", minimum=0, maximum=100, safe_value=0.0, link_loss_s=0.5),
    )  # fmt: skip
"""
VENT = """        Action("vent", type=bool, safe_value=True, link_loss_s=0.5),
    )  # fmt: skip
"""


def edited(file: Path, *replacements: tuple[str, str]) -> None:
    """Change a file's words, each of which it has to contain."""
    text = file.read_text(encoding="utf-8")
    for old, new in replacements:
        assert old in text
        text = text.replace(old, new)
    file.write_text(text, encoding="utf-8")


def examined(name: str, check: str, folder: Path) -> Finding:
    """Return what a check with a node finds in a package."""
    with as_installed(folder / name):
        (finding,) = examine(prepare(find(name)), [it for it in NODE_CHECKS if it.name == check])
    return finding


@pytest.mark.parametrize(
    ("name", "check", "line", "says"),
    [
        ("acme-twice", "once", 'await self._ask(f"{point} {value}")', "under one id was carried out 2 times"),
        ("acme-deaf", "safe_in_time", "if value == 0: return", "target is at 5.0, not at its safe value 0.0"),
        ("acme-late", "safe_in_time", "if value == 0: await asyncio.sleep(1)", "after the link to the hub was cut"),
    ],
    ids=["twice", "deaf", "late"],
)
def test_what_only_a_real_node_shows_is_found_and_named(
    name: str, check: str, line: str, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if name == "acme-deaf":
        monkeypatch.setattr("labkeeper_cli.driver.node_checks.START_S", 0.5)  # it will not become safe in 5 s either
    monkeypatch.setattr("labkeeper_cli.driver.node_checks.CUT_S", 0.5)
    make_package(name, tmp_path)
    edited(tmp_path / name / name.replace("-", "_") / "__init__.py", (WRITE, f"{WRITE}        {line}\n"))
    finding = examined(name, check, tmp_path)
    assert finding.outcome is Outcome.FAILED
    assert says in finding.seen.en
    assert finding.seen.zh


def with_a_valve(name: str, folder: Path, *, write: str, simulated: str) -> None:
    """Make a package whose device has a valve besides its target: how `write` begins, and what the simulated device
    does with an order.
    """
    make_package(name, folder)
    module = folder / name / name.replace("-", "_")
    valve = f'{write}        if point == "valve":\n            return await self._ask(f"valve {{value}}") and None\n'
    edited(
        module / "__init__.py",
        ("    )  # fmt: skip\n", VALVE),
        ("@dataclass(slots=True)", "@dataclass"),  # the faults remember something
        ("link_loss_s=2", "link_loss_s=0.5"),
        (WRITE, WRITE + valve),
    )
    edited(
        module / "simulator.py",
        ("target: float = 5.0\n", "target: float = 0.0\n    valve: float = 0.0\n"),
        (ORDER, f"            {simulated}\n{ORDER}"),
    )
    edited(module / "bench.py", ('device.target if point == "target" else None', "getattr(device, point, None)"))


@pytest.mark.parametrize(
    ("name", "simulated", "says", "cuts"),
    [
        ("acme-half", 'if words[0] == "valve" and float(words[1]): self.valve = float(words[1])', "valve is at", 1),
        (
            "acme-either",  # an open valve makes the target zero, which can be tried only without it
            'if words[0] == "valve": self.valve, self.target = (v := float(words[1])), 0.0 if v else self.target',
            "target is at",
            2,
        ),
    ],
    ids=["half", "either"],
)
def test_every_actuator_is_tried_when_the_link_is_cut_also_those_that_exclude_each_other(
    name: str, simulated: str, says: str, cuts: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    links: list[str] = []

    def counted(url: str) -> AbstractAsyncContextManager[Host]:
        links.append(url)
        return open_host_to_be_cut(url)

    monkeypatch.setattr("labkeeper_cli.driver.node_checks.open_host_to_be_cut", counted)
    monkeypatch.setattr("labkeeper_cli.driver.node_checks.CUT_S", 0.5)
    deaf = "        if not value and point != 'valve':\n            return\n" if name == "acme-either" else ""
    with_a_valve(name, tmp_path, write=deaf, simulated=simulated)
    finding = examined(name, "safe_in_time", tmp_path)
    assert finding.outcome is Outcome.FAILED
    assert says in finding.seen.en
    assert "after the link to the hub was cut" in finding.seen.en
    assert len(links) == cuts


TAKES_IT = 'if words[0] == "valve": self.valve = float(words[1])'
NOT_YET = """        self.opened = getattr(self, "opened", False) or bool(value)
        if point == "valve" and not self.opened:
            return
"""
WEARS_OUT = """        closed = self.closed = getattr(self, "closed", 0) + (point == "valve" and not value)
        if point == "valve" and closed > 3:  # at the start, at the hub's cut, at the node's
            return
"""


@pytest.mark.parametrize(
    ("name", "write", "says"),
    [
        ("acme-forgets", NOT_YET, "after kill -9 and restart of the node"),
        ("acme-tired", WEARS_OUT, "after SIGSTOP and SIGCONT of the node"),
        ("acme-spent", WEARS_OUT.replace("> 3", "> 2"), "after the node's link to the broker was cut"),
    ],
    ids=["killed", "stopped", "cut"],
)
def test_a_second_actuator_that_stays_away_when_the_node_dies_or_stands_still_or_is_cut_off_is_named(
    name: str, write: str, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_a_valve(name, tmp_path, write=write, simulated=TAKES_IT)
    monkeypatch.setattr("labkeeper_cli.driver.node_checks.START_S", 2.5)
    finding = examined(name, "safe_in_time", tmp_path)
    assert finding.outcome is Outcome.FAILED
    assert "valve is at" in finding.seen.en
    assert says in finding.seen.en
    assert "valve 未回到安全值" in finding.seen.zh


@pytest.mark.parametrize(
    ("name", "check", "write", "says"),
    [
        ("acme-mute", "safe_in_time", "return", "vent has not reached the device as True"),
        (
            "acme-again",
            "once",
            'return [await self._ask("vent 1"), await self._ask("vent 1")] and None',
            "a command of vent sent three times under one id was carried out 2 times",
        ),
    ],
    ids=["not pressed", "twice"],
)
def test_an_action_is_tried_too(
    name: str, check: str, write: str, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("labkeeper_cli.driver.node_checks.START_S", 1.0)  # it will not be pressed in 5 s either
    make_package(name, tmp_path)
    module = tmp_path / name / name.replace("-", "_")
    edited(
        module / "__init__.py",
        ("    )  # fmt: skip\n", VENT),
        ("    CommandFailed,", "    Action, CommandFailed,"),
        (WRITE, f'{WRITE}        if point == "vent":\n            {write}\n'),
    )
    edited(module / "simulator.py", (ORDER, f'            if words[0] == "vent": self.orders.append("vent")\n{ORDER}'))
    finding = examined(name, check, tmp_path)
    assert finding.outcome is Outcome.FAILED
    assert says in finding.seen.en
    assert finding.seen.zh
