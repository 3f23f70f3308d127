"""Alarms over HTTP and the live WebSocket: what people do is answered once it is on disk, and told to everybody."""

from dataclasses import replace
from typing import Any

import httpx
import pytest

from labkeeper_hub.accounts import Grant, Role, Scope
from labkeeper_hub.alarms.entry import AlarmEntry
from labkeeper_hub.alarms.states import Cleared, Priority, Raised, Shelf
from labkeeper_hub.api.routes import alarm_rules
from labkeeper_hub.model import Aggregate, AlarmKey, PointKey, Row
from labkeeper_hub.registry.tables import metadata
from labkeeper_wire.datatypes import DataType
from labkeeper_wire.descriptor import PointDescription
from tests.hub.heard import Heard

from .conftest import Served, enter
from .doubles import MODE, START_MS, TEMPERATURE

CO2 = AlarmKey("co2", PointKey("demo", "lab-301", "air", "co2"))
GAS = AlarmKey("gas", PointKey("demo", "lab-301", "air", "gas_lel"))


def address(key: AlarmKey) -> dict[str, str]:
    return {"rule": key.rule, **key.source._asdict()}


@pytest.fixture
async def raised(served: Served) -> Served:
    async with served.hub.engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
    desk = served.hub.alarms
    desk.happens(CO2, Raised(Priority.LOW, value=1600.0), START_MS, lab="lab-301", level="warn")
    desk.happens(GAS, Raised(Priority.HIGH, latch=True), START_MS, lab="lab-301", level="alarm")
    await desk.save()
    return served


async def post(client: httpx.AsyncClient, what: str, **body: object) -> tuple[int, dict[str, Any]]:
    answer = await client.post(f"/api/v1/alarms/{what}", json=body)
    return answer.status_code, answer.json()


async def test_the_most_urgent_comes_first(raised: Served, owner: httpx.AsyncClient) -> None:
    alarms = (await owner.get("/api/v1/alarms")).json()["alarms"]
    assert [(alarm["rule"], alarm["core"], alarm["annunciated"]) for alarm in alarms] == [
        ("gas", "unack", True),
        ("co2", "unack", True),
    ]
    assert raised.hub.alarms.tallies().standing == 2


async def test_an_acknowledgement_is_in_the_history_and_on_every_page(raised: Served, owner: httpx.AsyncClient) -> None:
    async with raised.live() as page:
        _, snapshot = await page.greet()
        assert {alarm["rule"] for alarm in snapshot["alarms"]} == {"co2", "gas"}
        assert (await post(owner, "acknowledge", alarms=[address(CO2)]))[0] == 200
        while True:
            changes = (await page.hear_type("changes"))["changes"]
            if told := [change for change in changes if change["kind"] == "alarm" and change["core"] == "ack"]:
                break
    assert told[0]["rule"] == "co2"
    entries = (await owner.get("/api/v1/alarms/history", params={"rule": "co2"})).json()["entries"]
    assert [(entry["kind"], entry["who"]) for entry in entries] == [("acknowledged", "owner"), ("raised", None)]


async def test_the_history_is_read_page_by_page_to_its_end_whatever_comes_meanwhile(
    raised: Served, owner: httpx.AsyncClient
) -> None:
    desk = raised.hub.alarms
    for number in range(3):
        desk.note(AlarmEntry(CO2, "lab-301", "note", "note", START_MS + number, START_MS))
    before: dict[str, int] = {}
    pages = []
    while True:
        page = (await owner.get("/api/v1/alarms/history", params={"limit": 2, **before})).json()
        pages.append([(one["rule"], one["kind"]) for one in page["entries"]])
        desk.note(AlarmEntry(GAS, "lab-301", "note", "note", START_MS, START_MS))
        if page["next"] is None:
            break
        before = {"before": page["next"]}
    note = ("co2", "note")
    assert pages == [[note, note], [note, ("gas", "raised")], [("co2", "raised")]]


async def test_what_is_refused_is_refused_for_all_of_them(raised: Served, owner: httpx.AsyncClient) -> None:
    both = [address(CO2), address(GAS)]
    until_ms = START_MS + 60_000
    status, problem = await post(owner, "shelve", alarms=both, why="paint", until_ms=until_ms)
    assert (status, problem["code"]) == (409, "safety_class")
    assert raised.hub.alarms.tallies().shelved == 0
    assert (await post(owner, "shelve", alarms=both[:1], why="paint", until_ms=until_ms))[0] == 200
    assert raised.hub.alarms.tallies().shelved == 1
    assert (await post(owner, "unshelve", alarms=both[:1]))[0] == 200
    status, problem = await post(owner, "shelve", alarms=both[:1], why=" ", until_ms=until_ms)
    assert (status, problem["code"]) == (422, "no_reason")
    status, problem = await post(owner, "acknowledge", alarms=[{"rule": "co2"}])
    assert (status, problem["code"]) == (404, "unknown_alarm")


async def test_a_latch_is_reset_once_it_is_over_and_seen(raised: Served, owner: httpx.AsyncClient) -> None:
    assert (await post(owner, "reset", alarms=[address(GAS)]))[1]["code"] == "still_active"
    raised.hub.alarms.happens(GAS, Cleared(), START_MS + 1)
    assert (await post(owner, "reset", alarms=[address(GAS)]))[1]["code"] == "not_acknowledged"
    assert (await post(owner, "acknowledge", alarms=[address(GAS)]))[0] == 200
    assert (await post(owner, "reset", alarms=[address(GAS)]))[0] == 200
    assert [now.key for now in raised.hub.alarms.shown()] == [CO2]


async def test_safety_is_taken_out_of_service_by_two_persons(raised: Served, owner: httpx.AsyncClient) -> None:
    for _ in range(2):
        status, problem = await post(owner, "take-out", alarm=address(GAS), order="W-7")
        assert (status, problem["code"]) == (409, "second_person")
    done = await raised.hub.alarms.take_out(GAS, "wang", "W-7")
    assert done.state.service is not None
    assert (done.state.service.who, done.state.service.second) == ("owner", "wang")
    assert (await post(owner, "put-back", alarms=[address(GAS)]))[0] == 200
    assert (await post(owner, "take-out", alarm=address(CO2), order="W-8"))[0] == 200
    assert (await post(owner, "take-out", alarm=address(CO2), order=""))[1]["code"] == "no_work_order"


async def test_a_shelf_ends_by_itself(raised: Served) -> None:
    desk = raised.hub.alarms
    await desk.shelve([CO2], Shelf("li", "paint", START_MS + 10))
    desk.now_ms = lambda: START_MS + 10
    desk.time_passes()
    await desk.save()
    assert desk.tallies().shelved == 0


async def test_a_rule_is_tried_on_what_was_recorded(served: Served, owner: httpx.AsyncClient) -> None:
    served.hub.journal.rows[TEMPERATURE] = [Row(START_MS + i * 60_000, 55.0 if 5 <= i < 9 else 20.0) for i in range(20)]
    asked = {"alarm": {"rule": "heat", **TEMPERATURE._asdict()}, "from": START_MS, "to": START_MS + 1_200_000}
    status, answer = await post(owner, "try", **asked)
    spell = {"level": "alarm", "from_ms": START_MS + 300_000, "to_ms": START_MS + 540_000, "open_end": False}
    assert (status, answer) == (200, {"readings": 20, "every_ms": None, "gates": [], "replayed": [], "spells": [spell]})
    assert (await post(owner, "try", **asked, limits={"alarm": 60.0}))[1]["spells"] == []
    assert (await post(owner, "try", **asked, limits={"worst": 60.0}))[1]["code"] == "unknown_level"
    asked["alarm"] = {"rule": "no_such", **TEMPERATURE._asdict()}
    assert (await post(owner, "try", **asked))[1]["code"] == "unknown_rule"
    asked["alarm"] = address(CO2)
    assert (await post(owner, "try", **asked))[1]["code"] == "unknown_point"


async def test_a_time_with_too_many_readings_is_tried_in_steps_and_says_so(
    served: Served, owner: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alarm_rules, "MOST_TRIED", 10)
    monkeypatch.setattr(alarm_rules, "STEPS", 8)
    served.hub.journal.rows[TEMPERATURE] = [Row(START_MS + i * 60_000, 55.0 if 5 <= i < 9 else 20.0) for i in range(20)]
    asked = {"alarm": {"rule": "heat", **TEMPERATURE._asdict()}, "from": START_MS, "to": START_MS + 1_200_000}
    status, answer = await post(owner, "try", **asked)
    assert (status, answer["every_ms"]) == (200, 150_000)
    asked["alarm"] = {"rule": "temperature_low", **TEMPERATURE._asdict()}
    assert (await post(owner, "try", **asked))[1]["gates"] == ["used"]
    asked_for = [query.aggregate for query in served.hub.journal.queries if query.every_ms]
    assert asked_for == [Aggregate.MAX, Aggregate.MEAN]
    served.hub.journal.rows[MODE] = [Row(START_MS + i, "auto") for i in range(20)]
    asked["alarm"] = {"rule": "temperature_low", **MODE._asdict()}
    assert (await post(owner, "try", **asked))[1]["spells"] == []
    assert served.hub.journal.queries[-1].aggregate is Aggregate.LAST


async def test_a_rule_is_tried_with_its_gates_as_they_were_recorded(served: Served, owner: httpx.AsyncClient) -> None:
    inventory, hour_ms = served.hub.inventory, 3_600_000
    occupancy = PointKey(*TEMPERATURE.of_device, "occupancy")
    described = PointDescription("occupancy", "measure", DataType.BOOLEAN)
    inventory.found[:] = [replace(one, points=(*one.points, described)) for one in inventory.found]
    rows = served.hub.journal.rows
    rows[TEMPERATURE] = [Row(START_MS + minute * 60_000, 10.0) for minute in range(480)]
    rows[occupancy] = [Row(START_MS, False), Row(START_MS + 2 * hour_ms, True), Row(START_MS + 5 * hour_ms, False)]
    asked = {"alarm": {"rule": "temperature_low", **TEMPERATURE._asdict()}}
    _, answer = await post(owner, "try", **asked, **{"from": START_MS, "to": START_MS + 8 * hour_ms})
    assert (answer["gates"], answer["replayed"]) == ([], ["used"])
    (spell,) = answer["spells"]
    assert spell["from_ms"] == START_MS + 2 * hour_ms + 1_800_000  # half an hour after somebody came
    assert spell["to_ms"] == START_MS + 5 * hour_ms + 5_400_000  # an hour and a half after the last went


@pytest.mark.usefixtures("served")
async def test_a_rule_tells_which_points_it_watches_where_it_is_not_off(owner: httpx.AsyncClient) -> None:
    answer = (await owner.get("/api/v1/alarms/rules/heat/points")).json()
    assert {**TEMPERATURE._asdict(), "lab": "lab-301"} in answer["points"]
    assert (await owner.get("/api/v1/alarms/rules/outdoor_air/points")).json() == {"points": []}
    assert (await owner.get("/api/v1/alarms/rules/no_such/points")).json()["code"] == "unknown_rule"


@pytest.mark.usefixtures("raised")
async def test_rules_say_what_to_do_and_kpis_say_how_much_it_was(owner: httpx.AsyncClient) -> None:
    rules = {rule["id"]: rule for rule in (await owner.get("/api/v1/alarms/rules")).json()["rules"]}
    assert rules["co2"]["response"]["en"].startswith("Open windows")
    assert (rules["co2"]["role"], rules["co2"]["points"]) == ("teacher", ["carbon_dioxide", "co2"])
    assert [level["priority"] for level in rules["co2"]["levels"]] == ["note", "low", "medium"]
    answer = (await owner.get("/api/v1/alarms/kpis", params={"from": START_MS - 1})).json()
    assert {(one["by"], one["of"]): one["raised"] for one in answer["groups"]} == {
        ("all", ""): 2,
        ("lab", "lab-301"): 2,
        ("role", "teacher"): 2,
    }


SLOWER = {"on_delay_ms": {"warn": 600_000}, "deadband": {"warn": 50.0}}
LIMIT = {"school": "demo", "lab": "lab-301", "limits": {"warn": 1200.0}, **SLOWER, "why": "small room"}
ADDRESS = "/api/v1/alarms/rules/{rule}/limits"


async def test_a_limit_is_set_listed_with_who_and_why_and_taken_back_on_the_record(
    served: Served, owner: httpx.AsyncClient
) -> None:
    record = Heard()
    object.__setattr__(served.app.state.api, "audit", record)
    answer = await owner.put(ADDRESS.format(rule="co2"), json=LIMIT)
    told = {**LIMIT, "off": False, "who": "owner", "at_ms": START_MS}
    told |= {"off_delay_ms": {}, "deadband": {"warn": 50.0}}
    assert (answer.status_code, answer.json()) == (200, told)
    rules = (await owner.get("/api/v1/alarms/rules")).json()
    assert {rule["id"]: rule["overrides"] for rule in rules["rules"] if rule["overrides"]} == {"co2": [told]}
    assert rules["settable"][:2] == [{"school": "demo", "lab": None}, {"school": "demo", "lab": "lab-301"}]
    where = {"school": "demo", "lab": "lab-301"}
    assert (await owner.delete(ADDRESS.format(rule="co2"), params=where)).status_code == 204
    assert (await owner.delete(ADDRESS.format(rule="co2"), params=where)).json()["code"] == "unknown_limit"
    assert served.hub.alarms.catalogue.overrides == ()
    where_said = "co2 demo/lab-301"
    assert record.of("set_alarm_limit") == [
        ("owner", where_said, "warn 1200, warn on_delay_ms 600000, warn deadband 50: small room")
    ]
    assert record.of("remove_alarm_limit") == [("owner", where_said, "ok"), ("owner", where_said, "unknown_limit")]


@pytest.mark.usefixtures("served")
async def test_what_may_not_be_set_is_refused_at_its_field(owner: httpx.AsyncClient) -> None:
    async def refused(rule: str, **body: object) -> tuple[int, str, str]:
        answer = (await owner.put(ADDRESS.format(rule=rule), json=LIMIT | body)).json()
        return answer["status"], answer["code"], (answer.get("errors") or [{"field": ""}])[0]["field"]

    assert await refused("gas", limits={"alarm": 25.0}, on_delay_ms={}, deadband={}) == (
        422,
        "safety_looser",
        "body.limits.alarm",
    )
    slow = {"limits": {}, "deadband": {}, "on_delay_ms": {"alarm": 4000}}
    assert await refused("gas", **slow) == (422, "safety_looser", "body.on_delay_ms.alarm")
    assert await refused("co2", on_delay_ms={"warn": 86_400_001}) == (422, "invalid", "body.on_delay_ms.warn")
    assert await refused("gas", limits={}, on_delay_ms={}, deadband={}, off=True) == (422, "safety_off", "body")
    assert await refused("co2", limits={"worst": 1.0}) == (422, "unknown_level", "body.limits.worst")
    assert await refused("no_such") == (404, "unknown_rule", "")
    assert await refused("co2", why=" ") == (422, "invalid", "body.why")
    assert await refused("co2", who="somebody else") == (422, "invalid", "body.who")


async def test_limits_are_set_by_managers_where_they_manage(served: Served, owner: httpx.AsyncClient) -> None:
    headers = enter(served, "li", Grant(Role.MANAGER, Scope("demo", "lab-301")))
    async with served.stranger() as manager:
        manager.headers.update(headers)
        manager.headers["Origin"] = served.url
        assert (await manager.put(ADDRESS.format(rule="co2"), json=LIMIT)).json()["who"] == "li"
        for lab in ("lab-302", None):
            answer = await manager.put(ADDRESS.format(rule="co2"), json=LIMIT | {"lab": lab})
            assert (answer.status_code, answer.json()["code"]) == (403, "other_place")
            query = {"school": "demo"} | ({"lab": lab} if lab else {})
            answer = await manager.delete(ADDRESS.format(rule="co2"), params=query)
            assert (answer.status_code, answer.json()["code"]) == (403, "other_place")
        settable = (await manager.get("/api/v1/alarms/rules")).json()["settable"]
        assert settable == [{"school": "demo", "lab": "lab-301"}]
        manager.headers.update(enter(served, "wu", Grant(Role.TEACHER, Scope("demo"))))
        assert (await manager.put(ADDRESS.format(rule="co2"), json=LIMIT)).json()["code"] == "role_may_not"
        assert (await manager.get("/api/v1/alarms/rules")).json()["settable"] == []
    assert len((await owner.get("/api/v1/alarms/rules")).json()["settable"]) > 1
