"""Telling people on the page: channels without their secrets, a test, who is told in words, and what was sent."""

import pytest
from playwright.async_api import Locator, expect

from .conftest import Console
from .fake_alarms import alarm
from .fake_hub import FakeHub
from .fake_telling import channel

pytestmark = pytest.mark.asyncio(loop_scope="session")


def card(console: Console, name: str) -> Locator:
    return console.page.locator("lk-telling article").filter(has=console.page.get_by_role("heading", name=name))


async def open_telling(hub: FakeHub, console: Console) -> None:
    hub.actions = ["manage_telling"]
    hub.channels = [channel("duty"), channel("head", failures=3, error="answered 404")]
    await console.page.reload()
    await console.page.evaluate("location.hash = '#/alarms'")
    await console.page.get_by_role("button", name="Telling").click()
    await card(console, "duty").wait_for()


async def test_it_has_an_address_of_its_own(hub: FakeHub, console: Console) -> None:
    hub.actions, hub.channels = ["manage_telling"], [channel("duty")]
    await console.page.evaluate("location.hash = '#/telling'")
    await console.page.reload()
    await expect(card(console, "duty")).to_be_visible()
    await console.page.evaluate("location.hash = '#/alarms'")
    await expect(console.page.get_by_role("button", name="Now 0")).to_have_attribute("aria-pressed", "true")
    await console.page.evaluate("location.hash = '#/telling'")
    await expect(card(console, "duty")).to_be_visible()


async def test_only_who_may_is_offered_it(console: Console) -> None:
    await console.page.evaluate("location.hash = '#/alarms'")
    await console.page.get_by_role("button", name="Limits").wait_for()
    await expect(console.page.get_by_role("button", name="Telling")).to_have_count(0)


async def test_a_channel_says_how_it_does_and_is_tried(hub: FakeHub, console: Console) -> None:
    await open_telling(hub, console)
    await expect(card(console, "head")).to_contain_text("failed 3 times in a row: answered 404")
    await card(console, "duty").get_by_role("button", name="Send a test").click()
    await expect(card(console, "duty").get_by_role("status")).to_have_text("sent: the service took it")
    await card(console, "head").get_by_role("button", name="Send a test").click()
    await expect(card(console, "head").get_by_role("status")).to_have_text("given up · answered 404")


async def test_who_is_told_and_what_was_sent_are_words(hub: FakeHub, console: Console) -> None:
    await open_telling(hub, console)
    rule = console.page.locator(".telling-rules li")
    await expect(rule).to_contain_text(
        "safety, from priority “low” on; duty at once (Mon, Tue, Wed, Thu, Fri 07:00–18:00); "
        "head after 10 min (at all hours); again every 30 min until somebody acknowledges"
    )
    await expect(console.page.locator("lk-telling .alarm-history li")).to_have_count(2)
    await expect(console.page.locator("lk-telling .alarm-history")).to_contain_text("given up · answered 404")


async def test_a_channel_is_added_with_a_secret_that_is_not_shown_and_removed_by_a_second_press(
    hub: FakeHub, console: Console
) -> None:
    await open_telling(hub, console)
    form = console.page.locator("lk-telling form")
    await expect(form.get_by_label("Address")).to_have_attribute("type", "password")
    for label, text in (("Name", "duty"), ("Address", "https://hook.school/"), ("Secret of both sides", "c2VjcmV0")):
        await form.get_by_label(label, exact=True).fill(text)
    await form.get_by_role("button", name="Add").click()
    await expect(form.get_by_role("alert")).to_have_text("There is a channel of that name already.")
    await form.get_by_label("Name", exact=True).fill("guard")
    await form.get_by_role("button", name="Add").click()
    await expect(card(console, "guard")).to_contain_text("has sent nothing")
    await expect(form.get_by_label("Address")).to_have_value("")
    assert hub.added[-1]["configuration"] == {"url": "https://hook.school/", "secret": "c2VjcmV0"}
    await card(console, "guard").get_by_role("button", name="Remove").click()
    await card(console, "guard").get_by_role("button", name="Press again").click()
    await expect(card(console, "guard")).to_have_count(0)


async def test_a_messages_link_leads_to_its_alarm_or_says_that_it_is_over(hub: FakeHub, console: Console) -> None:
    low, high = alarm("co2", "air", "co2", "low"), alarm("heat", "air", "temperature", "high")
    hub.alarms = [high, low]
    await console.page.evaluate(f"location.hash = '#/alarms/co2/{low['school']}/{low['lab']}'")
    await console.page.reload()
    await expect(console.page.locator(".alarm h3")).to_have_text(["CO2 high", "Possible fire, check"])
    await hub.tell({"kind": "alarm", **low, "core": "norm", "annunciated": False})
    await expect(console.page.locator(".alarms")).to_contain_text("The alarm of this message is over")
