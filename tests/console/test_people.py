"""People on the page: one's own account, tokens for programs, everybody's rights; and the second step of signing in."""

import re

import pytest
from playwright.async_api import expect

from .conftest import Console, Language, OpenConsole, Theme, sign_in
from .fake_hub import SECRET, FakeHub, now_ms
from .fake_people import CODE, PASSWORD, RECOVERY
from .test_access import TOO_SMALL_OR_CLOSE, violations

pytestmark = pytest.mark.asyncio(loop_scope="session")
PEOPLE = "#/people"


async def open_people(hub: FakeHub, console: Console) -> None:
    hub.actions = [*hub.actions, "read_readings", "manage_people"]
    await sign_in(hub, console)
    await console.page.evaluate("hash => { location.hash = hash; }", PEOPLE)
    await console.page.locator(".people-staff h4").first.wait_for()


async def test_a_second_factor_is_set_up_its_recovery_codes_are_shown_once_and_it_is_turned_off(
    hub: FakeHub, open_console: OpenConsole
) -> None:
    console = await open_console()
    page = console.page
    await open_people(hub, console)
    account = page.locator("lk-account")
    await expect(account).to_contain_text("asks for a second factor")
    await account.get_by_label("Your password").fill("wrong")
    await account.get_by_role("button", name="Set up a second factor").click()
    await expect(account.get_by_role("status")).to_have_text("The present password is not right.")
    await account.get_by_label("Your password").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(account.get_by_role("img", name="QR code")).to_be_visible()
    await account.get_by_label("Code of the app").fill("000000")
    await page.keyboard.press("Enter")
    await expect(account.get_by_role("status")).to_have_text("This code is not right, or was used before.")
    await account.get_by_label("Code of the app").fill(CODE)
    await page.keyboard.press("Enter")
    await expect(account.locator(".people-codes li")).to_have_text(RECOVERY)
    await account.get_by_role("button", name="I have kept them").click()
    await expect(account).not_to_contain_text(RECOVERY[0])
    await account.get_by_label("Code of the app").fill(CODE)
    await account.get_by_role("button", name="Turn it off").click()
    await expect(account.get_by_role("status")).to_have_text("The second factor is off.")


async def test_what_is_asked_for_before_a_second_factor_is_what_proves_the_person(
    hub: FakeHub, open_console: OpenConsole
) -> None:
    console = await open_console()
    account, set_up = console.page.locator("lk-account"), "Set up a second factor"
    hub.people.proved_by = "secret"
    await open_people(hub, console)
    await account.get_by_label("The owner's secret").fill("guessed")
    await account.get_by_role("button", name=set_up).click()
    await expect(account.get_by_role("status")).to_contain_text("This is not the owner's secret.")
    await account.get_by_label("The owner's secret").fill(PASSWORD)
    await account.get_by_role("button", name=set_up).click()
    await expect(account.get_by_role("img", name="QR code")).to_be_visible()
    hub.people.proved_by = "sign_in"
    await console.page.reload()
    await expect(account).to_contain_text("Only within ten minutes of signing in")
    await account.get_by_role("button", name=set_up).click()
    await expect(account.get_by_role("status")).to_contain_text("Sign out and in again")


async def test_a_token_is_made_for_some_actions_in_some_labs_shown_once_and_revoked(
    hub: FakeHub, open_console: OpenConsole
) -> None:
    console = await open_console()
    page = console.page
    await open_people(hub, console)
    tokens = page.locator("lk-tokens")
    await tokens.get_by_text("New token").click()
    await tokens.get_by_label("What it is for").fill("weather station")
    await tokens.get_by_role("checkbox", name="read readings").check()
    await tokens.get_by_role("group", name="In which labs").get_by_role("checkbox").first.check()
    await tokens.get_by_role("button", name="Make token").click()
    await expect(tokens.get_by_role("status")).to_contain_text("lkt_the-text-of-the-token")
    await expect(tokens.locator(".people-item")).to_contain_text("read readings")
    assert hub.people.tokens[0]["actions"] == ["read_readings"]
    assert len(hub.people.tokens[0]["labs"]) == 1
    await tokens.get_by_role("button", name="Revoke").click()
    await expect(tokens.locator(".people-item")).to_have_count(0)


async def test_somebody_is_added_invited_given_a_role_signed_out_and_removed(
    hub: FakeHub, open_console: OpenConsole
) -> None:
    console = await open_console()
    page = console.page
    await open_people(hub, console)
    await page.get_by_text("Add somebody").click()
    await page.get_by_label("Name", exact=True).fill("Zhao")
    await page.get_by_label("Name to sign in with").fill("zhao")
    await page.get_by_role("button", name="Add and invite").click()
    zhao = page.locator(".people-cards > li").filter(has_text="Zhao")
    await expect(zhao.get_by_role("status")).to_contain_text(f"{hub.url}/#invitation=token-of-p-2")
    await expect(zhao.locator(".people-item")).to_contain_text("teacher")
    await zhao.get_by_text("Give a role").click()
    await zhao.get_by_label("Role").select_option(label="reader")
    await zhao.get_by_label("Place").select_option(label="everywhere")
    await zhao.get_by_role("button", name="Give", exact=True).click()
    await expect(zhao.locator(".people-item").nth(1)).to_contain_text("reader · everywhere")
    await zhao.get_by_role("button", name="Take back").first.click()
    await expect(zhao.locator(".people-item")).to_have_text(["reader · everywhere"])
    await zhao.get_by_role("button", name="Sign out everywhere").click()
    await zhao.get_by_role("button", name="Remove").click()
    await expect(zhao).to_be_visible()
    await zhao.get_by_role("button", name="Press again to remove").click()
    await expect(zhao).to_have_count(0)
    assert hub.people.asked == [("p-2", "sessions")]


async def test_a_role_reaches_down_to_one_point_until_an_end_and_is_said_in_words(
    hub: FakeHub, open_console: OpenConsole
) -> None:
    console = await open_console()
    await open_people(hub, console)
    card = console.page.locator(".people-cards > li").filter(has_text="李老师")
    await card.get_by_text("Give a role").click()
    await card.get_by_label("Role").select_option(label="pupil group")
    await card.get_by_label("Bench").select_option(label="Bench 3")
    await expect(card.locator(".people-meant")).to_have_text("pupil group · Lab 301 · Bench 3 only")
    await card.get_by_label("Device").select_option(label="Desk lamp 3")
    await card.get_by_label("Capability").select_option(label="Light")
    await card.get_by_label("Until (empty").fill("2036-11-28T17:00")
    await console.page.keyboard.press("Tab")
    meant = "pupil group · Lab 301 · Desk lamp 3 · Light only · until Friday 28 Nov, 17:00"
    await expect(card.locator(".people-meant")).to_have_text(meant)
    await card.get_by_role("button", name="Give", exact=True).click()
    await expect(card.locator(".people-item").nth(1)).to_have_text(meant)
    given = hub.people.all[0]["grants"][1]
    wanted = {"lab": "lab-301", "bench": None, "node": "pi-301", "device": "lamp-3", "point": "state"}
    assert given | wanted == given
    soon = hub.people.all[0]["grants"][0] | {"until_ms": now_ms() + 3_600_000}
    hub.people.all[0]["grants"] = [soon, soon | {"until_ms": now_ms() - 1_000}]
    await console.page.evaluate("location.hash = '#/people/minhang-3/lab-302'")
    await console.page.reload()
    await expect(console.page.locator(".people-staff h3")).to_have_text("Who may what in Robot lab 302")
    await expect(card).to_have_count(0)
    await console.page.get_by_role("link", name="Show everybody").click()
    await expect(card.locator(".people-item.warn")).to_contain_text(["until ", "ended "])
    await card.get_by_role("button", name="Take back").first.click()
    await expect(card.locator(".people-item")).to_have_count(1)


async def test_signing_out_everywhere_leads_to_the_door(hub: FakeHub, open_console: OpenConsole) -> None:
    console = await open_console()
    await open_people(hub, console)
    account = console.page.locator("lk-account")
    out = account.get_by_role("button", name="Sign out everywhere")
    await expect(out).to_have_accessible_description(re.compile("A lesson of yours waits five minutes"))
    await out.click()
    await expect(console.page.get_by_label("Owner secret")).to_be_visible()


async def test_whoever_has_a_second_factor_is_asked_for_a_code_and_types_nothing_again(
    hub: FakeHub, open_console: OpenConsole
) -> None:
    hub.code_wanted = CODE
    console = await open_console()
    page = console.page
    await page.goto(hub.url)
    await page.get_by_label("Owner secret").fill(SECRET)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("status")).to_contain_text("One more step")
    await expect(page.get_by_label("Code of your app")).to_be_focused()
    await page.keyboard.type(CODE)
    await page.keyboard.press("Enter")
    await expect(page.locator("lk-tile").first).to_be_visible()


async def test_an_owner_who_lost_phone_and_codes_resets_the_second_factor_and_signs_in_anew(
    hub: FakeHub, open_console: OpenConsole
) -> None:
    hub.people.factor = True
    console = await open_console()
    await open_people(hub, console)
    await console.page.get_by_role("button", name="Phone and codes are lost").click()
    await expect(console.page.get_by_label("Owner secret")).to_be_visible()
    assert hub.people.asked == [("owner", "second-factor")]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("language", ["zh", "en"])
async def test_axe_finds_nothing_and_what_can_be_touched_is_large_and_apart(
    hub: FakeHub, open_console: OpenConsole, language: Language, theme: Theme
) -> None:
    console = await open_console(language=language, theme=theme, size=(390, 844), touch=True)
    page = console.page
    await open_people(hub, console)
    await page.locator("lk-account").get_by_role("textbox").first.fill(PASSWORD)
    await page.locator("lk-account .do").first.tap()
    await page.locator(".people .code").wait_for()
    await page.evaluate("document.querySelectorAll('.people details').forEach((one) => { one.open = true; })")
    assert await violations(page) == []
    assert await page.evaluate(TOO_SMALL_OR_CLOSE) == []
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
