import gzip
import itertools
import re
from pathlib import Path

import pytest
from playwright.async_api import Response, expect

from labkeeper_hub.console import CONTENT_SECURITY_POLICY, STATIC

from .conftest import Console, OpenConsole, sign_in
from .fake_hub import FakeHub, point
from .lab import PI

pytestmark = pytest.mark.asyncio(loop_scope="session")

MOST_BYTES = 150_000


async def load(hub: FakeHub, console: Console, hash_: str) -> list[tuple[str, bytes]]:
    """Every file of a cold visit, as it was sent."""
    await sign_in(hub, console)
    cold = await console.page.context.new_page()
    answers: list[Response] = []

    def heard(answer: Response) -> None:
        answers.append(answer)

    cold.on("response", heard)
    session = await console.page.context.new_cdp_session(cold)
    await session.send("Network.setCacheDisabled", {"cacheDisabled": True})
    await cold.goto(f"{hub.url}/{hash_}")
    await cold.locator(".plot canvas" if hash_ else "lk-tile").first.wait_for()
    return [(answer.url, await answer.body()) for answer in answers if answer.ok]


async def test_a_cold_visit_weighs_less_than_150_kb_uncompressed(hub: FakeHub, open_console: OpenConsole) -> None:
    files = await load(hub, await open_console(), "")
    weight = sum(len(body) for _, body in files)
    print(f"{weight} bytes in {len(files)} files, {sum(len(gzip.compress(body)) for _, body in files)} packed")  # noqa: T201 - shown by -s, for the record
    assert weight < MOST_BYTES
    assert all(url.startswith(hub.url) for url, _ in files)


async def test_a_cold_visit_to_a_chart_weighs_less_than_150_kb_as_a_hub_sends_it(
    hub: FakeHub, open_console: OpenConsole
) -> None:
    files = await load(hub, await open_console(), "#/chart/minhang-3/pi-301/air/temperature?range=24h")
    assert any("uplot" in url for url, _ in files)
    assert sum(len(gzip.compress(body)) for _, body in files) < MOST_BYTES


async def test_the_policy_allows_nothing_inline_and_the_page_needs_nothing_inline(
    hub: FakeHub, console: Console
) -> None:
    assert "unsafe" not in CONTENT_SECURITY_POLICY
    answer = await console.page.request.get(hub.url)
    assert answer.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    html = (STATIC / "index.html").read_text()
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\bstyle=|\bon\w+=", html)


def sources() -> list[Path]:
    return [
        path for path in STATIC.rglob("*") if path.suffix in {".js", ".css", ".html"} and path.parent.name != "vendor"
    ]


async def test_no_file_of_ours_asks_the_internet_for_anything() -> None:
    addresses = {found for path in sources() for found in re.findall(r"https?://[^\s\"'`)]+", path.read_text())}
    assert addresses == set()


async def test_the_vendored_files_come_with_their_licences() -> None:
    names = {path.name for path in (STATIC / "vendor").iterdir()}
    assert {"lit.LICENSE", "uplot.LICENSE"} <= names


def imported(name: str) -> set[str]:
    """The files a module of the page imports before it runs."""
    text = (STATIC / name).read_text()
    names = re.findall(r'(?:^|;)\s*(?:import|export)\s*(?:[^"\'();]*?\bfrom\s*)?"(\.[^"]+)"', text, re.MULTILINE)
    return {(STATIC / name).parent.joinpath(one).resolve().relative_to(STATIC.resolve()).as_posix() for one in names}


async def test_every_module_the_page_starts_with_is_asked_for_at_once() -> None:
    found, todo = set[str](), {"main.js"}
    while todo:
        found |= todo
        todo = {other for name in todo for other in imported(name)} - found
    html = (STATIC / "index.html").read_text()
    preloaded = set(re.findall(r'<link rel="modulepreload" href="/static/([^"]+)">', html))
    assert preloaded == found - {"main.js", "early.js"}  # these two are scripts of their own
    assert len(found) > 30


def asked_for(name: str) -> set[str]:
    """The files a module of the page imports, at once or when it wants them."""
    file = STATIC / name
    found = re.findall(r'\bimport\("(\.[^"]+)"\)', re.sub(r"/\*\*.*?\*/", "", file.read_text(), flags=re.DOTALL))
    return imported(name) | {
        file.parent.joinpath(one).resolve().relative_to(STATIC.resolve()).as_posix() for one in found
    }


async def test_no_module_leads_back_to_itself() -> None:
    names = [path.relative_to(STATIC).as_posix() for path in STATIC.rglob("*.js") if path.parent.name != "vendor"]
    left = {name: {one for one in asked_for(name) if not one.startswith("vendor/")} for name in names}
    while ends := [name for name, others in left.items() if not others & left.keys()]:
        for name in ends:
            del left[name]
    assert left == {}


async def test_a_card_is_filled_when_it_comes_near(hub: FakeHub, console: Console) -> None:
    for number in range(60):
        hub.add_device(PI, f"far-{number:02}", ("远", f"Far {number}"), [point("temperature", "measure", unit="Cel")])
        hub.put(PI, f"far-{number:02}", "temperature", 20.0)
    await console.page.reload()
    last = console.card("far-59")
    await expect(last.get_by_role("heading")).to_have_text("Far 59")
    assert await last.locator("lk-tile").count() == 0
    await last.scroll_into_view_if_needed()
    await expect(last.locator("lk-tile")).to_have_count(1)


WATCH = """() => {
  window.written = [];
  new MutationObserver((seen) => window.written.push(...seen.map(({ type }) => type)))
    .observe(document.querySelector("main"), { subtree: true, childList: true, characterData: true, attributes: true });
}"""


async def test_a_second_of_two_hundred_devices_writes_one_text_for_each_value_that_can_be_seen(
    hub: FakeHub, console: Console
) -> None:
    """Work is counted, not timed: a reading costs one text node where it is shown and nothing where it is not."""
    many = [f"many-{number:03}" for number in range(200)]
    for name in many:
        hub.add_device(
            PI, name, ("多", name), [point("temperature", "measure", unit="Cel"), point("lit", "state", "bool")]
        )
        hub.put(PI, name, "temperature", 20.0)
        hub.put(PI, name, "lit", value=True)
    await console.page.reload()
    await console.card("many-000").locator("lk-tile").first.wait_for()
    await console.page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    shown = await console.page.locator("[id*='/many-'] lk-tile .measure").count()
    assert 0 < shown < 50
    await console.page.evaluate(WATCH)
    for value in (21.0, 21.01, 22.0):  # the second looks like the first
        told = [hub.put(PI, name, "temperature", value) for name in many] + [
            hub.put(PI, name, "lit", value=True) for name in many
        ]
        await hub.tell(*({"kind": "reading", **one} for one in told))
    await expect(console.tile("many-000", "Temperature")).to_contain_text("22.0")
    await console.page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    written: list[str] = await console.page.evaluate("window.written")
    assert set(written) == {"characterData"}
    assert shown <= len(written) <= 2 * shown  # what comes within a frame is shown once


FRAMES = """
window.frames_ = [];
const look = () => {
  const tops = [...document.querySelectorAll(".bench, .room lk-device")].map((one) => one.getBoundingClientRect().top);
  if (tops.length) window.frames_.push(tops.join(" "));
  requestAnimationFrame(look);
};
requestAnimationFrame(look);
"""


async def test_cards_have_their_places_from_the_first_frame_on(hub: FakeHub, console: Console) -> None:
    assert hub.devices
    await console.page.context.add_init_script(FRAMES)
    page = await console.page.context.new_page()
    await page.goto(hub.url)
    await page.locator("lk-slider").first.wait_for()
    await page.wait_for_load_state("networkidle")
    _, *drawn = await page.evaluate("window.frames_")  # the first is looked at before it is laid out
    assert len(drawn) > 1
    assert set(drawn) == {drawn[-1]}
    await page.close()


async def test_cards_of_the_room_stand_without_holes_between_them(hub: FakeHub, console: Console) -> None:
    for number, tiles in enumerate((12, 1, 1, 2, 1, 5)):
        points = [point(f"measure{one}", "measure") for one in range(tiles)]
        hub.add_device(PI, f"z-{number}", ("卡", f"Card {number}"), points)
        for one in range(tiles):
            hub.put(PI, f"z-{number}", f"measure{one}", 1.0)
    await console.page.reload()
    await console.card("z-5").locator("lk-tile").first.wait_for()
    await console.page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    boxes = await console.page.evaluate(
        """() => [...document.querySelectorAll(".room .card")].map((card) => {
          const { left, top, bottom } = card.getBoundingClientRect();
          return [Math.round(left), top, bottom];
        })"""
    )
    for column in {left for left, _, _ in boxes}:
        edges = sorted((top, bottom) for left, top, bottom in boxes if left == column)
        gaps = [below[0] - above[1] for above, below in itertools.pairwise(edges)]
        assert all(15.5 <= gap < 20.5 for gap in gaps), (column, gaps)
    assert len({left for left, _, _ in boxes}) > 1


OWN = re.compile(r'href="/static/(tiles|floor/\w+|wall/\w+)\.css"|<script type="module"')


async def test_the_pages_of_those_without_an_account_have_one_head_but_for_what_each_needs() -> None:
    heads = [(STATIC / name).read_text().partition("</head>")[0] for name in ("floor/pupils.html", "wall/wall.html")]
    pupils, wall = ([line for line in head.splitlines() if not OWN.search(line)] for head in heads)
    assert pupils == wall
    assert 'name="robots" content="noindex"' in heads[0]
