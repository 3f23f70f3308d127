import pytest
from playwright.async_api import expect

from .conftest import Console, OpenConsole
from .fake_hub import INVITATION, LINK, SECRET, FakeHub

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_sign_in_link_opens_the_page_and_leaves_the_address_bar(
    hub: FakeHub, open_console: OpenConsole
) -> None:
    console = await open_console()
    await console.open(hub.sign_in)
    assert console.page.url == f"{hub.url}/"
    assert await console.page.evaluate("history.length") <= 2
    assert LINK not in hub.links


async def test_a_used_link_is_explained_and_the_secret_still_works(hub: FakeHub, open_console: OpenConsole) -> None:
    hub.links.clear()
    console = await open_console()
    page = console.page
    await page.goto(hub.sign_in)
    await expect(page.get_by_role("status")).to_contain_text("used or has expired")
    assert LINK not in page.url
    await page.get_by_label("Owner secret").fill(SECRET)
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.locator("lk-tile").first).to_be_visible()


async def test_a_link_opened_in_a_page_that_is_already_there_works_too(hub: FakeHub, open_console: OpenConsole) -> None:
    console = await open_console()
    await console.page.goto(hub.url)
    await console.page.locator("#secret").wait_for()
    await console.open(hub.sign_in)
    assert console.page.url == f"{hub.url}/"


async def test_a_wrong_secret_is_refused_in_words(hub: FakeHub, open_console: OpenConsole) -> None:
    console = await open_console(language="zh")
    await console.page.goto(hub.url)
    await expect(console.page.get_by_role("status")).to_be_empty()
    await console.page.get_by_label("管理密钥").fill("guess")
    await console.page.keyboard.press("Enter")
    await expect(console.page.get_by_role("status")).to_have_text("登录名、密码或密钥不正确。")


async def test_an_ended_session_asks_to_sign_in_again_and_says_so(hub: FakeHub, console: Console) -> None:
    hub.sessions.clear()
    await hub.drop_links()
    await expect(console.page.locator("lk-sign-in [role=status]")).to_have_text(
        "You are signed out. Please sign in again."
    )


async def test_signing_out_ends_the_session_at_the_hub(hub: FakeHub, console: Console) -> None:
    await console.page.get_by_label("Language, appearance, sign out").click()
    await console.page.get_by_role("button", name="Sign out").click()
    await expect(console.page.get_by_label("Owner secret")).to_be_visible()
    assert hub.sessions == set()


async def test_whoever_is_invited_chooses_a_password_and_comes_back_with_name_and_password(
    hub: FakeHub, open_console: OpenConsole
) -> None:
    first, second = await open_console(), await open_console()
    await first.page.goto(f"{hub.url}/#invitation={INVITATION}")
    await first.page.get_by_label("New password").fill("three oxen under plum")
    assert first.page.url == f"{hub.url}/"
    await first.page.keyboard.press("Enter")
    await expect(first.page.locator("lk-tile").first).to_be_visible()
    await second.page.goto(hub.url)
    await second.page.get_by_label("Name").fill("li")
    await second.page.get_by_label("Password").fill("three oxen under plum")
    await second.page.keyboard.press("Enter")
    await expect(second.page.locator("lk-tile").first).to_be_visible()


async def test_a_used_invitation_is_explained_and_the_form_is_the_usual_one(
    hub: FakeHub, open_console: OpenConsole
) -> None:
    hub.invitations.clear()
    console = await open_console(language="zh")
    await console.page.goto(f"{hub.url}/#invitation={INVITATION}")
    await console.page.get_by_label("新密码").fill("three oxen under plum")
    await console.page.keyboard.press("Enter")
    await expect(console.page.get_by_role("status")).to_have_text("邀请已用过或已过期，请索取新的邀请。")
    await expect(console.page.get_by_label("登录名")).to_be_visible()
