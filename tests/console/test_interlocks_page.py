"""Interlocks on a page of their own: what nodes run, and a change that takes two persons."""

import re

import pytest
from playwright.async_api import expect

from .conftest import Console, Language, OpenConsole, Theme, sign_in
from .fake_hub import FakeHub
from .fake_interlocks import guard
from .test_access import TOO_SMALL_OR_CLOSE, violations

pytestmark = pytest.mark.asyncio(loop_scope="session")
VIEWS: list[tuple[Language, Theme, tuple[int, int]]] = [("zh", "dark", (390, 844)), ("en", "light", (1180, 820))]


async def open_interlocks(console: Console) -> None:
    await console.page.evaluate("location.hash = '#/interlocks'")
    await console.page.locator("#interlocks-title").wait_for()


async def test_only_who_may_change_interlocks_finds_them_in_the_menu(hub: FakeHub, console: Console) -> None:
    guard(hub)
    link = console.page.get_by_role("link", name="Interlocks")
    await console.page.locator(".menu summary").click()
    await expect(link).to_have_count(0)
    hub.actions = [*hub.actions, "change_interlocks"]
    await console.page.reload()
    await console.page.locator(".menu summary").click()
    await link.click()
    await expect(console.page.get_by_text("Runs what was approved")).to_be_visible()


async def test_what_another_has_proposed_is_read_and_approved(hub: FakeHub, console: Console) -> None:
    guard(hub, by="p-7")
    await open_interlocks(console)
    await expect(console.page.locator("pre")).to_contain_text('id = "chemistry"')
    await console.page.get_by_role("button", name="I have read it: approve").click()
    await expect(console.page.locator(".interlocks-proposal")).to_have_count(0)
    assert hub.interlocks[0]["approved"] == "0" * 64


async def test_nobody_approves_what_they_propose_and_a_mistake_is_named(hub: FakeHub, console: Console) -> None:
    guard(hub)
    await open_interlocks(console)
    await console.page.get_by_text("Propose another set").click()
    await expect(console.page.locator("form")).to_contain_text("never an MQ-x")
    text = console.page.get_by_role("textbox", name="The set, as TOML")
    await text.fill("nonsense")
    await console.page.get_by_role("button", name="Propose").click()
    await expect(console.page.locator(".interlocks-trouble")).to_contain_text("line 1, column 1")
    await text.fill('id = "bench"')
    await console.page.get_by_role("button", name="Propose").click()
    await expect(console.page.get_by_text("Somebody else has to read")).to_be_visible()
    await expect(console.page.get_by_role("button", name="approve")).to_have_count(0)


async def test_a_node_that_runs_something_else_is_marked(hub: FakeHub, console: Console) -> None:
    guard(hub, running="1" * 64)
    await open_interlocks(console)
    await expect(console.page.get_by_text("Does not run what was approved")).to_be_visible()


async def test_what_nobody_approved_is_marked_and_it_is_said_how_it_becomes_approved(
    hub: FakeHub, console: Console
) -> None:
    guard(hub, running="1" * 64, unapproved="found")
    await open_interlocks(console)
    node = console.page.locator(".interlocks-node")
    await expect(node.locator(".interlocks-differs")).to_have_text(
        "Runs the set of its own settings, which nobody approved"
    )
    await expect(node).to_contain_text("Propose below what it is to run")
    guard(hub, by="p-7", running="0" * 64, unapproved="found")
    await console.page.reload()
    await expect(node).to_contain_text("This is what the node runs now, by its hash")
    guard(hub, running="2" * 64, unapproved="changed")
    await console.page.reload()
    await expect(node.locator(".interlocks-differs")).to_contain_text("Changed without approval")
    guard(hub, running="", unapproved="changed")
    await console.page.reload()
    await expect(node.locator(".interlocks-differs")).to_contain_text("or none")


async def test_an_approver_sees_what_would_change_and_a_proposer_begins_with_what_is_approved(
    hub: FakeHub, console: Console
) -> None:
    guard(hub, by="p-7", approved_text='id = "chemistry"\n[inputs]\nfan = { device = "hood", point = "fan" }\n')
    await open_interlocks(console)
    proposal = console.page.locator(".interlocks-proposal")
    await expect(proposal.locator("del")).to_have_text('goes - fan = { device = "hood", point = "fan" }\n')
    await expect(proposal.locator("ins")).to_have_text('new + gas = { device = "gas", point = "gas" }\n')
    await expect(proposal.locator("pre > span")).to_have_count(2)
    await console.page.get_by_text("Propose another set").click()
    await expect(console.page.get_by_role("textbox", name="The set, as TOML")).to_have_value(re.compile("hood"))


async def test_what_a_node_did_not_take_is_told_and_of_one_that_is_away_nobody_knows(
    hub: FakeHub, console: Console
) -> None:
    guard(hub, running="1" * 64, refused="inputs.gas: there is no such point")
    await open_interlocks(console)
    await expect(console.page.locator(".interlocks-node")).to_contain_text("sent last: inputs.gas: there is no such")
    guard(hub, running=None)
    await console.page.reload()
    await expect(console.page.get_by_text("Not heard from: nobody knows")).to_be_visible()


@pytest.mark.parametrize(("language", "theme", "size"), VIEWS)
async def test_everybody_can_use_it(
    hub: FakeHub, open_console: OpenConsole, language: Language, theme: Theme, size: tuple[int, int]
) -> None:
    guard(hub, by="p-7", running="1" * 64, approved_text='id = "x"\n', refused="no key", unapproved="changed")
    console = await open_console(language=language, theme=theme, size=size)
    await sign_in(hub, console, "#/interlocks")
    await console.page.locator("#interlocks-title").wait_for()
    await console.page.locator("summary").last.click()
    assert await violations(console.page) == []
    assert await console.page.evaluate(TOO_SMALL_OR_CLOSE) == []
    assert await console.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
