"""Automations on the page: on and off, why each did what it did, and one tried before it is kept."""

import re

import pytest
from playwright.async_api import Page, expect

from labkeeper_hub.automations.loading import load
from labkeeper_sdk import Title

from .conftest import Console, Language, OpenConsole, Theme, sign_in
from .fake_automations import TEXT
from .fake_hub import FakeHub, point
from .lab import PI
from .test_access import TOO_SMALL_OR_CLOSE, violations
from .test_interlocks import MESSAGE, add_interlocks

pytestmark = pytest.mark.asyncio(loop_scope="session")
SIZES: list[tuple[Language, Theme, tuple[int, int]]] = [
    ("zh", "dark", (390, 844)),
    ("en", "light", (1180, 820)),
]


def furnished(hub: FakeHub) -> None:
    """Have two automations, and what one of them did."""
    hub.automations.put(TEXT)
    hub.automations.put(
        TEXT.replace("lights-off", "other").replace("Lights off in an empty room", "Another"), mine=False
    )
    hub.automations.runs = [
        hub.automations.ran("lights-off", 60_000, "lesson"),
        hub.automations.ran("lights-off", 3_600_000, lamp="", **{"strip-1": "interlock"}),
    ]


async def shown(page: Page) -> None:
    await page.evaluate("location.hash = '#/automations'")
    await page.locator(".autos").wait_for()


async def test_each_says_whether_it_is_on_and_why_it_did_what_it_did(hub: FakeHub, console: Console) -> None:
    furnished(hub)
    page = console.page
    await page.locator(".menu summary").click()
    await page.get_by_role("link", name="Automations").click()
    mine = page.locator(".auto-list > li").filter(has_text="Lights off in an empty room")
    await expect(mine.locator(".auto-runs > li")).to_have_count(2)
    await expect(mine).to_contain_text("Held up: a lesson is on")
    await expect(mine).to_contain_text("1 of 2 commands confirmed")
    await expect(mine).to_contain_text("the room is empty for 10 min was so (seen: empty = true)")
    await expect(mine).to_contain_text("co2 < 800.5 ppm was not known")
    await expect(mine).to_contain_text("an interlock forbids it")
    switch = page.get_by_role("switch", name="Lights off in an empty room")
    await switch.click()
    await expect(switch).to_have_attribute("aria-checked", "true")
    assert hub.automations.all["lights-off"]["on"] is True
    await expect(page.get_by_role("switch", name="Another")).to_be_disabled()


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "Heaters need the fan. Switch the fan on. (needs: the fan runs; since "),
        ("zh", "加热器需要通风。先打开通风。（需要：通风已开；自 "),
    ],
)
async def test_a_run_that_an_interlock_refused_says_which_condition_since_when_and_what_to_do(
    hub: FakeHub, open_console: OpenConsole, language: Language, said: str
) -> None:
    hub.automations.put(TEXT)
    hub.automations.runs = [
        hub.automations.ran("lights-off", 60_000, message=MESSAGE, lamp="", **{"strip-1": "interlock"})
    ]
    console = await open_console(language=language)
    await console.open(hub.sign_in)
    await add_interlocks(hub)
    await shown(console.page)
    await expect(console.page.locator(".auto-runs > li")).to_contain_text(said)


async def test_one_is_written_in_a_form_tried_and_kept(hub: FakeHub, console: Console) -> None:
    page = console.page
    await shown(page)
    await page.get_by_role("button", name="New automation").click()
    await page.get_by_label("Name in English").fill("Fan on")
    await expect(page.get_by_label("Name in Chinese")).to_have_attribute("placeholder", "Left empty: the other name")
    await page.get_by_label("What happens").select_option(label="A value passes a limit")
    await page.get_by_label("Point").select_option(label="Air quality · CO₂")
    await page.get_by_label("Limit ppm").fill("1500")
    await page.get_by_label("For how long").fill("5")
    await page.get_by_role("button", name="And only if something is so").click()
    await page.get_by_label("from", exact=True).fill("07:00")
    await page.get_by_label("to", exact=True).fill("18:00")
    await page.get_by_label("What is done").select_option(label="Air conditioner · Mode")
    await page.locator("select[name='then.0.value']").select_option("cool")
    await page.get_by_role("button", name="Try on the last 7 days").click()
    await expect(page.get_by_role("img", name="acted 2 times, held up 1 times")).to_be_visible()
    assert hub.automations.tried[0]["to"] - hub.automations.tried[0]["from"] == 7 * 86_400_000
    await expect(page.get_by_text("are not on record for this time")).to_be_visible()
    await page.get_by_role("button", name="Save").click()
    await expect(page.locator(".auto-list > li")).to_contain_text("Fan on")
    (kept,) = hub.automations.all.values()
    one = load(kept["text"])
    assert one.title == Title("Fan on", "Fan on")
    assert (str(one.occasion.trigger), str(one.occasion.needs)) == ("seen > 1500 [ppm] for 5 min", "empty")
    assert (one.occasion.hours.start.hour, one.occasion.hours.end.hour) == (7, 18)
    assert [str(getattr(deed, "value", "")) for deed in one.then] == ["cool"]
    assert one.occasion.inputs["seen"].places.device == "air"


async def test_every_shape_of_the_form_is_an_automation(console: Console) -> None:
    page = console.page
    await shown(page)
    await page.get_by_role("button", name="New automation").click()
    text = page.locator("textarea")
    await page.get_by_label("Name in Chinese").fill("关灯")
    await page.get_by_label("Name in English").fill("Lights off")
    assert load(await text.input_value()).title == Title("关灯", "Lights off")
    assert str(load(await text.input_value()).occasion.trigger) == "empty for 10 min"
    await page.get_by_label("What happens").select_option(label="No lesson is on")
    assert str(load(await text.input_value()).occasion.trigger) == "(not lesson) for 10 min"
    await page.get_by_label("What happens").select_option(label="A value passes a limit")
    await page.get_by_label("Point").select_option(label="Air quality · Occupancy")
    await page.get_by_label("State").select_option("off")
    assert str(load(await text.input_value()).occasion.trigger) == "(not seen) for 10 min"
    await page.get_by_label("What happens").select_option(label="It is time")
    await page.get_by_label("What is done").select_option(label="Scene: Closing scene")
    assert load(await text.input_value()).then[0] == load(TEXT.replace("lamps = false", 'scene = "end"')).then[0]


async def test_what_falls_back_by_itself_is_kept_as_long_as_the_form_says(hub: FakeHub, console: Console) -> None:
    hub.automations.put(FAN)
    fan = point("power", "switch", "bool", safe_value=False, link_loss_s=3.0)
    hub.add_device(PI, "hood", ("排风", "Hood"), [fan])
    page = console.page
    await page.reload()
    await shown(page)
    await page.get_by_role("button", name="New automation").click()
    text, hold = page.locator("textarea"), page.get_by_label("Keep it so for (minutes)")
    await page.get_by_label("Name in English").fill("Air")
    await expect(hold).to_have_count(0)  # a lamp stays as it is
    await page.get_by_label("What is done").select_option(label="Hood · Power")
    await page.locator("select[name='then.0.value']").select_option("true")
    found = load(await text.input_value())
    assert (found.then[0], found.limits.hold_ms) == (load(FAN).then[0], 900_000)
    await hold.fill("0")
    assert load(await text.input_value()).limits.hold_ms == 0
    await page.get_by_role("button", name="Cancel").click()
    await page.get_by_role("button", name="Change").click()
    await expect(hold).to_have_value("0.5")
    await hold.fill("20")
    await page.get_by_role("button", name="Save").click()
    await expect(page.locator(".auto-form")).to_have_count(0)
    before, after = load(FAN), load(hub.automations.all["fan"]["text"])
    assert after.limits.hold_ms == 1_200_000
    assert (after.then, after.limits.most_an_hour) == (before.then, before.limits.most_an_hour)


async def test_any_of_several_triggers_all_of_several_conditions_and_several_deeds_by_keyboard(
    hub: FakeHub, console: Console
) -> None:
    page = console.page
    await shown(page)
    await page.get_by_role("button", name="New automation").press("Enter")
    when, needs, then = (page.locator("fieldset").nth(place) for place in range(3))
    await page.get_by_label("Name in English").fill("Stuffy")
    await when.get_by_label("What happens").select_option("point")
    await when.get_by_label("Point").select_option(label="Air quality · CO₂")
    await when.get_by_label("Limit ppm").fill("1500")
    await when.get_by_role("button", name="Or when something else happens").press("Enter")
    second = when.get_by_role("group", name="No. 2")
    await expect(second.locator("option[value=time]")).to_have_count(0)
    await second.get_by_label("What happens").select_option("lesson_over")
    await second.get_by_label("For how long").fill("0")
    await when.get_by_role("button", name="Or when something else happens").press("Enter")
    await when.get_by_role("button", name="Without no. 3").press("Enter")
    for what in ("lit", "point"):
        await needs.get_by_role("button", name="And only if").press("Enter")
        await needs.get_by_label("What must be so").last.select_option(what)
    await needs.get_by_label("Point").select_option(label="Air quality · Occupancy")
    await needs.get_by_label("State").select_option("off")
    await then.get_by_role("button", name="And do something else").press("Enter")
    await then.get_by_label("What is done").last.select_option(label="Air conditioner · Mode")
    await then.locator("select[name='then.1.value']").select_option("cool")
    await page.get_by_role("button", name="Save").press("Enter")
    await expect(page.locator(".auto-list > li")).to_contain_text("Stuffy")
    (kept,) = hub.automations.all.values()
    one = load(kept["text"])
    assert str(one.occasion.trigger) == "seen > 1500 [ppm] for 10 min or not lesson"
    assert str(one.occasion.needs) == "lit and not seen1"
    assert [type(deed).__name__ for deed in one.then] == ["Lamps", "Command"]


FAN = """id = "fan"
title = { zh = "排风", en = "Fan" }
school = "minhang-3"
lab = "lab-301"
when = "empty for 10 min"
then = [{ node = "pi-301", device = "hood", point = "power", value = true }]
hold = "30 s"
most_an_hour = 2
"""
EVENING = """id = "evening"
title = { zh = "傍晚", en = "Evening" }
school = "minhang-3"
lab = "lab-301"
when = "seen > 28 Cel for 5 min or (not lesson) for 10 min"
needs = "not empty"
between = "07:00-18:00"
then = [{ scene = "end" }, { node = "gone", device = "blind", point = "position", value = 40 }]
days = ["mon", "tue"]
cool_down = "20 min"
[inputs.seen]
node = "gone"
device = "attic"
point = "temperature"
type = "number"
unit = "Cel"
max_age = "10 min"
"""


async def test_one_that_is_there_is_changed_in_the_form_and_keeps_what_the_form_does_not_show(
    hub: FakeHub, open_console: OpenConsole
) -> None:
    hub.automations.put(EVENING)
    hub.automations.put(TEXT)
    console = await open_console(size=(390, 844), touch=True)
    page = console.page
    await sign_in(hub, console)
    await shown(page)
    mine = page.locator(".auto-list > li").filter(has_text="Evening")
    await mine.get_by_role("button", name="Change").tap()
    await expect(page.get_by_label("Name in English")).to_have_value("Evening")
    await expect(page.locator("select[name=lab]")).to_have_count(0)
    await expect(page.get_by_label("Point").first).to_have_value("gone/attic/temperature")
    await expect(page.get_by_label("What is done").last).to_have_value("point:gone/blind/position")
    await page.get_by_label("Limit °C").fill("26")
    await page.get_by_role("button", name="And only if").tap()
    await page.get_by_label("What must be so").last.select_option("lit")
    await page.get_by_role("button", name="Save").tap()
    await expect(page.locator(".auto-form")).to_have_count(0)
    before, after = load(EVENING), load(hub.automations.all["evening"]["text"])
    assert str(after.occasion.trigger) == str(before.occasion.trigger).replace("28", "26")
    assert str(after.occasion.needs) == "not empty and lit"
    assert (after.then, after.limits, after.title) == (before.then, before.limits, before.title)
    assert (after.occasion.hours, after.occasion.inputs) == (before.occasion.hours, before.occasion.inputs)
    await mine.get_by_role("button", name="Change").tap()
    other = page.locator(".auto-list > li").filter(has_text="Lights off in an empty room")
    await other.get_by_role("button", name="Change").tap()
    await expect(page.locator("textarea")).to_be_visible()  # a form has no field for "and" in a trigger
    await expect(page.locator(".auto-form fieldset")).to_have_count(0)


async def test_a_text_that_is_wrong_is_told_with_its_place_and_an_example_is_begun_from(
    hub: FakeHub, console: Console
) -> None:
    furnished(hub)
    hub.automations.wrong = "line 5, column 9: there is no input 'nobody'"
    page = console.page
    await shown(page)
    await page.get_by_role("button", name="New automation").click()
    await page.get_by_role("button", name="Lights off in an empty room").click()
    await expect(page.locator("textarea")).to_have_value(re.compile('id = "lights-off"\n.*lab = "lab-301"', re.DOTALL))
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("status").filter(has_text="line 5, column 9")).to_be_visible()


async def test_who_may_not_write_any_sees_them_and_why(hub: FakeHub, open_console: OpenConsole) -> None:
    hub.actions.remove("automate")
    hub.automations.put(TEXT, mine=False)
    console = await open_console()
    await sign_in(hub, console)
    await shown(console.page)
    await expect(console.page.get_by_role("switch")).to_be_disabled()
    await expect(console.page.get_by_role("button", name="New automation")).to_have_count(0)


@pytest.mark.parametrize(("language", "theme", "size"), SIZES)
async def test_everybody_can_use_it(
    hub: FakeHub, open_console: OpenConsole, language: Language, theme: Theme, size: tuple[int, int]
) -> None:
    furnished(hub)
    console = await open_console(language=language, theme=theme, size=size, touch=True)
    page = console.page
    await sign_in(hub, console)
    await shown(page)
    await page.locator(".autos > header .primary").click()
    for more in await page.locator(".auto-form fieldset > .segment").all():
        await more.click()
    await page.locator(".auto-deeds .do").click()
    await page.locator(".auto-strip").wait_for()
    assert await violations(page) == []
    assert await page.evaluate(TOO_SMALL_OR_CLOSE) == []
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
