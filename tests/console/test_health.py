"""What of the hub itself needs a person is said above the devices, in both languages."""

import pytest
from playwright.async_api import expect

from .conftest import Language, OpenConsole, sign_in
from .fake_hub import FakeHub

pytestmark = pytest.mark.asyncio(loop_scope="session")
BEHIND = {"late": True, "lag_s": 7300.0, "quarantined": 3, "attention": True}


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ["InfluxDB", "is behind: readings wait since 2 hr ago", "refused 3 readings"]),
        ("zh", ["InfluxDB", "落后：数据自2小时前起等待写入", "拒收 3 条读数"]),
    ],
)
async def test_an_influxdb_that_lags_or_refuses_is_said(
    hub: FakeHub, open_console: OpenConsole, language: Language, words: list[str]
) -> None:
    hub.influx = BEHIND
    console = await open_console(language=language)
    await sign_in(hub, console)
    entry = console.page.locator(".attention li", has_text="InfluxDB")
    for word in words:
        await expect(entry).to_contain_text(word)


async def test_one_that_keeps_up_is_not(hub: FakeHub, open_console: OpenConsole) -> None:
    hub.influx = {**BEHIND, "late": False, "quarantined": 0, "attention": False}
    console = await open_console()
    async with console.page.expect_response("**/api/v1/status"):
        await sign_in(hub, console)
    await expect(console.page.locator(".attention")).to_have_text("All is well in Lab 301")
