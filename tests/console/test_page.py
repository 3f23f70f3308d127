import gzip
import re
from pathlib import Path

import pytest
from playwright.async_api import Response

from labkeeper_hub.console import CONTENT_SECURITY_POLICY, STATIC

from .conftest import Console, OpenConsole, sign_in
from .fake_hub import FakeHub

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
