"""Alarms on the page: seen wherever one is, understood, tended, explained, and their limits tried."""

import pytest
from playwright.async_api import Locator, expect

from .conftest import Console, Language, OpenConsole, Theme, sign_in
from .fake_alarms import alarm, bad_morning
from .fake_hub import FakeHub
from .fake_telling import channel
from .test_access import TOO_SMALL_OR_CLOSE, violations

pytestmark = pytest.mark.asyncio(loop_scope="session")
VIEWS: list[tuple[Language, Theme, tuple[int, int]]] = [("zh", "dark", (390, 844)), ("en", "light", (1180, 820))]


def card(console: Console, name: str) -> Locator:
    return console.page.locator(".alarm").filter(has=console.page.get_by_role("heading", name=name))


async def open_alarms(console: Console) -> None:
    await console.page.evaluate("location.hash = '#/alarms'")
    await console.page.locator("#alarms-title").wait_for()


async def test_an_alarm_is_seen_and_told_wherever_one_is(hub: FakeHub, console: Console) -> None:
    page = console.page
    await expect(page.locator(".attention")).to_contain_text("All is well")
    raised = alarm("co2", "air", "co2", "low", value=1623.0)
    hub.alarms = [raised]
    await hub.tell({"kind": "alarm", **raised})
    await expect(page.locator(".alarm-chip")).to_contain_text("CO2 high")
    await expect(page.locator(".attention")).not_to_contain_text("All is well")
    await expect(page.get_by_role("link", name="1 alarms, 1 not acknowledged")).to_be_visible()
    await expect(page.locator("[aria-live=assertive]")).to_contain_text("CO2 high")
    await page.emulate_media(reduced_motion="reduce")
    assert await page.evaluate("document.getAnimations().length") == 0
    await hub.tell({"kind": "alarm", **raised, "core": "norm", "annunciated": False, "shown": False})
    await expect(page.locator(".attention")).to_contain_text("All is well")
    await expect(page.locator(".alarm-bell")).to_have_count(0)


async def test_nothing_is_well_while_everything_is_stopped(hub: FakeHub, console: Console) -> None:
    await expect(console.page.locator(".attention")).to_contain_text("All is well")
    await hub.stop("owner")
    await expect(console.page.locator("lk-stopped .stopped")).to_be_visible()
    await expect(console.page.locator(".attention")).not_to_contain_text("All is well")


async def test_an_alarm_says_what_to_do_and_is_acknowledged(hub: FakeHub, console: Console) -> None:
    bad_morning(hub)
    await console.page.reload()
    await open_alarms(console)
    await expect(console.page.locator(".alarm h3")).to_have_text(["Possible fire, check", "CO2 high", "Device lost"])
    co2 = card(console, "CO2 high")
    await expect(co2).to_contain_text("Open windows or ventilate more")
    await expect(co2).to_contain_text("Tiredness, headache")
    await co2.get_by_role("button", name="Why").click()
    await expect(co2).to_contain_text("It alarms when the value is > 1200 ppm.")
    await expect(co2).to_contain_text("The limits here were set by Wang Li: small room")
    await expect(co2.locator("canvas")).to_be_visible()
    await co2.get_by_role("button", name="Acknowledge").click()
    await expect(co2).to_contain_text("Alarm, acknowledged")
    await expect(co2.get_by_role("button", name="Acknowledge")).to_have_count(0)


async def test_a_shelf_has_a_reason_and_an_end_and_is_found_in_one_tap(hub: FakeHub, console: Console) -> None:
    bad_morning(hub)
    await console.page.reload()
    await open_alarms(console)
    await expect(card(console, "Possible fire").get_by_role("button", name="Shelve")).to_have_count(0)
    co2 = card(console, "CO2 high")
    await co2.get_by_role("button", name="Shelve").click()
    await co2.get_by_label("Reason").fill("airing after the lesson")
    await co2.get_by_label("For how long").select_option(label="24 h")
    await co2.locator("form button").click()
    await console.page.get_by_role("button", name="Suppressed 2").click()
    await expect(card(console, "CO2 high")).to_contain_text("airing after the lesson")
    await card(console, "CO2 high").get_by_role("button", name="Take off the shelf").click()
    await expect(console.page.get_by_role("button", name="Suppressed 1")).to_be_visible()


async def test_a_shelf_ends_with_the_lesson_that_is_on_or_after_one(hub: FakeHub, console: Console) -> None:
    bad_morning(hub)
    await console.page.reload()
    await open_alarms(console)
    co2 = card(console, "CO2 high")
    await co2.get_by_role("button", name="Shelve").click()
    ends = co2.get_by_label("For how long")
    await expect(ends.locator("option:checked")).to_have_text("45 min")
    await co2.get_by_role("button", name="Shelve").first.click()
    lesson = await hub.teaching.begin("lab-301", "owner", 1800)
    await co2.get_by_role("button", name="Shelve").click()
    await expect(ends.locator("option:checked")).to_contain_text("Until the lesson ends")
    await co2.get_by_label("Reason").fill("window open")
    await co2.locator("form button").click()
    await console.page.get_by_role("button", name="Suppressed 2").click()
    await expect(card(console, "CO2 high")).to_contain_text("window open")
    assert next(one for one in hub.alarms if one["rule"] == "co2")["shelf"]["until_ms"] == lesson["until_ms"]


async def test_a_second_person_is_asked_for_in_words(hub: FakeHub, console: Console) -> None:
    bad_morning(hub)
    await console.page.reload()
    await open_alarms(console)
    heat = card(console, "Possible fire")
    await heat.get_by_role("button", name="Take out of service").click()
    await heat.get_by_label("Work order").fill("W-7")
    await heat.locator("form button").click()
    await expect(heat.get_by_role("status")).to_contain_text("somebody else does the same")


async def test_a_limit_is_tried_over_the_curve(hub: FakeHub, console: Console) -> None:
    bad_morning(hub)
    await console.page.reload()
    await open_alarms(console)
    co2 = card(console, "CO2 high")
    await co2.get_by_role("button", name="Try a limit").click()
    await expect(co2.locator("input[name=warn]")).to_have_value("1200")
    await co2.get_by_role("button", name="Try", exact=True).click()
    await expect(co2.locator(".alarm-trial")).to_contain_text("alarmed 2 times, 1.0 h in all, 30 min at the longest")
    await expect(co2.locator("canvas")).to_be_visible()
    assert hub.tried[0]["limits"] == {"warn": 1200, "alarm": 2000}
    await console.page.get_by_role("button", name="Limits").click()
    await expect(console.page.locator(".alarm-rules > li")).to_have_count(3)
    rules = console.page.locator(".alarm-rules > li")
    await expect(rules.filter(has_text="Device lost").get_by_role("button")).to_have_count(0)
    await rules.filter(has_text="Possible fire").get_by_role("button", name="Try a limit").click()
    await expect(rules.filter(has_text="Possible fire")).to_contain_text("No point here to try it on.")
    await rules.filter(has_text="CO2 high").get_by_role("button", name="Try a limit").click()
    await expect(rules.filter(has_text="CO2 high").locator("select option")).to_have_count(1)


async def test_gates_that_a_trial_knows_nothing_of_are_named(hub: FakeHub, console: Console) -> None:
    bad_morning(hub)
    await console.page.reload()
    await open_alarms(console)
    heat = card(console, "Possible fire")
    await heat.get_by_role("button", name="Try a limit").click()
    await expect(heat).to_contain_text("as if it were always so: a lesson is on · the lights are on.")


async def test_the_sound_has_a_switch_of_its_own(hub: FakeHub, console: Console) -> None:
    bad_morning(hub)
    await open_alarms(console)
    switch = console.page.get_by_role("switch", name="Sound")
    await expect(switch).not_to_be_checked()
    await switch.click()
    await expect(switch).to_be_checked()
    assert await console.page.evaluate("localStorage.getItem('labkeeper.alarm-sound')") == "on"


@pytest.mark.parametrize(("language", "theme", "size"), VIEWS)
async def test_everybody_can_use_the_alarms(
    hub: FakeHub, open_console: OpenConsole, language: Language, theme: Theme, size: tuple[int, int]
) -> None:
    bad_morning(hub)
    hub.actions = [*hub.actions, "manage_telling"]
    hub.channels = [channel("duty"), channel("head", failures=3, error="answered 404")]
    console = await open_console(language=language, theme=theme, size=size)
    await sign_in(hub, console, "#/alarms")
    await console.page.locator(".alarm").first.wait_for()
    await console.page.emulate_media(reduced_motion="reduce")
    tabs = console.page.locator(".alarms > .segments.wide button")
    for number in range(await tabs.count()):
        await tabs.nth(number).click()
        await expect(console.page.locator(".alarms [role=status].quiet")).to_have_count(0)
        for form in await console.page.locator(".telling-rule .do").all():
            await form.click()
        assert await violations(console.page) == []
        assert await console.page.evaluate(TOO_SMALL_OR_CLOSE) == []
        assert await console.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
