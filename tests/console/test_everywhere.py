"""Every page there is, in both themes: axe finds nothing, nothing is wider than the screen, and edges are seen."""

import re
from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import urlsplit

import pytest
from playwright.async_api import FloatRect, Page
from starlette.routing import Route

from labkeeper_hub.api.page import Files, page_router
from labkeeper_hub.console import STATIC

from .conftest import Console, Language, OpenConsole, Theme, sign_in
from .fake_alarms import bad_morning
from .fake_automations import TEXT
from .fake_drivers import open_drivers
from .fake_hub import FakeHub
from .fake_interlocks import guard
from .fake_pe import class_of_fifty
from .fake_telling import channel
from .fake_wall import TOKEN
from .test_access import TOO_SMALL_OR_CLOSE, violations

pytestmark = pytest.mark.asyncio(loop_scope="session")
Opens = Callable[[FakeHub, Console], Awaitable[None]]
VIEWS: list[tuple[Language, Theme, tuple[int, int]]] = [("zh", "dark", (390, 844)), ("en", "light", (1180, 820))]


def at(hash_: str, ready: str) -> Opens:
    """A page of the console, and what is on it when it can be looked at."""

    async def opens(hub: FakeHub, console: Console) -> None:
        await sign_in(hub, console, hash_)
        await console.page.locator(ready).first.wait_for()

    return opens


async def signing_in(hub: FakeHub, console: Console) -> None:
    await console.page.goto(hub.url)
    await console.page.locator("#secret").wait_for()


async def wall(hub: FakeHub, console: Console) -> None:
    hub.wall_link = True
    await console.page.goto(f"{hub.url}/wall#link={TOKEN}")
    await console.page.locator(".wall-figure").first.wait_for()


async def pupils(hub: FakeHub, console: Console) -> None:
    hub.link("1")
    hub.labs = hub.labs[:1]
    await console.page.goto(f"{hub.url}/s/bench-1")
    await console.page.locator("lk-pupils .card").first.wait_for()


CHART = "#/chart/minhang-3/pi-301/air/temperature?range=24h"
ADDRESSES = {
    "lab": ("", "lk-tile"),
    "chart": (CHART, ".plot canvas"),
    "alarms": ("#/alarms", ".alarm"),
    "telling": ("#/telling", "lk-telling article"),
    "automations": ("#/automations", ".auto-list li"),
    "bookings": ("#/bookings", ".week-day"),
    "catalogue": ("#/catalogue", ".catalogue table"),
    "condition": ("#/condition", ".condition-item"),
    "drivers": ("#/drivers", ".drivers-node"),
    "facility": ("#/facility", ".facility-lab"),
    "interlocks": ("#/interlocks", ".interlocks article"),
    "pe": ("#/pe", ".pe-tile"),
    "people": ("#/people", "lk-account .do"),
    "recordings": ("#/recordings", ".recordings"),
    "report": ("#/report?school=minhang-3&lab=lab-301&day=2026-01-05&span=day", ".report iframe[style]"),
}
PAGES: Mapping[str, Opens] = {
    "sign-in": signing_in,
    **{name: at(*where) for name, where in ADDRESSES.items()},
    "/wall": wall,
    "/s/{token:path}": pupils,
}
FILES = {"/", "/static/{name:path}"}  # the first is every page with a name of its own, the second is none


def furnish_everything(hub: FakeHub) -> None:
    """Have something on every page."""
    more = {"change_interlocks", "configure_drivers", "manage_people", "manage_telling", "read_health", "teach_pe"}
    hub.actions = [*hub.actions, *sorted(more)]
    bad_morning(hub)
    guard(hub)
    open_drivers(hub)
    hub.automations.put(TEXT)
    hub.channels = [channel("duty"), channel("head", failures=3, error="answered 404")]
    hub.pe.board = class_of_fifty()


@pytest.mark.parametrize(("language", "theme", "size"), VIEWS, ids=["zh-dark-phone", "en-light-tablet"])
@pytest.mark.parametrize("name", PAGES)
async def test_axe_finds_nothing_and_nothing_is_wider_than_the_screen(
    hub: FakeHub, open_console: OpenConsole, name: str, language: Language, theme: Theme, size: tuple[int, int]
) -> None:
    furnish_everything(hub)
    console = await open_console(language=language, theme=theme, size=size, touch=True)
    await PAGES[name](hub, console)
    await console.page.wait_for_load_state("networkidle")  # what comes when it is needed
    assert await violations(console.page) == []
    assert await console.page.evaluate("document.documentElement.scrollWidth") <= size[0]
    assert await raw(console.page) == []
    assert await console.page.evaluate(TOO_SMALL_OR_CLOSE) == []
    assert await console.page.evaluate(FAINT) == []
    if theme == "light":
        assert await unreached(console.page) == []


FAINT = """
() => {
  const parts = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = (colour) => parts(colour).slice(0, 3).map((one) => one / 255)
    .map((one) => (one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4))
    .reduce((sum, one, at) => sum + one * [0.2126, 0.7152, 0.0722][at], 0);
  const contrast = (one, other) => (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
  const clear = (colour) => (parts(colour)[3] ?? 1) < 0.5;
  const ground = (one) => (one && clear(getComputedStyle(one).backgroundColor) ? ground(one.parentElement) : one);
  return [...document.querySelectorAll("button, select, input, textarea, summary, a[href]")]
    .filter((one) => one.checkVisibility() && !one.disabled)
    .filter((one) => {
      const { borderTopColor, borderTopStyle, borderTopWidth } = getComputedStyle(one);
      if (borderTopStyle === "none" || borderTopWidth === "0px" || clear(borderTopColor)) return false;
      const under = getComputedStyle(ground(one.parentElement) ?? document.body).backgroundColor;
      return contrast(light(borderTopColor), light(under)) < 3;
    }).map((one) => one.outerHTML.slice(0, 120));
}
"""
SCREENS = ((1180, 820), (820, 1180), (390, 844))


async def test_stop_and_the_link_are_at_one_place_on_every_page_and_nothing_comes_from_elsewhere(
    hub: FakeHub, open_console: OpenConsole
) -> None:
    furnish_everything(hub)
    console = await open_console(touch=True)
    page, asked = console.page, set[str]()
    page.on("request", lambda request: asked.add(urlsplit(request.url).netloc))
    await sign_in(hub, console)
    places: dict[tuple[str, tuple[int, int]], list[FloatRect | None]] = {}
    for name, (address, ready) in ADDRESSES.items():
        await page.evaluate("hash => { location.hash = hash; }", address)
        await page.locator(ready).first.wait_for()
        await page.wait_for_load_state("networkidle")
        for size in SCREENS:
            await page.set_viewport_size({"width": size[0], "height": size[1]})
            await page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
            places[name, size] = [await page.locator(one).bounding_box() for one in ("button.stop", ".bar-link")]
    assert {at: place for at, place in places.items() if place != places["lab", at[1]] or None in place} == {}
    for size in SCREENS:
        stop = places["lab", size][0]
        assert stop is not None
        assert (stop["width"] >= 160, stop["height"] >= 56) == (True, True)
        assert stop["x"] + stop["width"] <= size[0]
        assert 0 <= stop["y"] <= 8
    assert asked == {urlsplit(hub.url).netloc}


async def unreached(page: Page) -> list[str]:
    """What a person without a pointer cannot get to: pressed Tab until the focus was round, it never had it."""
    await page.evaluate(LISTEN)
    for _ in range(MOST_TABS):
        await page.keyboard.press("Tab")
        if await page.evaluate("window.round"):
            break
    missed: list[str] = await page.evaluate(MISSED)
    return missed


MOST_TABS = 400
LISTEN = """
() => {
  window.reached = new Set();
  window.round = false;
  document.addEventListener("focusin", ({ target }) => {
    window.round ||= window.reached.has(target);
    window.reached.add(target);
  });
}
"""
MISSED = """
() => [...document.querySelectorAll("a[href], button, input, select, summary, textarea, [role=button]")]
  .filter((one) => one.checkVisibility() && !one.disabled && !window.reached.has(one))
  .map((one) => one.outerHTML.slice(0, 120))
"""


async def raw(page: Page) -> list[str]:
    """Keys of catalogues that stand on the page instead of words."""
    said: list[str] = await page.evaluate(WORDS)
    keys = {path.name.split(".")[0] for path in (STATIC / "i18n").glob("*.json")}
    return [text for text in said if re.fullmatch(rf"({'|'.join(keys)})\w*\.\w+", text)]


WORDS = """
() => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [];
  const shown = () => walker.currentNode.parentElement.checkVisibility();
  while (walker.nextNode()) if (shown()) found.push(walker.currentNode.textContent.trim());
  return found;
}
"""


def routes() -> set[str]:
    """Every page there is: those of the router, and the lists that the page's own addresses lead to."""
    served = {route.path for route in page_router(Files()).routes if isinstance(route, Route)}
    text = (STATIC / "route.js").read_text()
    lists = re.search(r"LISTS = \[(.*?)\]", text)
    assert lists is not None
    own = {*re.findall(r'page === "([\w-]+)"', text), *re.findall(r'"([\w-]+)"', lists[1])}
    return (served - FILES) | (own - {"list"})


async def test_no_page_is_left_out_of_that() -> None:
    assert routes() <= PAGES.keys()
