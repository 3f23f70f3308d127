"""What messages say, and what becomes of them."""

import pytest

from labkeeper_hub.alarms.catalogue import shipped
from labkeeper_hub.telling.letters import (
    FIRST_WAIT_MS,
    GIVEN_UP_MS,
    LONGEST_WAIT_MS,
    Fate,
    Letter,
    Line,
    TellingRefused,
    in_turn,
)
from labkeeper_hub.telling.machine import Kind, Tell
from labkeeper_hub.telling.plan import Cause
from labkeeper_hub.telling.words import Language, Words
from labkeeper_sdk import Message, Title

CO2 = Cause("co2", "demo", "lab 1")
GAS = Cause("gas", "demo", "lab 1", "n/d/gas_lel")


def titles(_: str, lab: str) -> Title:
    return Title("一号实验室", "Lab 1") if lab == "lab 1" else Title()


def devices(school: str, at: str) -> Title:
    return Title("燃气探测器", "Gas detector") if (school, at) == ("demo", "n/d/gas_lel") else Title()


WORDS = Words(shipped().rules, titles, devices, "https://hub.school/")


@pytest.mark.parametrize(
    ("kind", "cause", "language", "title"),
    [
        (Kind.ALARM, CO2, "zh", "【报警】一号实验室：二氧化碳偏高"),
        (Kind.ALARM, CO2, "en", "Alarm: Lab 1: CO2 high"),
        (Kind.ESCALATION, GAS, "zh", "【无人确认】一号实验室 燃气探测器：可燃气体"),
        (Kind.REPEAT, GAS, "en", "Still not acknowledged: Lab 1 Gas detector: Combustible gas"),
        (Kind.ALARM, GAS._replace(at="n/e/gas_lel"), "en", "Alarm: Lab 1 n/e/gas_lel: Combustible gas"),
        (Kind.ALARM, Cause("broker_lost", "", ""), "zh", "【报警】消息代理失联"),
        (Kind.ALARM, Cause("forgotten", "demo", "lab-2"), "en", "Alarm: lab-2: forgotten"),
    ],
)
def test_a_message_begins_with_what_and_where(kind: Kind, cause: Cause, language: Language, title: str) -> None:
    assert WORDS.title(Tell("duty", kind, (cause,)), language) == title


def test_a_message_goes_on_with_what_to_do_and_where_the_page_has_it() -> None:
    tell = Tell("duty", Kind.ALARM, (CO2,))
    assert WORDS.text(tell, "zh") == "注意力下降、困倦、头痛。\n开窗或开大新风，直至回落。"
    assert WORDS.link(tell) == "https://hub.school/#/alarms/co2/demo/lab%201"
    of_the_hub = Tell("duty", Kind.ALARM, (Cause("broker_lost", "", ""),))
    assert WORDS.link(of_the_hub) == "https://hub.school/#/alarms/broker_lost"
    assert Words({}, titles, devices, "").link(tell) == ""
    assert WORDS.text(Tell("duty", Kind.ALARM, (Cause("forgotten", "", ""),)), "en") == ""


def test_a_digest_counts() -> None:
    digest = Tell("duty", Kind.DIGEST, (CO2, GAS, GAS._replace(at="")))
    assert WORDS.title(digest, "zh") == "【汇总】另有 3 项报警"
    assert WORDS.title(digest, "en") == "Digest: 3 more alarms"
    assert "一号实验室：二氧化碳偏高" in WORDS.text(digest, "zh").splitlines()
    same = Tell("duty", Kind.DIGEST, (CO2, CO2._replace(school="other")))
    assert WORDS.text(same, "en") == "Lab 1: CO2 high × 2"
    many = Tell("duty", Kind.DIGEST, tuple(Cause("co2", "demo", str(number)) for number in range(30)))
    assert WORDS.text(many, "zh").splitlines()[20:] == ["……"]
    assert WORDS.text(many, "en").splitlines()[20:] == ["…"]
    assert WORDS.link(digest) == "https://hub.school/#/alarms"


def letter(made_ms: int = 0, *, safety: bool = False) -> Letter:
    return Letter("duty", Message(id=str(made_ms), kind="alarm", title="t", text="", safety=safety, made_ms=made_ms))


def test_a_message_waits_until_it_is_sent_or_a_day_old() -> None:
    failed = letter().tried("no", 5)
    assert (failed.fate, failed.attempts, failed.ended_ms, failed.error) == (Fate.WAITING, 1, None, "no")
    sent = failed.tried("", 6)
    assert (sent.fate, sent.attempts, sent.ended_ms, sent.error) == (Fate.SENT, 2, 6, "")
    assert failed.tried("no", GIVEN_UP_MS).fate is Fate.GIVEN_UP
    assert failed.tried("", GIVEN_UP_MS).fate is Fate.SENT


def test_a_channel_waits_twice_as_long_each_time_and_has_failed_after_three() -> None:
    line, waits = Line(), []
    for attempt in range(20):
        assert line.failed is (attempt >= 3)
        line = line.after("no", 0)
        waits.append(line.retry_ms)
    assert waits[:3] == [FIRST_WAIT_MS, 2 * FIRST_WAIT_MS, 4 * FIRST_WAIT_MS]
    assert waits[-1] == LONGEST_WAIT_MS
    assert line.after("", 9) == Line(sent_ms=9)


def test_the_safety_class_goes_first_then_the_oldest() -> None:
    letters = [letter(1), letter(3, safety=True), letter(0)]
    assert [one.message.made_ms for one in sorted(letters, key=in_turn)] == [3, 0, 1]


def test_a_refusal_carries_its_code() -> None:
    assert TellingRefused("in_use", "words").code == "in_use"
