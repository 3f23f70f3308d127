"""What the hub says of itself, from what its parts say."""

from dataclasses import replace

from labkeeper_hub.alarms.causes import OF_BROKER
from labkeeper_hub.alarms.rules import Role
from labkeeper_hub.alarms.states import Alarm, Core, Priority
from labkeeper_hub.alarms.tallies import AlarmTallies, Call, Wait
from labkeeper_hub.figures import catalogue
from labkeeper_hub.figures.catalogue import Figure
from labkeeper_hub.figures.told import Rooms, Seen, Told, figures
from labkeeper_hub.model import (
    HUB_NODE,
    AlarmKey,
    AlarmNow,
    Device,
    DeviceKey,
    LedgerEntry,
    Node,
    NodeKey,
    Outbox,
    PointKey,
    State,
)
from labkeeper_hub.pe.shared import ClassMinute, SoFar
from labkeeper_hub.status import InfluxStatus, JournalStatus, Status
from labkeeper_sdk import Title
from labkeeper_wire.datatypes import DataType
from labkeeper_wire.descriptor import DeviceDescription
from labkeeper_wire.topics import BadTopic, check_id

NOW_MS = 4_000_000
OURS = NodeKey("school", "pi")
FOREIGN = NodeKey("other", "gateway")
INFLUX = InfluxStatus(12, 3.5, False, 0, 900, 0, 2, 0, {}, "", "")
STATUS = Status(0, True, 77, {"not_finite": 2}, JournalStatus(1, 2, 3, 4.5, 6, 7, ""), influx=INFLUX)
STANDING = Alarm(core=Core.ACK, priority=Priority.HIGH)
GAS = AlarmKey("gas", PointKey("school", "pi", "air", "gas_lel"))
CALLED = (
    Call(NOW_MS - 80_000_000, GAS, Priority.MEDIUM),
    Call(NOW_MS - 3_000_000, GAS, Priority.HIGH),
    Call(NOW_MS - 10, GAS, Priority.HIGH),
    Call(NOW_MS - 5, OF_BROKER, Priority.HIGH),
)
WAITS = (Wait(NOW_MS - 1000, GAS, 8_000), Wait(NOW_MS - 500, GAS, 10_000))
SEEN = Seen(
    now_ms=NOW_MS,
    nodes=(
        Node(OURS, "physics", Title("物理", "Physics"), True, 1, 2, Outbox("now")),
        Node(FOREIGN, "gateway", Title(), False, 1, 2),
    ),
    devices=(
        Device(DeviceKey("school", "pi", "air"), "physics", DeviceDescription(title_zh="空气", bench="3"), (), True, 1),
        Device(DeviceKey("other", "gateway", ""), "gateway", DeviceDescription(), (), False, 1),
    ),
    ledger=(
        LedgerEntry(FOREIGN, None, None, 9, 0, 0, 0, None),
        LedgerEntry(OURS, "before", 50, 50, 0, 0, 0, 0),
        LedgerEntry(OURS, "now", 100, 90, 3, 1, 2, 7),
        LedgerEntry(NodeKey("school", "removed"), "x", 1, 1, 0, 0, 0, 0),
    ),
    newest_ms={OURS: NOW_MS - 1_500},
    returns={OURS: 4},
    ends={("school", State.DONE): 5},
    status=STATUS,
    journal_bytes=4096,
    alarms=(
        AlarmNow(AlarmKey("gas", PointKey("school", "pi", "air", "gas_lel")), "physics", "warn", STANDING),
        AlarmNow(AlarmKey("gas", PointKey("school", "pi", "hob", "gas_lel")), "physics", "warn", Alarm()),
    ),
    tallies=AlarmTallies(
        standing=1, flood=True, raised={Priority.HIGH: 2}, acknowledge_s=12.5, called=CALLED, waits=WAITS
    ),
    roles={"gas": Role.TEACHER, "broker_lost": Role.IT},
    rooms=Rooms(
        (ClassMinute("school", "physics", 45, 148, 0.8, SoFar(0.75, 0.6, 12, 3, 1)),),
        {"other"},
        {("school", "physics")},
    ),
)


def told(seen: Seen = SEEN) -> dict[PointKey, float | str]:
    return {one.key: one.value for one in figures(seen)}


def about(node: str, device: str, school: str = "school") -> dict[str, float | str]:
    return {key.point: value for key, value in told().items() if key[:3] == (school, node, device)}


def test_no_edge_node_and_no_device_can_have_a_name_the_hub_files_under() -> None:
    reserved = {HUB_NODE, *(one.key.node for one in figures(SEEN)), catalogue.LEDGER, catalogue.NODE}
    for name in reserved:
        try:
            check_id(name)
        except BadTopic:
            continue
        raise AssertionError(f"{name} is a name that Sparkplug allows")
    assert all(one.key.of_node.of_hub for one in figures(SEEN))


def test_a_nodes_ledger_is_that_of_its_present_outbox() -> None:
    assert about("#hub/pi", "#ledger") == {
        "taken": 100, "stored": 90, "gaps": 3, "pending": 7, "missing": 0, "duplicates": 1, "backlog": 2, "age": 1.5,
    }  # fmt: skip


def test_what_a_foreign_node_does_not_say_is_left_out_and_not_made_up() -> None:
    assert about("#hub/gateway", "#ledger", "other") == {"stored": 9, "gaps": 0, "duplicates": 0, "backlog": 0}


def test_presence_is_told_of_nodes_and_devices_as_numbers() -> None:
    assert about("#hub/pi", "#node") == {"online": 1, "returns": 4}
    assert about("#hub/pi", "air").items() >= {"online": 1, "returns": 0}.items()
    assert about("#hub/gateway", "#itself", "other").items() >= {"online": 0, "returns": 0}.items()


def test_a_device_is_named_in_both_languages_one_standing_in_for_the_other_and_its_id_for_both() -> None:
    names = {"title_zh": "空气", "title_en": "空气", "bench": "3"}
    assert about("#hub/pi", "air").items() >= names.items()
    nameless = {"title_zh": "#itself", "title_en": "#itself"}
    assert about("#hub/gateway", "#itself", "other").items() >= nameless.items()
    assert "bench" not in about("#hub/gateway", "#itself", "other")


def test_the_lab_of_a_figure_is_that_of_the_node_it_is_about() -> None:
    labs = {one.key.node: one.about.lab for one in figures(SEEN) if one.about is not None}
    assert labs == {"#hub/pi": "physics", "#hub/gateway": "gateway"}


def test_every_school_gets_the_hubs_own_figures_and_only_its_own_counts() -> None:
    for school in ("school", "other"):
        assert about("#hub", "journal", school)["size"] == 4096
        assert about("#hub", "refusals", school) == {"not_finite": 2}
        assert about("#hub", "broker", school) == {"connected": 1, "messages": 77}
    assert about("#hub", "presence") == {"nodes": 1, "nodes_online": 1, "devices": 1, "devices_online": 1}
    assert about("#hub", "presence", "other") == {"nodes": 1, "nodes_online": 0, "devices": 1, "devices_online": 0}
    assert (about("#hub", "commands")["done"], about("#hub", "commands", "other")["done"]) == (5, 0)


def test_a_pe_class_is_told_as_a_whole_in_its_own_lab() -> None:
    assert about("#hub/pi", "#class") == {
        "bands": 45, "mean": 148, "moving": 0.8,
        "group_density": 0.75, "each_density": 0.6, "minutes": 12, "eased": 3, "looked": 1,
    }  # fmt: skip
    moved = replace(SEEN.rooms.classes[0], lab="a field without a node")
    elsewhere = replace(SEEN, rooms=Rooms((moved,)))
    assert not [key for key in told(elsewhere) if key.device == catalogue.CLASS]


def test_what_holds_an_automation_up_is_told_of_schools_and_labs_and_of_nobody() -> None:
    assert (about("#hub", "stop"), about("#hub", "stop", "other")) == ({"stopped": 0}, {"stopped": 1})
    assert (about("#hub/pi", "#lab"), about("#hub/gateway", "#lab", "other")) == ({"held": 1}, {"held": 0})


def test_alarms_are_told_of_the_hub_and_of_each_node() -> None:
    assert about("#hub", "alarms") == {
        "standing": 1, "unacknowledged": 0, "shelved": 0, "stale": 0, "chattering": 0, "raised_10min": 0,
        "peak_hour": 0,
        "flood": 1, "raised_low": 0, "raised_medium": 0, "raised_high": 2, "acknowledge": 12.5,
    }  # fmt: skip
    assert about("#hub/pi", "#alarms") == {
        "standing": 1, "highest": 3, "unacknowledged": 0, "stale": 0, "chattering": 0, "raised_10min": 1,
        "raised_hour": 2, "peak_hour": 2, "flood": 0, "day_low": 0, "day_medium": 1, "day_high": 2, "acknowledge": 9.0,
    }  # fmt: skip
    nothing = about("#hub/gateway", "#alarms", "other")
    assert set(nothing.values()) == {0}
    assert "acknowledge" not in nothing, "nobody acknowledged anything"


def test_a_roles_load_is_that_of_its_own_alarms_in_its_own_school_and_of_the_hubs_in_every_one() -> None:
    assert about("#hub", "alarms-teacher") == {
        "standing": 1, "unacknowledged": 0, "stale": 0, "chattering": 0, "raised_10min": 1, "raised_hour": 2,
        "peak_hour": 2, "flood": 0, "day_low": 0, "day_medium": 1, "day_high": 2, "acknowledge": 9.0,
    }  # fmt: skip
    assert set(about("#hub", "alarms-teacher", "other").values()) == {0}
    for school in ("school", "other"):
        assert about("#hub", "alarms-it", school)["raised_hour"] == 1
    assert set(about("#hub", "alarms-facility").values()) == {0}


def test_a_hub_that_feeds_no_influxdb_tells_no_lag_of_it() -> None:
    assert about("#hub", "forwarder") == {"lag": 3.5, "waiting": 12, "quarantined": 2}
    assert not {key for key in told(replace(SEEN, status=replace(STATUS, influx=None))) if key.device == "forwarder"}


def test_without_a_node_there_is_no_school_to_tell() -> None:
    assert not list(figures(replace(SEEN, nodes=(), devices=())))


def test_every_figure_that_is_told_is_declared_and_every_declared_one_is_told() -> None:
    declared = {*catalogue.OF_LEDGER.values(), *catalogue.OF_PRESENCE.values(), *catalogue.OF_DEVICE.values()}
    declared |= {figure for group in catalogue.OF_HUB.values() for figure in group}
    declared |= {*catalogue.OF_ALARMS.values(), *catalogue.OF_NODE_ALARMS.values()}
    declared |= {*catalogue.OF_ROLE_ALARMS.values(), *catalogue.OF_CLASS.values(), *catalogue.OF_LAB.values()}
    said = {one.figure for one in figures(SEEN)}
    assert said - declared == {catalogue.refusal_figure("not_finite")}
    assert declared <= said


def test_a_figure_has_a_title_in_both_languages_and_the_datatype_of_its_values() -> None:
    for one in figures(SEEN):
        assert titled(one.figure)
        assert fits(one)


def titled(figure: Figure) -> bool:
    return bool(figure.description.title_zh and figure.description.title_en)


def fits(one: Told) -> bool:
    types = {DataType.INT64: int, DataType.DOUBLE: float, DataType.STRING: str}
    return isinstance(one.value, types[one.figure.datatype])
