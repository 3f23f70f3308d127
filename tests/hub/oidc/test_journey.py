"""One journey in a real browser: to the school's form, back to the page one came for, linked, and out over there."""

import os
import shutil
from pathlib import Path

import pyotp
import pytest
from playwright.async_api import BrowserContext, Page, async_playwright, expect

from labkeeper_hub.console import is_complete

from .conftest import PASSWORD, ROLES, TEACHER, Places, School

pytestmark = pytest.mark.asyncio(loop_scope="module")
PATIENCE_MS = 30_000
AXE = Path(__file__).parents[3] / "node_modules/axe-core/axe.min.js"
PICTURES = os.environ.get("OIDC_PICTURES")  # a folder to look at


async def looked_at(page: Page, name: str) -> None:
    """Fail on what people with a screen reader or a keyboard would miss."""
    if AXE.exists():
        await page.evaluate(AXE.read_text(encoding="utf-8"))
        found = await page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found["violations"]] == []
    if PICTURES:
        for theme in ("light", "dark"):
            await page.emulate_media(color_scheme=theme)
            await page.screenshot(path=f"{PICTURES}/{name}-{theme}.png")


async def over_there(page: Page, login: str) -> None:
    await page.get_by_label("Account").fill(login)
    await page.get_by_role("button", name="Go on").click()


async def test_a_teacher_comes_in_by_the_school_where_they_wanted_to_go_and_leaves_there_too(
    provided: Places, tmp_path: Path
) -> None:
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium-headless-shell") or shutil.which("chromium")
    if chromium is None or not is_complete():
        pytest.skip("needs chromium and the page's third-party files")
    told = {"roles": ROLES, "scopes": ("openid", "groups")}
    async with provided.school(tmp_path, **told) as school, async_playwright() as playwright:
        expect.set_options(timeout=PATIENCE_MS)
        browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        context = await browser.new_context(locale="zh-CN", viewport={"width": 390, "height": 844})
        context.set_default_timeout(PATIENCE_MS)
        try:
            await _comes_in_and_leaves(context, school)
            await _links(context, school)
        finally:
            await browser.close()


async def _comes_in_and_leaves(context: BrowserContext, school: School) -> None:
    page = await context.new_page()
    await page.goto(f"{school.url}/#/people")
    await page.get_by_role("button", name="用学校账号登录").wait_for()
    await looked_at(page, "way-in-zh")
    await page.get_by_role("button", name="用学校账号登录").click()
    await over_there(page, "stranger-1")
    await expect(page.get_by_role("status").filter(has_text="还没有给您开通")).to_be_visible()
    assert page.url == f"{school.url}/#/people"  # the reason is out of the address
    await looked_at(page, "unknown-zh")
    await page.get_by_role("button", name="用学校账号登录").click()
    await over_there(page, "teacher-1")
    await expect(page.get_by_role("heading", name="人员与账户")).to_be_visible()
    assert page.url == f"{school.url}/#/people"
    await page.locator("lk-menu summary").click()
    await page.locator("lk-menu").get_by_role("button", name="退出").click()
    await page.get_by_role("link", name="在本机退出学校账号").click()
    await page.locator("button[value=yes]").click()
    await page.get_by_role("button", name="用学校账号登录").wait_for()
    await expect(page.get_by_role("link", name="在本机退出学校账号")).to_have_count(0)
    await page.close()


async def _links(context: BrowserContext, school: School) -> None:
    """Somebody invited links the school's account, and comes in by it with a code of their second factor."""
    async with school.owner() as owner:
        added = await owner.post("/api/v1/people", json={"login": "zhao", "title": "赵老师", "grants": [TEACHER]})
        invited = await owner.post(f"/api/v1/people/{added.json()['name']}/invitation")
    page = await context.new_page()
    await page.goto(f"{school.url}/#invitation={invited.json()['invitation']}")
    await page.get_by_label("新密码").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await page.locator("lk-bar").wait_for()
    await page.goto(f"{school.url}/#/people")
    await page.get_by_role("button", name="绑定学校账号").click()
    await expect(page.get_by_text("以确认是本人操作；没有密码的")).to_be_visible()
    await page.locator("lk-school-account").get_by_label("密码").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await over_there(page, "zhao")
    await expect(page.get_by_text("学校账号已绑定。")).to_be_visible()
    await looked_at(page, "linked-zh")
    own = f"{school.url}/api/v1/account/second-factor"
    ours = {"Origin": school.url}
    begun = await page.request.post(own, data={"password": PASSWORD}, headers=ours)
    secret = pyotp.TOTP((await begun.json())["secret"])
    await page.request.put(own, data={"code": secret.at(school.hands.now_s)}, headers=ours)
    await page.request.delete(f"{school.url}/api/v1/session", headers=ours)
    school.hands.now_s += 30
    await page.set_viewport_size({"width": 1440, "height": 900})
    await page.reload()
    await page.get_by_role("button", name="用学校账号登录").click()
    await over_there(page, "zhao")
    await page.get_by_label("验证码").fill("000000")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("status").filter(has_text="验证码")).to_contain_text("验证码不正确，或等待时间过长")
    await looked_at(page, "code-zh")
    await page.get_by_label("验证码").fill(secret.at(school.hands.now_s))
    await page.keyboard.press("Enter")
    await page.get_by_role("button", name="解除绑定").click()
    await page.locator("lk-school-account").get_by_label("密码").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("未绑定。")).to_be_visible()
    await page.close()
