"""Make the guides' pictures of what a stack does not come to by itself: `.venv/bin/python -m tests.console.pictures`.

Alarms that stand, channels, fifty bands, a week of bookings, a staff. So the hub that tells of them is the fake one of
the page's tests; the page is the real one. test_pictures.py fails when it says other words than those that are kept
beside each picture, or is drawn otherwise.
"""

import argparse
import asyncio
import shutil
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from playwright.async_api import Browser, Page

from tests.system.page.looks import keep, look
from tests.system.page.pictures import FILL, LANGUAGES, PICTURES, TABLET, Language, open_browser, words

from .fake_alarms import bad_morning
from .fake_hub import LINK, SCHOOL, FakeHub
from .fake_pe import class_of_fifty
from .fake_server import serve
from .fake_telling import channel
from .lab import break_lamp_3, furnish

ALARMS = 2  # those that call


@dataclass(frozen=True, slots=True)
class Seen:
    """One picture: what there is to see, where, and what is pressed for it."""

    name: str
    language: Language
    address: str
    ready: str
    furnished: Callable[[FakeHub], None]
    press: tuple[str, ...] = ()
    whole: bool = True  # else what fits on the screen


def morning(hub: FakeHub) -> None:
    """Alarms of each kind that a person may meet."""
    bad_morning(hub)


def two_alarms(hub: FakeHub) -> None:
    """What nobody has acknowledged yet."""
    bad_morning(hub)
    hub.alarms = hub.alarms[:ALARMS]


def told(hub: FakeHub) -> None:
    """Two channels and a plan."""
    two_alarms(hub)
    hub.actions = [*hub.actions, "manage_telling"]
    hub.channels = [channel("duty"), channel("head")]


def taught(hub: FakeHub) -> None:
    """A class of fifty."""
    hub.actions = [*hub.actions, "teach_pe"]
    hub.pe.board = class_of_fifty()


def booked(hub: FakeHub) -> None:
    """A week of colleagues, not of pseudonyms."""
    called = {"p-2": "Li Wei", "p-7": "Zhou Lan", "owner": "Wang Li"}
    hub.bookings.entries = [one | {"who": called[one["who"]]} for one in hub.bookings.entries]


def troubled(hub: FakeHub) -> None:
    """A lamp that is away, and an alarm that nobody has acknowledged."""
    two_alarms(hub)
    break_lamp_3(hub)


def staffed(hub: FakeHub) -> None:
    """Three people with rights of different width."""
    hub.actions = [*hub.actions, "read_staff"]
    school = {"school": SCHOOL, "lab": None, "bench": None, "node": None, "device": None, "point": None}
    lab = school | {"lab": "lab-301"}
    rights = (("Wang Li", "facility_manager", school), ("Li Wei", "teacher", lab), ("Chen Yu", "teacher", school))
    hub.staff = [
        {"name": f"p-{number}", "title": title, "grants": [{"role": role, "until_ms": None, **place}]}
        for number, (title, role, place) in enumerate(rights, 1)
    ]


TRY = {
    "en": ('.alarm:has-text("CO2 high") button:has-text("Try a limit")', ".alarm-form .primary"),
    "zh": ('.alarm:has-text("二氧化碳偏高") button:has-text("试算限值")', ".alarm-form .primary"),
}


def pictures() -> list[Seen]:
    """Every picture that is made here."""
    return [
        picture
        for one in LANGUAGES
        for picture in (
            Seen(f"alarms-{one}", one, "#/alarms", ".alarm-spells", morning, TRY[one]),
            Seen(f"alarms-two-{one}", one, "#/alarms", ".alarm", two_alarms),
            Seen(f"telling-{one}", one, "#/telling", "lk-telling .alarm-history li", told),
            Seen(f"pe-class-{one}", one, "#/pe", ".pe-tile", taught, whole=False),
            Seen(f"attention-{one}", one, "", ".alarm-chip", troubled, whole=False),
            Seen(f"bookings-{one}", one, "#/bookings", ".week-day", booked),
            Seen(f"staff-{one}", one, "#/facility", ".facility-staff li", staffed, (".facility-staff summary",)),
        )
    ]


@asynccontextmanager
async def opened(hub: FakeHub, browser: Browser, picture: Seen) -> AsyncIterator[Page]:
    """The page as the picture wants it, signed in."""
    picture.furnished(hub)
    hub.links.add(LINK)
    context = await browser.new_context(
        locale={"zh": "zh-CN", "en": "en-GB"}[picture.language],
        timezone_id="Asia/Shanghai",
        color_scheme="light",
        viewport={"width": TABLET[0], "height": TABLET[1]},
        reduced_motion="reduce",
    )
    page = await context.new_page()
    await page.goto(hub.sign_in)
    await page.locator("lk-tile").first.wait_for()
    await page.evaluate("hash => { location.hash = hash; }", picture.address)
    for button in picture.press:
        await page.locator(button).click()
    await page.locator(picture.ready).first.wait_for()
    await page.wait_for_load_state("networkidle")  # what comes when it is needed
    await page.evaluate(FILL)
    yield page
    await context.close()


async def take(browser: Browser, picture: Seen) -> None:
    """Open the page on a hub of its own, and keep what is seen and the words on it."""
    hub = FakeHub()
    furnish(hub)
    async with serve(hub), opened(hub, browser, picture) as page:
        file = PICTURES / f"{picture.name}.png"
        await page.screenshot(path=file, animations="disabled", full_page=picture.whole)
        keep(file.with_suffix(".look"), await look(page))
        file.with_suffix(".txt").write_text("\n".join(await words(page, picture.language)) + "\n", encoding="utf-8")
    if optimiser := shutil.which("optipng"):
        await asyncio.to_thread(subprocess.run, [optimiser, "-quiet", "-o5", "-strip", "all", str(file)], check=True)


async def main(only: str) -> None:
    """Take every picture, or those whose names begin so."""
    async with open_browser() as browser:
        for picture in pictures():
            if picture.name.startswith(tuple(only.split(","))):
                await take(browser, picture)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description="Make the guides' pictures of alarms, telling, PE and a manager's views again."
    )
    parser.add_argument("--only", default="", metavar="NAMES", help="pictures whose names begin so, with commas")
    asyncio.run(main(parser.parse_args().only))
