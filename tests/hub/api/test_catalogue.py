"""The catalogue over HTTP: every point, also those without a reading, and precise words for completeness."""

import httpx
import pytest

from labkeeper_hub.accounts import Grant, Role, Scope
from labkeeper_hub.model import NodeKey, PointKey
from labkeeper_hub.timeseries.catalogue import GivenUp, Inventory, Removed, Stock
from labkeeper_hub.timeseries.digest import DAY_MS, Picture, Span

from .conftest import Served, enter
from .doubles import MODE, START_MS, TEMPERATURE

DAY = START_MS // DAY_MS
UNTIL = {"until": START_MS, "days": 1}


@pytest.fixture
def stocked(served: Served) -> Served:
    """A day of temperatures every 10 s but for an hour, and two modes."""
    picture = Picture.empty(Span(DAY, 1, 0))
    picture.minutes[:] = True
    picture.minutes[600:660] = False
    picture.counts[0] = (8280, 3, 2, 1)
    picture.intervals.append(10_000)
    modes = Picture.empty(Span(DAY, 1, 0))
    modes.counts[0, 0] = 2
    stock = {
        TEMPERATURE: Stock(START_MS, START_MS + DAY_MS - 1, 8286, picture),
        MODE: Stock(START_MS, START_MS + 9, 2, modes),
    }
    given_up = GivenUp(NodeKey("demo", "lab-301"), START_MS, START_MS + 1, 7)
    served.hub.stockroom.found = Inventory(stock, (given_up,), 3)
    return served


@pytest.mark.usefixtures("stocked")
async def test_a_measure_has_slots_and_its_silence_is_named(owner: httpx.AsyncClient) -> None:
    told = (await owner.get("/api/v1/catalogue", params=UNTIL)).json()
    temperature = next(one for one in told["points"] if one["point"] == "temperature")
    assert (temperature["unit"], temperature["title"]["zh"], temperature["readings"]) == ("Cel", "温度", 8286)
    assert (temperature["interval_ms"], temperature["slot_ms"]) == (10_000, 60_000)
    assert temperature["days"] == [
        {
            "day": "2026-01-01",
            "good": 8280,
            "stale": 3,
            "bad": 2,
            "no_value": 1,
            "expected": 1440,
            "present": 1380,
            "completeness": 0.9583,
        }
    ]
    assert temperature["gaps"] == [[START_MS + 36_000_000, START_MS + 39_600_000]]
    assert told["pending"] == 3
    assert told["given_up"][0]["readings"] == 7


@pytest.mark.usefixtures("stocked")
async def test_what_speaks_only_when_it_changes_has_counts_and_no_completeness(owner: httpx.AsyncClient) -> None:
    told = (await owner.get("/api/v1/catalogue", params=UNTIL)).json()
    mode = next(one for one in told["points"] if one["point"] == "mode")
    assert (mode["slot_ms"], mode["days"][0]["good"], mode["days"][0]["completeness"]) == (None, 2, None)


async def test_a_point_that_never_spoke_is_in_it_too(owner: httpx.AsyncClient) -> None:
    told = (await owner.get("/api/v1/catalogue")).json()
    assert [(one["point"], one["readings"], one["first_ms"]) for one in told["points"]] == [
        ("temperature", 0, None),
        ("target", 0, None),
        ("mode", 0, None),
    ]
    assert all(len(one["days"]) == 7 for one in told["points"])


async def test_the_days_are_those_of_the_zone_asked_for(served: Served, owner: httpx.AsyncClient) -> None:
    before_ms = START_MS - 1  # 31 December in London, 1 January in Shanghai
    for offset, day in ((0, DAY - 1), (8, DAY)):
        await owner.get("/api/v1/catalogue", params={"until": before_ms, "days": 2, "offset_h": offset})
        assert served.hub.stockroom.asked[-1] == Span(day - 1, 2, offset)


@pytest.mark.usefixtures("stocked")
async def test_only_the_devices_asked_for_are_told(owner: httpx.AsyncClient) -> None:
    told = (await owner.get("/api/v1/catalogue", params={"node": "elsewhere"})).json()
    assert (told["points"], told["given_up"]) == ([], [])


GONE = (TEMPERATURE._replace(point="old"), TEMPERATURE._replace(device="burnt", point="power"))
FIGURE = PointKey("demo", "#hub/lab-301", "#node", "online")
PERSONAL = (TEMPERATURE._replace(point="heart_rate"), TEMPERATURE._replace(point="skin"))


@pytest.fixture
def leftovers(stocked: Served) -> Served:
    """Stock of points that nobody describes, of the hub's figures, and of what should never have been kept."""
    inventory = stocked.hub.stockroom.found
    one = inventory.stock[MODE]
    inventory.stock.update(dict.fromkeys((*GONE, FIGURE, *PERSONAL), one))
    inventory.removed[MODE] = Removed(7, 100)
    return stocked


async def nobodys(client: httpx.AsyncClient, **query: str) -> list[PointKey]:
    told = (await client.get("/api/v1/catalogue", params=query)).json()
    found = [one for one in told["points"] if not one["described"]]
    assert all((one["kind"], one["type"], one["unit"], one["readings"]) == (None, None, "", 2) for one in found)
    return [PointKey(one["school"], one["node"], one["device"], one["point"]) for one in found]


@pytest.mark.usefixtures("leftovers")
async def test_what_nobody_describes_any_more_is_told_but_nothing_of_a_person(owner: httpx.AsyncClient) -> None:
    assert await nobodys(owner) == list(GONE)
    assert await nobodys(owner, node="lab-301", device="burnt") == [GONE[1]]
    assert await nobodys(owner, node="#hub/lab-301") == [FIGURE]


async def test_who_sees_some_places_sees_nothing_of_what_is_in_none(leftovers: Served) -> None:
    headers = enter(leftovers, "teacher", Grant(Role.TEACHER, Scope("demo", "lab-301")))
    async with leftovers.stranger() as teacher:
        teacher.headers.update(headers)
        assert await nobodys(teacher) == []


@pytest.mark.usefixtures("leftovers")
async def test_what_retention_took_is_told_of_each_point(owner: httpx.AsyncClient) -> None:
    told = (await owner.get("/api/v1/catalogue", params=UNTIL)).json()
    removed = {one["point"]: (one["removed"], one["removed_before_ms"]) for one in told["points"] if one["described"]}
    assert removed == {"temperature": (0, None), "target": (0, None), "mode": (7, 100)}


@pytest.mark.parametrize("query", [{"days": 0}, {"days": 32}, {"offset_h": 15}, {"until": "yesterday"}, {"x": 1}])
async def test_nonsense_is_refused(query: dict[str, str | int], owner: httpx.AsyncClient) -> None:
    assert (await owner.get("/api/v1/catalogue", params=query)).status_code == 422
