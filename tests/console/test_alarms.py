"""Alarms on the page: seen wherever one is, understood, tended, explained, and their limits tried."""

import pytest
from playwright.async_api import Locator, expect

from .conftest import Console, Language, OpenConsole, Theme, sign_in
from .fake_alarms import PLACES, alarm, bad_morning
from .fake_hub import SCHOOL, FakeHub, point
from .fake_telling import channel
from .lab import PI, title
from .test_access import TOO_SMALL_OR_CLOSE, violations

pytestmark = pytest.mark.asyncio(loop_scope="session")
VIEWS: list[tuple[Language, Theme, tuple[int, int]]] = [("zh", "dark", (390, 844)), ("en", "light", (1180, 820))]
CALLING = """() => document.getAnimations().filter((one) => one.animationName.endsWith("calls"))
  .map((one) => one.effect.getTiming().duration)"""  # ms of one beat
SHORTEST_MS = 1000 / 3  # nothing flashes more than three times a second: WCAG 2.3.1


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
    calling = await page.evaluate(CALLING)
    assert calling
    assert min(calling) >= SHORTEST_MS
    await page.emulate_media(reduced_motion="reduce")
    assert await page.evaluate("document.getAnimations().length") == 0
    await page.emulate_media(reduced_motion="no-preference")
    await hub.tell({"kind": "alarm", **raised, "core": "ack", "annunciated": False})
    await expect(page.get_by_role("link", name="1 alarms, 0 not acknowledged")).to_be_visible()
    assert await page.evaluate(CALLING) == []
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


async def test_the_alarm_of_an_interlock_says_what_that_interlock_advises(hub: FakeHub, console: Console) -> None:
    advice = point("gas/advice", "state", "bool", title=title("离开房间。", "Leave the room."))
    latch = point("gas/tripped", "state", "bool", title=title("可燃气体：已锁定", "Combustible gas: latched"))
    hub.add_device(PI, "interlocks", ("联锁", "Interlocks"), [advice, latch])
    hub.alarms = [alarm("heat", "interlocks", "gas/tripped", "high", value=1.0)]
    await console.page.reload()
    await open_alarms(console)
    said = card(console, "Possible fire").locator("dt:last-of-type ~ dd")
    await expect(said).to_have_text(["Leave the room.", "Go and look at once; if it burns, follow the school's plan."])


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
    await expect(rules.filter(has_text="Device lost").locator("p").first).to_have_text("Lost")  # 0.5 is no limit of it
    await expect(rules.filter(has_text="CO2 high").locator("p").first).to_have_text("Warning > 1500 · Alarm > 2000 ppm")
    await expect(rules.filter(has_text="Device lost")).to_contain_text("there is no curve to try a limit on")
    await rules.filter(has_text="Possible fire").get_by_role("button", name="Try a limit").click()
    await expect(rules.filter(has_text="Possible fire")).to_contain_text("No point here to try it on.")
    await rules.filter(has_text="CO2 high").get_by_role("button", name="Try a limit").click()
    await expect(rules.filter(has_text="CO2 high").locator("select option")).to_have_count(1)


async def test_a_limit_is_set_by_keyboard_with_a_reason_seen_with_who_and_when_and_taken_back(
    hub: FakeHub, console: Console
) -> None:
    hub.settable = PLACES
    await console.page.reload()
    await open_alarms(console)
    await console.page.get_by_role("button", name="Limits").click()
    co2 = console.page.locator(".alarm-rules > li").filter(has_text="CO2 high")
    await expect(co2).to_contain_text("in the file alarms.toml")
    await expect(co2.get_by_role("button", name="Take back")).to_have_count(0)
    await co2.get_by_role("button", name="Set a limit").press("Enter")
    await expect(co2.get_by_label("Warning limit")).to_have_value("1500")
    await co2.get_by_label("Where").select_option(f"Whole school {SCHOOL}")
    await co2.get_by_label("Warning limit").fill("1400")
    await co2.get_by_role("button", name="Set", exact=True).click()
    assert hub.limits == []  # no reason, no limit
    await co2.get_by_label("Reason").fill("old windows")
    await co2.get_by_label("Reason").press("Enter")
    told = co2.locator(".alarm-override").filter(has_text="old windows")
    await expect(told).to_contain_text(f"Whole school {SCHOOL} Warning > 1400")
    await expect(told).to_contain_text("set by owner")
    said = {"school": SCHOOL, "lab": None, "off": False, "limits": {"warn": 1400}, "why": "old windows"}
    assert said.items() <= hub.limits[0].items()
    await told.get_by_role("button", name="Take back").click()
    await expect(told).to_have_count(0)
    assert hub.limits == []


async def test_delays_and_deadbands_are_set_beside_a_limit_and_stay_when_only_that_is_set_again(
    hub: FakeHub, console: Console
) -> None:
    hub.settable = PLACES
    await console.page.reload()
    await open_alarms(console)
    await console.page.get_by_role("button", name="Limits").click()
    co2 = console.page.locator(".alarm-rules > li").filter(has_text="CO2 high")
    await co2.get_by_role("button", name="Set a limit").click()
    await co2.get_by_label("Where").select_option(f"Whole school {SCHOOL}")
    slow = co2.locator("summary").filter(has_text="Delays and deadband")
    above = (
        await co2.get_by_label("Reason").bounding_box(),
        await co2.get_by_role("button", name="Off here").bounding_box(),
    )
    await slow.click()
    below = await co2.get_by_label("Warning: raised after").bounding_box()
    assert below is not None
    assert all(one is not None and one["y"] + one["height"] < below["y"] for one in above)  # however long that is
    await co2.get_by_label("Warning: raised after").fill("600")
    await co2.get_by_label("Alarm: over after").fill("1.5")
    await co2.get_by_label("Warning: deadband").fill("-1")
    await slow.click()
    await co2.get_by_label("Reason").fill("a slow fan")
    await co2.get_by_role("button", name="Set", exact=True).click()
    await expect(co2.get_by_label("Warning: deadband")).to_be_focused()  # what is wrong is shown, and nothing was set
    assert hub.limits == []
    await co2.get_by_label("Warning: deadband").fill("50")
    await co2.get_by_label("Reason").fill("a slow fan")
    await co2.get_by_role("button", name="Set", exact=True).click()
    told = co2.locator(".alarm-override").filter(has_text="a slow fan")
    await expect(told).to_contain_text(
        "Warning: raised after 600 s · Warning: deadband 50 ppm · Alarm: over after 1.5 s"
    )
    slowly = {"on_delay_ms": {"warn": 600_000}, "off_delay_ms": {"alarm": 1_500}, "deadband": {"warn": 50}}
    assert ({"limits": {}} | slowly).items() <= hub.limits[0].items()
    await co2.get_by_role("button", name="Set a limit").click()
    await co2.get_by_label("Where").select_option(f"Whole school {SCHOOL}")
    await co2.get_by_label("Warning limit").fill("1400")
    await co2.get_by_label("Reason").fill("a slow fan and old windows")
    await co2.get_by_role("button", name="Set", exact=True).click()
    await expect(co2.locator(".alarm-override").filter(has_text="old windows")).to_contain_text("Warning > 1400")
    assert ({"limits": {"warn": 1400}} | slowly).items() <= hub.limits[-1].items()


async def test_what_may_not_be_made_looser_is_refused_in_words_and_a_rule_is_switched_off(
    hub: FakeHub, console: Console
) -> None:
    hub.settable = PLACES[1:]
    await console.page.reload()
    await open_alarms(console)
    await console.page.get_by_role("button", name="Limits").click()
    heat, co2 = (console.page.locator(".alarm-rules > li").filter(has_text=name) for name in ("Possible", "CO2 high"))
    await heat.get_by_role("button", name="Set a limit").click()
    await expect(heat.get_by_role("button", name="Off here")).to_have_count(0)
    await heat.get_by_label("Alarm limit").fill("80")
    await heat.get_by_label("Reason").fill("a kiln")
    await heat.get_by_role("button", name="Set", exact=True).click()
    await expect(heat.get_by_role("status").last).to_contain_text("is not made looser")
    await co2.get_by_role("button", name="Set a limit").click()
    await co2.get_by_role("button", name="Off here").click()
    await expect(co2.get_by_label("Warning limit")).to_have_count(0)
    await co2.get_by_label("Reason").fill("a greenhouse")
    await co2.get_by_role("button", name="Set", exact=True).click()
    await expect(co2.locator(".alarm-override").filter(has_text="greenhouse")).to_contain_text("is off here")
    lost = console.page.locator(".alarm-rules > li").filter(has_text="Device lost")
    await lost.get_by_role("button", name="Set a limit").click()
    await expect(lost.locator("input[type=number]")).to_have_count(0)  # the hub sees it: there is only on and off
    await lost.get_by_label("Reason").fill("a loan")
    await lost.get_by_role("button", name="Set", exact=True).click()
    await expect(lost.locator(".alarm-override")).to_contain_text("is off here")


async def test_the_history_goes_back_as_far_as_one_asks(hub: FakeHub, console: Console) -> None:
    bad_morning(hub)
    line = {"kind": "cleared", "who": None, "why": None, "late": False, "at_ms": 1, "time_ms": 1_767_225_600_000}
    hub.older = [alarm("co2", "air", "co2", "low") | line] * 3
    await console.page.reload()
    await open_alarms(console)
    await console.page.get_by_role("button", name="History").click()
    await expect(console.page.locator(".alarm-history li")).to_have_count(5)
    await console.page.get_by_role("button", name="Older").press("Enter")
    await expect(console.page.locator(".alarm-history li")).to_have_count(8)
    await expect(console.page.get_by_role("button", name="Older")).to_have_count(0)
    await expect(console.page.locator(".alarms")).to_contain_text("8 lines: that is all there is.")


async def test_which_gates_a_trial_knows_and_which_it_does_not_is_said(hub: FakeHub, console: Console) -> None:
    bad_morning(hub)
    await console.page.reload()
    await open_alarms(console)
    heat = card(console, "Possible fire")
    await heat.get_by_role("button", name="Try a limit").click()
    await heat.get_by_role("button", name="Try", exact=True).click()
    await expect(heat).to_contain_text("or not of all the time: a lesson is on · the lights are on.")
    await expect(heat).to_contain_text("as it was recorded whether somebody is in the room.")


async def test_the_sound_has_a_switch_of_its_own(hub: FakeHub, console: Console) -> None:
    bad_morning(hub)
    await open_alarms(console)
    switch = console.page.get_by_role("switch", name="Sound")
    await expect(switch).not_to_be_checked()
    await switch.click()
    await expect(switch).to_be_checked()
    assert await console.page.evaluate("localStorage.getItem('labkeeper.alarm-sound')") == "on"


COUNTED = """
  window.rung = 0;
  const create = AudioContext.prototype.createOscillator;
  AudioContext.prototype.createOscillator = function () {
    window.rung += 1;
    return create.call(this);
  };
"""


async def test_a_new_alarm_rings_once_while_the_sound_is_on_and_an_old_one_or_any_other_never(
    hub: FakeHub, console: Console
) -> None:
    async def rung() -> int:
        notes: int = await console.page.evaluate("window.rung")
        return notes // 2  # each time two notes

    async def comes(device: str, **how: object) -> None:
        one = alarm("device_lost", device, "", "low", **how)
        hub.alarms = [*hub.alarms, one]
        await hub.tell({"kind": "alarm", **one})
        await expect(console.page.locator(".alarm-bell")).to_contain_text(str(len(hub.alarms)))  # what rings has heard

    await console.page.add_init_script(COUNTED)
    await console.page.reload()
    await open_alarms(console)
    await comes("lamp-1")
    assert await rung() == 0, "the sound is off"
    await console.page.get_by_role("switch", name="Sound").click()
    assert await rung() == 1, "it lets one hear it"
    await comes("lamp-2")
    while await rung() < 2:
        await console.page.wait_for_timeout(20)
    await hub.tell({"kind": "alarm", **hub.alarms[-1], "version": 2})
    await comes("lamp-3", annunciated=False, core="ack")
    assert await rung() == 2, "what called before and what calls nobody"
    await console.page.get_by_role("switch", name="Sound").click()
    await comes("lamp-4")
    assert await rung() == 2


@pytest.mark.parametrize(("language", "theme", "size"), VIEWS)
async def test_everybody_can_use_the_alarms(
    hub: FakeHub, open_console: OpenConsole, language: Language, theme: Theme, size: tuple[int, int]
) -> None:
    bad_morning(hub)
    hub.actions = [*hub.actions, "manage_telling"]
    hub.settable = PLACES
    hub.channels = [channel("duty"), channel("head", failures=3, error="answered 404")]
    console = await open_console(language=language, theme=theme, size=size)
    await sign_in(hub, console, "#/alarms")
    await console.page.locator(".alarm").first.wait_for()
    await console.page.emulate_media(reduced_motion="reduce")
    tabs = console.page.locator(".alarms > .segments.wide button")
    for number in range(await tabs.count()):
        await tabs.nth(number).click()
        await expect(console.page.locator(".alarms [role=status].quiet")).to_have_count(0)
        for form in await console.page.locator(".telling-rule .do, .alarm-rules .segment:nth-of-type(1)").all():
            await form.click()
        assert await violations(console.page) == []
        assert await console.page.evaluate(TOO_SMALL_OR_CLOSE) == []
        assert await console.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
