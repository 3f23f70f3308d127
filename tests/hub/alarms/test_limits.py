"""Limits that people set: what is refused and with which word, what goes before what, and that a restart keeps it."""

from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import create_async_engine

from labkeeper_hub.alarms.catalogue import OverrideEntry, shipped, with_site
from labkeeper_hub.alarms.desk import AlarmDesk
from labkeeper_hub.alarms.limit_desk import LimitDesk
from labkeeper_hub.alarms.limit_file import FILE
from labkeeper_hub.alarms.limits import LimitRefused, SetOverride, check, with_set
from labkeeper_hub.alarms.records import AlarmRecords
from labkeeper_hub.bus import EventBus
from labkeeper_sdk import BadConfiguration

NOW_MS = 1_800_000_000_000
IN_FILE = """
[[override]]
rule = "co2"
school = "s"
limits = { warn = 1300 }
who = "wang"
why = "as the owner wants it"
"""


def entry(rule: str = "co2", lab: str | None = None, *, off: bool = False, **limits: float) -> OverrideEntry:
    return OverrideEntry(rule=rule, school="s", lab=lab, who="li", why="small room", off=off, limits=limits)


def kept(one: OverrideEntry) -> SetOverride:
    return SetOverride(**one.model_dump(), at_ms=NOW_MS)


def desk(data: Path, site: str = "") -> LimitDesk:
    base = with_site(shipped(), site, "alarms.toml")
    engine = create_async_engine("sqlite+aiosqlite://")  # no alarm is saved here
    return LimitDesk(AlarmDesk(AlarmRecords(engine), EventBus(), base, lambda: NOW_MS), base, data, lambda: NOW_MS)


def limits(one: LimitDesk, lab: str = "l", rule: str = "co2") -> list[float]:
    found = one.alarms.catalogue.rule_for(rule, "s", lab)
    return [] if found is None else [level.limit for level in found.levels]


@pytest.mark.parametrize(
    ("asked", "code", "level"),
    [
        (entry("no_such", warn=1), "unknown_rule", ""),
        (entry(), "nothing_changed", ""),
        (entry(off=True, warn=1200), "nothing_changed", ""),
        (entry(worst=1), "unknown_level", "worst"),
        (entry("gas", off=True), "safety_off", ""),
        (entry("gas", alarm=25), "safety_looser", "alarm"),
        (entry("frost", off=True), None, ""),
        (entry("gas", warn=5, alarm=15), None, ""),
        (entry(warn=2500), "levels_order", "alarm"),
        (entry("temperature_low", warn=18.5), "levels_order", "warn"),
        (entry(warn=2000), None, ""),
        (entry("co", warn=5), None, ""),  # of a shorter time than the milder one: they are not to be compared
    ],
)
def test_what_makes_no_sense_or_is_not_safe_is_refused_with_a_word(
    asked: OverrideEntry, code: str | None, level: str
) -> None:
    if code is None:
        check(shipped(), asked)
        return
    with pytest.raises(LimitRefused) as refused:
        check(shipped(), asked)
    assert (refused.value.code, refused.value.where) == (code, ("limits", level) if level else None)


def delays(rule: str, **said: dict[str, float]) -> OverrideEntry:
    return OverrideEntry.model_validate({"rule": rule, "school": "s", "who": "li", "why": "a slow fan", **said})


@pytest.mark.parametrize(
    ("asked", "code", "where"),
    [
        (delays("co2", on_delay_ms={"warn": 900_000}, off_delay_ms={"warn": 1}, deadband={"warn": 0}), None, None),
        (delays("co2", on_delay_ms={"worst": 1}), "unknown_level", ("on_delay_ms", "worst")),
        (delays("gas", on_delay_ms={"alarm": 3_001}), "safety_looser", ("on_delay_ms", "alarm")),
        (delays("gas", deadband={"warn": 1}), "safety_looser", ("deadband", "warn")),
        (delays("interlocks_differ", off_delay_ms={"differs": 0}), "safety_looser", ("off_delay_ms", "differs")),
        (delays("gas", on_delay_ms={"alarm": 0}, off_delay_ms={"alarm": 60_000}, deadband={"alarm": 5}), None, None),
    ],
)
def test_of_the_safety_class_delays_and_deadbands_are_made_stricter_only(
    asked: OverrideEntry, code: str | None, where: tuple[str, str] | None
) -> None:
    if code is None:
        check(shipped(), asked)
        return
    with pytest.raises(LimitRefused) as refused:
        check(shipped(), asked)
    assert (refused.value.code, refused.value.where) == (code, where)


def test_a_labs_delays_come_beside_its_schools_limit_and_deadband() -> None:
    school, lab = (
        delays("co2", deadband={"warn": 50}),
        delays("co2", on_delay_ms={"warn": 1}).model_copy(update={"lab": "l"}),
    )
    rule = with_set(shipped(), [kept(lab), kept(school), kept(entry(warn=1400))]).rule_for("co2", "s", "l")
    assert rule is not None
    note, warn, _ = rule.levels
    assert (warn.limit, warn.on_delay_ms, warn.off_delay_ms, warn.deadband) == (1400, 1, 0, 50)
    assert (note.on_delay_ms, note.deadband) == (300_000, 100)


def test_an_order_is_judged_with_what_the_school_has_otherwise() -> None:
    catalogue = with_set(shipped(), [kept(entry(alarm=3000))])
    check(catalogue, entry(lab="l", warn=2500))
    with pytest.raises(LimitRefused):
        check(shipped(), entry(lab="l", warn=2500))


def test_what_an_update_made_senseless_changes_nothing_and_stops_no_start() -> None:
    left = [kept(one) for one in (entry("gone", warn=1), entry(worst=1), entry("gas", off=True), entry("gas", warn=11))]
    assert list(with_set(shipped(), [*left, kept(entry(warn=1400))]).overrides) == [kept(entry(warn=1400))]


async def test_what_is_set_goes_before_the_file_of_the_same_place_and_a_lab_before_its_school(tmp_path: Path) -> None:
    one = desk(tmp_path, IN_FILE)
    await one.resume()
    assert limits(one) == [1000, 1300, 2000]
    await one.put(entry(warn=1400))
    await one.put(entry(lab="l", alarm=1900))
    assert (limits(one), limits(one, "m")) == ([1000, 1400, 1900], [1000, 1400, 2000])
    await one.put(entry(lab="l", warn=1200))
    assert limits(one) == [1000, 1200, 2000]
    again = desk(tmp_path, IN_FILE)
    await again.resume()
    assert (limits(again), limits(again, "m")) == ([1000, 1200, 2000], [1000, 1400, 2000])
    assert [(each.who, each.why, each.at_ms) for each in again.kept] == [("li", "small room", NOW_MS)] * 2
    assert (await again.remove(("co2", "s", None))).limits == {"warn": 1400}
    assert limits(again, "m") == [1000, 1300, 2000]
    with pytest.raises(LimitRefused, match=r"alarms\.toml"):
        await again.remove(("co2", "s", None))


async def test_what_the_disk_refuses_is_not_in_force(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("no folder")
    one = desk(tmp_path / "data")
    with pytest.raises(LimitRefused) as refused:
        await one.put(entry(warn=1400))
    assert (refused.value.code, limits(one), one.kept) == ("hub_disk", [1000, 1500, 2000], ())


async def test_there_is_an_end_to_how_many_a_hub_keeps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("labkeeper_hub.alarms.limit_desk.MOST", 1)
    one = desk(tmp_path)
    await one.put(entry(warn=1400))
    await one.put(entry(warn=1300))
    with pytest.raises(LimitRefused) as refused:
        await one.put(entry(lab="l", warn=1200))
    assert refused.value.code == "too_many_limits"


async def test_a_damaged_file_is_named_and_not_taken_for_none(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("{")
    with pytest.raises(BadConfiguration, match="is damaged"):
        await desk(tmp_path).resume()
