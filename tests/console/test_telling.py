"""Telling people on the page: channels without their secrets, a test, who is told in words, and what was sent."""

import pytest
from playwright.async_api import Locator, expect

from .conftest import Console
from .fake_alarms import alarm
from .fake_hub import FakeHub
from .fake_telling import PLAN, channel

FRESH = {
    "name": "labs-at-night",
    "schools": [],
    "labs": [],
    "classes": [],
    "roles": ["facility"],
    "priority": "low",
    "repeat_min": 30,
}
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
    rule = console.page.locator(".telling-rules li").first
    await expect(rule).to_contain_text("safety, from priority “low” on")
    await expect(rule.locator("ol li")).to_have_text(
        [
            "At once: duty (Mon–Fri 07:00–18:00).",
            "If nobody acknowledges within 10 min: head (at all hours).",
            "Then again every 30 min until somebody acknowledges.",
            "When duty is away: head at once.",
        ]
    )
    await expect(console.page.locator("lk-telling .alarm-history li")).to_have_count(2)
    await expect(console.page.locator("lk-telling .alarm-history")).to_contain_text("given up · answered 404")


async def test_a_rule_is_written_in_a_form_that_says_what_it_means_and_is_kept_whole(
    hub: FakeHub, console: Console
) -> None:
    await open_telling(hub, console)
    await console.page.get_by_role("button", name="Add a rule").click()
    form = console.page.locator("lk-telling-rule form")
    await form.get_by_label("Name of the rule").fill("labs-at-night")
    await form.get_by_label("for the facility team").check()
    await form.get_by_role("button", name="Add a step").click()
    later = form.locator("fieldset").filter(has=console.page.get_by_label("Minutes after the alarm")).nth(1)
    await later.get_by_label("Minutes after the alarm").fill("5")
    await later.get_by_label("They are there").select_option(label="at certain hours")
    await later.get_by_label("Sat", exact=True).check()
    await later.get_by_label("From").fill("22:00")
    await later.get_by_label("To", exact=True).fill("06:00")
    preview = form.get_by_role("status").locator("li")
    await expect(preview.nth(0)).to_have_text("for the facility team, from priority “low” on")
    await expect(preview.nth(2)).to_have_text(
        "If nobody acknowledges within 5 min: head (Mon–Sat 22:00–next day 06:00)."
    )
    await form.get_by_role("button", name="Save the rule").click()
    shown = console.page.locator(".telling-rule").filter(has_text="labs-at-night")
    await expect(shown).to_contain_text("If nobody acknowledges within 5 min: head")
    hours = {"days": [1, 2, 3, 4, 5, 6], "start": "22:00", "end": "06:00", "holidays": False}
    steps = [{"channel": "duty", "after_min": 0, "hours": None}, {"channel": "head", "after_min": 5, "hours": hours}]
    assert hub.plan == PLAN | {"rules": [PLAN["rules"][0], FRESH | {"steps": steps}]}


async def test_a_rule_is_removed_by_a_second_press_and_the_caps_are_set_but_not_over_somebody_elses_change(
    hub: FakeHub, console: Console
) -> None:
    await open_telling(hub, console)
    page = console.page
    await page.get_by_label("Messages an hour").fill("20")
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page.locator("lk-telling-plan > form").get_by_role("status")).to_have_text("Saved.")
    assert hub.plan == PLAN | {"per_hour": 20, "url": hub.url}
    hub.plan = PLAN | {"per_hour": 7}
    rule = page.locator(".telling-rule")
    await rule.get_by_role("button", name="Remove").click()
    await rule.get_by_role("button", name="Press again").click()
    await expect(page.locator("lk-telling-plan")).to_contain_text("Somebody else changed the plan meanwhile")
    await expect(page.get_by_label("Messages an hour")).to_have_value("7")
    await rule.get_by_role("button", name="Remove").click()
    await rule.get_by_role("button", name="Press again").click()
    await expect(rule).to_have_count(0)
    assert hub.plan == PLAN | {"per_hour": 7, "rules": []}


async def test_a_channel_is_added_with_a_secret_that_is_not_shown_and_removed_by_a_second_press(
    hub: FakeHub, console: Console
) -> None:
    await open_telling(hub, console)
    form = console.page.locator("lk-telling form[autocomplete=off]")
    await expect(form.get_by_label("Address")).to_have_attribute("type", "password")
    for label, text in (("Name", "duty"), ("Address", "https://hook.school/"), ("Secret of both sides", "c2VjcmV0")):
        await form.get_by_label(label, exact=True).fill(text)
    await form.get_by_role("button", name="Add").click()
    await expect(form.get_by_role("status")).to_have_text("There is a channel of that name already.")
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
    await hub.tell({"kind": "alarm", **low, "core": "norm", "annunciated": False, "shown": False})
    await expect(console.page.locator(".alarms")).to_contain_text("The alarm of this message is over")


async def test_a_link_leads_to_its_alarm_though_the_page_was_left_at_its_limits(hub: FakeHub, console: Console) -> None:
    low = alarm("co2", "air", "co2", "low")
    hub.alarms = [low]
    await console.page.evaluate("location.hash = '#/alarms'")
    await console.page.reload()
    await console.page.get_by_role("button", name="Limits").click()
    await console.page.evaluate("location.hash = '#/'")
    await expect(console.page.locator("lk-tile").first).to_be_visible()
    await console.page.evaluate(f"location.hash = '#/alarms/co2/{low['school']}/{low['lab']}'")
    await expect(console.page.locator(".alarm h3")).to_have_text(["CO2 high"])
