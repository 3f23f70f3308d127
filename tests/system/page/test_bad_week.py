"""The manager's morning after a bad week in which nobody looked.

A message's link leads through the sign-in to its alarm, and every alarm of the week is found, understood, explained and
acknowledged on the page, and is in the history: in Chinese and in English.
"""

import asyncio
import json
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections import Counter
from collections.abc import AsyncIterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from shutil import copytree
from typing import NamedTuple

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Locator, expect
from playwright.async_api import TimeoutError as PlaywrightTimeout

from benchmarks.weeks.keeping import keep
from benchmarks.weeks.weeks import untended
from labkeeper_hub.alarms.catalogue import shipped
from labkeeper_sdk import Title
from labkeeper_sdk.testing import find_mosquitto, open_broker
from tests.console.conftest import Language, OpenConsole
from tests.console.test_catalogues import catalogue

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(900)]
PASSWORD = "three oxen under plum"
AGO: dict[Language, str] = {"zh": "前", "en": "ago"}
BECAUSE: dict[Language, str] = {"zh": "报警。", "en": "It alarms "}
FACTS = """
card => ({ key: card.alarm.rule + " " + card.alarm.node + "/" + card.alarm.device + "/" + card.alarm.point,
           rule: card.alarm.rule, level: card.alarm.level, value: card.alarm.value, lab: card.alarm.lab,
           point: card.alarm.point,
           drawn: card.querySelector("lk-alarm-curve")?.trace?.drawn.times.length ?? 0, text: card.innerText })
"""
SETTLED = """
key => ![...document.querySelectorAll("lk-alarm-card")].some(({ alarm }) => alarm.core.endsWith("unack")
  && key === alarm.rule + " " + alarm.node + "/" + alarm.device + "/" + alarm.point)
"""
SUPPRESSED = """
() => [...document.querySelector("lk-alarms").desk.store.alarms.values()]
  .filter((one) => one.suppression !== "not_suppressed")
  .map((one) => one.rule + " " + one.node + "/" + one.device + "/" + one.point)
"""


class Waiting(NamedTuple):
    """A data folder with the bad week behind it, and the alarms that still wait in it, as `rule node/device/point`."""

    folder: Path
    alarms: frozenset[str]


@dataclass(frozen=True, slots=True)
class Reading:
    """A manager who reads this language: what stands on the page for a key of its catalogues."""

    language: Language
    words: dict[str, str]

    def t(self, key: str, **given: str) -> str:
        return self.words[key].format(**given)

    def of(self, title: Title) -> str:
        said: str = getattr(title, self.language)
        return said


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def bad_week(tmp_path_factory: pytest.TempPathFactory) -> Waiting:
    """The week, lived through once for both languages."""
    if find_mosquitto() is None:
        pytest.skip("Mosquitto is not installed: apt install mosquitto")
    with ProcessPoolExecutor(1, get_context("spawn")) as other:  # minutes of work where coverage is taken
        week, series = other.submit(untended, 1).result()
    folder = tmp_path_factory.mktemp("week")
    await keep(folder, week, series)
    shown = {now.key for now in week.alarms.values() if now.state.shown}
    assert len({key.rule for key in shown}) >= 13
    return Waiting(folder, frozenset(f"{key.rule} {'/'.join(key.source[1:])}" for key in shown))


@asynccontextmanager
async def hub_after(folder: Path) -> AsyncIterator[tuple[str, str]]:
    """Run a hub on the folder beside a broker; yields its address and the owner's secret."""
    async with open_broker() as broker:
        command = ["-m", "labkeeper_hub", "--data", str(folder), "--port", "0", "--broker", broker.url]
        process = await asyncio.create_subprocess_exec(sys.executable, *command, stdout=PIPE, stderr=DEVNULL)
        try:
            assert process.stdout is not None
            ready = json.loads(await asyncio.wait_for(process.stdout.readline(), 60))
            yield ready["url"], ready["owner_secret"]
        finally:
            process.kill()
            await process.wait()


async def employ(url: str, secret: str) -> str:
    """Let the owner make a facility manager, who chooses a password; return their pseudonym."""
    bearer = {"Authorization": f"Bearer {secret}"}
    async with (
        httpx.AsyncClient(base_url=f"{url}/api/v1", headers=bearer) as owner,
        httpx.AsyncClient(base_url=f"{url}/api/v1", headers={"Origin": url}) as manager,
    ):
        person = {"login": "zhao", "title": "赵老师", "grants": [{"role": "facility_manager"}]}
        name: str = (await owner.post("/people", json=person)).json()["name"]
        invitation = (await owner.post(f"/people/{name}/invitation")).json()["invitation"]
        entered = await manager.post("/session", json={"invitation": invitation, "password": PASSWORD})
        assert entered.status_code == 204, entered.text
    return name


async def understood(card: Locator, reader: Reading) -> str:
    """Look at one alarm as somebody who has to explain it; return which it is."""
    facts = await card.evaluate(FACTS)
    if facts["point"]:
        await card.get_by_role("button", name=reader.t("alarm.curve")).click()
        await expect(card.locator("canvas")).to_be_visible()
        await expect(card.locator(".alarm-because")).to_contain_text(BECAUSE[reader.language])
        facts = await card.evaluate(FACTS)
        assert facts["drawn"] >= 1, facts
    rule = shipped().rules[facts["rule"]]
    if facts["point"]:  # what is shown is what raised it, although it is over
        level = next(one for one in rule.levels if one.name == facts["level"])
        assert level.holds(facts["value"], active=False), facts
    assert facts["lab"] in facts["text"], facts  # which of the rooms it is
    told = rule.told
    deed = reader.t("alarm.response", role=reader.t(f"alarmrole.{told.role}"))
    texts = (reader.of(told.title), reader.of(told.consequence), reader.of(told.response))
    for said in (*texts, reader.t("alarm.consequence"), deed, AGO[reader.language]):
        assert said in facts["text"], (said, facts)
    return str(facts["key"])


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_a_manager_comes_by_a_link_and_leaves_no_alarm_of_a_bad_week_unexplained(
    open_console: OpenConsole, bad_week: Waiting, tmp_path: Path, language: Language
) -> None:
    reader = Reading(language, catalogue(language))
    folder = tmp_path / "hub"
    await asyncio.to_thread(copytree, bad_week.folder, folder)
    console = await open_console(language=language)
    page = console.page
    async with hub_after(folder) as (url, secret):
        name = await employ(url, secret)
        await page.goto(f"{url}/#/alarms/gas/school/chemistry-2")
        await page.locator("#name").fill("zhao")
        await page.locator("#secret").fill(PASSWORD)
        await page.get_by_role("button", name=reader.t("sign_in.enter")).click()
        cards = page.locator("lk-alarm-card")
        await expect(cards.first).to_contain_text(reader.of(shipped().rules["gas"].told.title))
        assert (await cards.first.evaluate(FACTS))["key"] == "gas chemistry-2/gas/gas_lel"

        acknowledge = reader.t("alarm.acknowledge")
        open_ones = cards.filter(has=page.get_by_role("button", name=acknowledge))
        wanted = {*bad_week.alarms}
        settled = Counter[str]()
        for number in range(3 * len(wanted)):  # the hub raises some of its own meanwhile: nobody's node is there
            wanted -= {*await page.evaluate(SUPPRESSED)}  # what one of the hub's own takes along while we look
            if not wanted:
                break
            mark = f"looked-at-{number}"
            card = page.locator(f"#{mark}")
            try:
                await open_ones.first.evaluate("(card, mark) => { card.id = mark; }", mark)  # soon another may be first
                key = await understood(card, reader)
                await card.get_by_role("button", name=acknowledge).click()
            except PlaywrightTimeout:
                if await card.count():
                    raise
                continue
            await page.wait_for_function(SETTLED, arg=key)
            settled[key.partition(" ")[0]] += key in wanted
            wanted.discard(key)
        assert wanted == set()
        assert len(settled) >= 10

        await page.get_by_role("button", name=reader.t("alarm.history")).click()
        rules, done = shipped().rules, reader.t("alarmkind.acknowledged")
        lines = page.locator("lk-alarm-history li")
        await expect(lines.filter(has_text=name).first).to_be_visible()
        said = [line for line in await lines.all_inner_texts() if done in line and f"· {name}" in line]
        assert all(any(mark in line for mark in "0123456789") for line in said)
        for rule, count in settled.items():
            assert sum(reader.of(rules[rule].told.title) in line for line in said) >= count, rule
