"""Automations over HTTP: written, switched, tried, and only by whom they concern."""

from pathlib import Path
from typing import Any

import pytest

from labkeeper_hub.accounts import Grant, Role, Scope
from labkeeper_hub.automations.book import FILE, read_book
from labkeeper_hub.automations.loading import SUPPLIED, supplied
from labkeeper_hub.automations.trace import Outcome, Part, Result, Trace, Why
from labkeeper_hub.registry.tables import metadata
from labkeeper_sdk import BadConfiguration

from .conftest import Served, enter
from .doubles import START_MS, TARGET

ALL = "/api/v1/automations"
TEXT = supplied("lights-off")
ELSEWHERE = TEXT.replace('lab = "lab-301"', 'lab = "lab-302"')


@pytest.fixture
async def tables(served: Served) -> None:
    async with served.hub.engine.begin() as connection:
        await connection.run_sync(metadata.create_all)


async def test_one_is_written_down_off_switched_on_and_removed(served: Served) -> None:
    async with served.owner() as client:
        new = (await client.put(ALL, json={"text": TEXT})).raise_for_status().json()
        assert (new["id"], new["on"], new["by"], new["when"]) == (
            "lights-off",
            False,
            "owner",
            "empty for 10 min and lit",
        )
        on = (await client.post(f"{ALL}/lights-off/switch", json={"on": True})).raise_for_status().json()
        again = (await client.put(ALL, json={"text": TEXT.replace("10 min", "20 min")})).raise_for_status().json()
        assert (on["on"], again["on"], again["when"]) == (True, True, "empty for 20 min and lit")
        (kept,) = read_book(served.hub.data).values()
        assert (kept.on, kept.text) == (True, again["text"])
        assert (await client.delete(f"{ALL}/lights-off")).status_code == 204
        assert (await client.get(ALL)).json() == {"automations": []}
        gone = await client.post(f"{ALL}/lights-off/switch", json={"on": True})
        assert (gone.status_code, gone.json()["code"]) == (404, "unknown_automation")


@pytest.mark.parametrize(
    ("text", "field", "problem"),
    [
        ("id =", "body.text.(whole file)", "not TOML"),
        (TEXT.replace("empty for", "nobody for"), "body.text.when", "line 9, column 9: there is no input 'nobody'"),
    ],
)
async def test_a_mistake_is_answered_with_its_place(served: Served, text: str, field: str, problem: str) -> None:
    async with served.owner() as client:
        refused = await client.put(ALL, json={"text": text})
        (wrong,) = refused.json()["errors"]
        assert (refused.status_code, wrong["field"]) == (422, field)
        assert problem in wrong["message"]


async def test_an_id_is_one_labs_and_a_disk_that_is_full_changes_nothing(served: Served) -> None:
    async with served.owner() as client:
        await client.put(ALL, json={"text": TEXT})
        other = await client.put(ALL, json={"text": ELSEWHERE})
        assert (other.status_code, other.json()["code"]) == (409, "another_lab")
        served.hub.automations.data = served.hub.data / FILE  # a file is no folder
        full = await client.delete(f"{ALL}/lights-off")
        assert (full.status_code, full.json()["code"]) == (503, "hub_disk")
        assert len((await client.get(ALL)).json()["automations"]) == 1


async def test_a_manager_of_a_lab_automates_that_lab_and_a_teacher_none(served: Served) -> None:
    here = enter(served, "p-1", Grant(Role.MANAGER, Scope("demo", "lab-301")))
    teacher = enter(served, "p-2", Grant(Role.TEACHER, Scope("demo", "lab-301")))
    elsewhere = enter(served, "p-3", Grant(Role.MANAGER, Scope("demo", "lab-302")))
    async with served.stranger() as client:

        async def asked(who: dict[str, str], text: str) -> int:
            headers = {**who, "Origin": served.url}
            return (await client.put(ALL, json={"text": text}, headers=headers)).status_code

        assert [await asked(here, TEXT), await asked(here, ELSEWHERE), await asked(teacher, TEXT)] == [200, 403, 403]
        assert await asked(elsewhere, TEXT) == 403
        (seen,) = (await client.get(ALL, headers=teacher)).json()["automations"]
        assert seen["mine"] is False
        assert (await client.get(ALL, headers=elsewhere)).json()["automations"] == []
        headers = {**elsewhere, "Origin": served.url}
        unknown = await client.post(f"{ALL}/lights-off/switch", json={"on": True}, headers=headers)
        assert unknown.status_code == 404


@pytest.mark.usefixtures("tables")
async def test_runs_say_why_and_are_seen_by_those_who_see_the_lab(served: Served) -> None:
    done = Result(*TARGET, 20.0, "done")
    run = Trace("lights-off", START_MS, Outcome.DONE, None, (Part("empty", True, (("empty", True),)),), (done,))
    held = Trace("lights-off", START_MS - 1, Outcome.HELD, Why.LESSON)
    forgotten = Trace("forgotten", START_MS + 1, Outcome.HELD, Why.STOP)
    served.hub.automations.watch.diary.note((held, run, forgotten))
    async with served.owner() as client, served.stranger() as stranger:
        await client.put(ALL, json={"text": TEXT})
        told: list[dict[str, Any]] = (await client.get(f"{ALL}/runs?limit=2")).json()["runs"]
        assert [one["automation"] for one in told] == ["forgotten", "lights-off"]
        seen_then = [{"input": "empty", "value": True}]
        words = {"zh": "房间里没有人", "en": "the room is empty"}
        assert told[1]["parts"] == [{"text": "empty", "words": words, "truth": True, "seen": seen_then}]
        assert told[1]["results"] == [{**TARGET._asdict(), "value": 20.0, "state": "done", "code": "", "message": ""}]
        teacher = enter(served, "p-2", Grant(Role.TEACHER, Scope("demo", "lab-301")))
        seen = (await stranger.get(f"{ALL}/runs", headers=teacher)).json()["runs"]
        assert [(one["automation"], one["why"]) for one in seen] == [("lights-off", None), ("lights-off", "lesson")]
        of_one = (await client.get(f"{ALL}/runs?automation=forgotten")).json()["runs"]
        assert [one["why"] for one in of_one] == ["stop"]


async def test_one_is_tried_on_what_was_recorded_without_being_kept(served: Served) -> None:
    async with served.owner() as client:
        asked = {"text": TEXT, "from": START_MS, "to": START_MS + 3_600_000}
        trial = (await client.post(f"{ALL}/try", json=asked)).raise_for_status().json()
        assert trial == {"readings": 0, "known_ms": None, "runs": []}
        assert (await client.get(ALL)).json()["automations"] == []
        for to in (START_MS, START_MS + 32 * 86_400_000):
            assert (await client.post(f"{ALL}/try", json={**asked, "to": to})).status_code == 422


async def test_texts_to_begin_with_are_listed(served: Served) -> None:
    async with served.owner() as client:
        found = (await client.get(f"{ALL}/supplied")).json()["supplied"]
        assert [one["id"] for one in found] == list(SUPPLIED)
        assert found[0]["text"] == TEXT


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("{", encoding="utf-8")
    with pytest.raises(BadConfiguration, match="is damaged"):
        read_book(tmp_path)
