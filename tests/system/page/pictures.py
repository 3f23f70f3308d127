"""Make the pictures of README and guides again, from the real stack: `.venv/bin/python -m tests.system.page.pictures`.

Writes docs/pictures/*.png and, beside each, the words that stand on it as *.txt and how it is drawn as *.look
(looks.py): test_pictures.py fails when the page says or draws others by now. Needs what the page's tests need
(Chromium, Mosquitto, the page's libraries) and a CJK font.
The 24-hour chart shows a real room: the UCI "Occupancy Detection" tables, played into the stack by `labkeeper replay`;
they are not part of this repository. Without them the chart's pictures are left as they are.
"""

import argparse
import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from playwright.async_api import Browser, Page, async_playwright

from labkeeper_cli.client import Target
from labkeeper_cli.stack import Stack, Wishes, open_stack
from labkeeper_cli.trial import all_online
from labkeeper_hub.console import STATIC
from tests.system.page.looks import keep, look

ROOT = Path(__file__).parents[3]
PICTURES = ROOT / "docs" / "pictures"
MAPPING = ROOT / "docs" / "how-to" / "replay" / "occupancy.toml"
TABLES = ROOT.parent / "shared" / "data" / "occupancy"
DIGIT = re.compile(r"\d")
DAY_MS = 86_400_000
ROWS_OF_THE_DAY = 1_440  # one a minute, and that Thursday has them all
UNTIL = datetime.fromisoformat("2015-02-06T00:00:00+01:00")  # the end of a Thursday in Mons
SETTLE_S = 20.0  # the room's day runs 30 times as fast: ten minutes of it
CHANGING = (  # says other words another time
    ".attention, .unheard summary, .alarm-bell, .stopped, .result, .value, .none, .tile .age, .facility-mark, "
    ".facility-summary, .condition-refused, .condition-item span, .condition-item p, .chart-now, .chart .make, time, "
    "option, svg"
)
VISIBLE_WORDS = """
(changing) => {
  const shown = (element) => !element.closest(changing) && element.checkVisibility({ visibilityProperty: true });
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [];
  while (walker.nextNode()) if (shown(walker.currentNode.parentElement)) found.push(walker.currentNode.textContent);
  return found;
}
"""
FILL = """
async () => {  // how many cards are near enough to be filled depends on how high a font makes them
  for (const card of document.querySelectorAll("lk-device")) card.near = true;
  await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
}
"""
OPEN_THE_REST = """
async () => {
  for (const line of document.querySelectorAll(".unheard")) line.open = true;
  await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
}
"""
Language = Literal["en", "zh"]
LANGUAGES: tuple[Language, ...] = ("en", "zh")
TABLET, PHONE = (1180, 820), (390, 844)


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture: its file, the browser it is seen in, and the page's address."""

    name: str
    language: Language
    size: tuple[int, int] = TABLET
    theme: Literal["light", "dark"] = "light"
    address: str = ""
    timezone: str = "Asia/Shanghai"
    press: str = ""  # a button
    ready: str = ""  # what is there when it can be taken
    live: str = ""  # where a first figure shows that it lives; "": where this kind of page has them


def pages() -> list[Picture]:
    """The lab."""
    return [
        Picture("page-en", "en"),
        Picture("page-zh", "zh"),
        Picture("page-dark", "en", theme="dark"),
        Picture("phone-zh", "zh", size=PHONE),
    ]


def charts(device: str) -> list[Picture]:
    """A day of a room's carbon dioxide."""
    until_ms = int(UNTIL.timestamp() * 1000)
    address = f"#/chart/demo-school/lab-1-pi/{device}/co2?range=24h&until={until_ms}"
    return [Picture(f"co2-24h-{one}", one, address=address, timezone="Europe/Brussels") for one in LANGUAGES]


def lessons() -> list[Picture]:
    """A lesson that the first of them starts: scenes, what the opening one came to, and the sheet that ends it."""
    return [
        Picture("lesson-en", "en", press="Start lesson", ready=".result"),
        Picture("lesson-zh", "zh", ready=".result"),
        Picture("lesson-end-en", "en", press="End / prolong", ready=".lesson-list"),
        Picture("lesson-end-zh", "zh", press="结束／延长", ready=".lesson-list"),
    ]


def looking_after() -> list[Picture]:
    """What a facility manager sees: every lab, how the system is, and the projector's wall during a lesson."""
    return [
        Picture(f"{name}-{language}", language, address=address, live=live)
        for name, address, live in (
            ("facility", "#/facility", ".facility-count"),
            ("health", "#/condition", ".condition-item"),
            ("wall", "wall", ".wall-value"),
        )
        for language in LANGUAGES
    ]


async def main(tables: Path, only: str) -> None:
    """Start a stack, let it run for a little, and take every picture, or those whose names begin so."""
    with tempfile.TemporaryDirectory(prefix="labkeeper-pictures-") as folder:
        async with open_stack(Wishes(Path(folder))) as stack, open_browser() as browser:
            assert stack.sim is not None
            await all_online(stack.client, [device["id"] for device in stack.sim.ready["devices"]], 30)
            await asyncio.sleep(SETTLE_S)
            for picture in chosen(pages(), only):
                await take(stack, browser, picture)
            begun = chosen(lessons(), only)
            if "lesson-en" not in {one.name for one in begun}:  # the one that starts it
                await teach(stack)
            for picture in begun:
                await take(stack, browser, picture)
            for picture in chosen(looking_after(), only):
                await take(stack, browser, picture)
            if only:
                sys.stderr.write("the chart's pictures stay as they are\n")
            elif all(table.exists() for table in files(tables)):
                for picture in charts(await played(stack, tables)):
                    await take(stack, browser, picture)
            else:
                sys.stderr.write(f"{tables}: the tables are not there; the chart's pictures stay as they are\n")


async def teach(stack: Stack) -> None:
    """Start a lesson, as the pictures of lessons do."""
    lab = (await stack.client.get("labs"))["labs"][0]
    await stack.client.post(f"labs/{lab['school']}/{lab['lab']}/lesson", {"for_s": 2700})


def chosen(pictures: list[Picture], only: str) -> list[Picture]:
    """Those whose names begin so."""
    return [one for one in pictures if one.name.startswith(tuple(only.split(",")))]


def files(tables: Path) -> list[Path]:
    """The room's tables in the order of time."""
    return [tables / name for name in ("datatest.txt", "datatraining.txt")]


async def played(stack: Stack, tables: Path) -> str:
    """Play the room's tables into the stack; return the device's id once the hub has stored everything."""
    command = [sys.executable, "-m", "labkeeper_cli", "replay", *map(str, files(tables)), "--device", "Office 3"]
    command += ["--map", str(MAPPING), "--broker", stack.broker.url]
    done = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=True)
    device: str = json.loads(done.stdout.splitlines()[-1])["device"]
    until_ms = int(UNTIL.timestamp() * 1000)
    point = Target("demo-school", "lab-1-pi", device, "co2")
    async with asyncio.timeout(120):
        while len(await stack.client.readings(point, until_ms - DAY_MS, until_ms)) < ROWS_OF_THE_DAY:
            await asyncio.sleep(0.5)
    return device


@asynccontextmanager
async def open_browser() -> AsyncIterator[Browser]:
    """Debian's Chromium, or the one CHROMIUM names."""
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium-headless-shell") or shutil.which("chromium")
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield launched
        await launched.close()


async def take(stack: Stack, browser: Browser, picture: Picture) -> None:
    """Sign in, open the page as the picture wants it, and keep what is seen."""
    async with opened(stack, browser, picture) as page:
        file = PICTURES / f"{picture.name}.png"
        await page.screenshot(path=file, animations="disabled")
        keep(look_of(picture), await look(page))
        words_of(picture).write_text("\n".join(await words(page, picture.language)) + "\n", encoding="utf-8")
    if optimiser := shutil.which("optipng"):
        await asyncio.to_thread(subprocess.run, [optimiser, "-quiet", "-o5", "-strip", "all", str(file)], check=True)


def words_of(picture: Picture) -> Path:
    """The file of the words that stand on a picture."""
    return PICTURES / f"{picture.name}.txt"


def look_of(picture: Picture) -> Path:
    """The file of how the page looked on a picture."""
    return PICTURES / f"{picture.name}.look"


async def words(page: Page, language: Language) -> list[str]:
    """What a page says whatever its devices do: each text once, without figures and what follows them. What has no
    value yet is opened, for another time it has one.
    """
    await page.evaluate(OPEN_THE_REST)
    catalogue = json.loads((STATIC / f"i18n/{language}.json").read_text())
    families = ("state.", "value.", "option.", "outcome.")
    of_devices = {text for key, text in catalogue.items() if key.startswith(families)}
    found: list[str] = await page.evaluate(VISIBLE_WORDS, CHANGING)
    texts = (DIGIT.split(" ".join(text.split()))[0].strip(" :：·(（-–") for text in found)
    return sorted({text for text in texts if text and text not in of_devices})


@asynccontextmanager
async def opened(stack: Stack, browser: Browser, picture: Picture) -> AsyncIterator[Page]:
    """The page as the picture wants it, signed in."""
    context = await browser.new_context(
        locale={"zh": "zh-CN", "en": "en-GB"}[picture.language],
        timezone_id=picture.timezone,
        color_scheme=picture.theme,
        viewport={"width": picture.size[0], "height": picture.size[1]},
        reduced_motion="reduce",
    )
    page = await context.new_page()
    await page.request.post(f"{stack.url}/api/v1/session", data={"secret": stack.secret})
    await page.goto(f"{stack.url}/{picture.address}")
    live = picture.live or (".summary dd" if picture.address else "lk-tile .value")
    await page.locator(live).filter(has_text=DIGIT).first.wait_for()
    if picture.press:
        await page.get_by_role("button", name=picture.press).click()
    if picture.ready:
        await page.locator(picture.ready).wait_for()
    await page.wait_for_load_state("networkidle")  # what comes when it is needed
    await page.evaluate(FILL)
    yield page
    await context.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Make the README's pictures again, from the real stack.")
    parser.add_argument("--tables", type=Path, default=TABLES, metavar="DIR", help="datatest.txt, datatraining.txt")
    parser.add_argument("--only", default="", metavar="NAMES", help="pictures whose names begin so, with commas")
    said = parser.parse_args()
    asyncio.run(main(said.tables, said.only))
