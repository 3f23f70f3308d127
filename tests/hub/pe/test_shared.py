"""What leaves the desk of a class: minutes of five bands and more, and nothing of one."""

from collections.abc import Mapping

from labkeeper_hub.pe.lesson import OffSkin, Passed, PeClass, Share, Told, begun, happened, replayed
from labkeeper_hub.pe.roster import By, ClassKey, Consent, Entry, Roster
from labkeeper_hub.pe.shared import ClassMinute, Minute, SoFar, grown, told

KEY = ClassKey("school", "gym", "4-2")
CONSENT = Consent(By.GUARDIAN, 1, "p-1")
NOTHING = SoFar(0.0, 0.0, 1, 0, 0)


def of_bands(many: int) -> PeClass:
    entries = tuple(Entry(number, CONSENT) for number in range(1, many + 1))
    return begun("c-1", Roster(KEY, 10, entries), 0, with_lesson=False)


def seconds(state: PeClass, many: int, rates: Mapping[int, int]) -> tuple[PeClass, list[ClassMinute]]:
    """Let time pass while bands tell rates; return what is shared meanwhile."""
    shared: list[ClassMinute] = []
    for _ in range(many):
        now_ms = state.now_ms + 1000
        for number, rate in rates.items():
            state, _ = happened(state, Told(number, rate, now_ms))
        state, effects = happened(state, Passed(now_ms))
        shared += [one.minute for one in effects if isinstance(one, Share)]
    return state, shared


def test_a_minute_of_seven_bands_is_told_whole_rounded_and_without_a_number() -> None:
    state, shared = seconds(of_bands(7), 60, {1: 187, 2: 90, **dict.fromkeys(range(3, 8), 150)})
    assert shared == [ClassMinute("school", "gym", 5, 147, 0.85, SoFar(1.0, 0.85, 1, 1, 0))]
    _, again = seconds(state, 59, {})
    assert again == []


def test_of_four_bands_nothing_is_told_however_long_the_class_is() -> None:
    _, shared = seconds(of_bands(4), 180, dict.fromkeys(range(1, 5), 150))
    assert shared == []


def test_a_moment_with_fewer_than_five_takes_the_minute_and_not_the_next() -> None:
    rates = dict.fromkeys(range(1, 6), 150)
    state, _ = seconds(of_bands(5), 30, rates)
    state, _ = happened(state, OffSkin(5))
    state, shared = seconds(state, 1, dict.fromkeys(range(1, 5), 150))
    state, more = seconds(state, 29, rates)
    assert shared + more == []
    _, told_now = seconds(state, 60, rates)
    assert [one.bands for one in told_now] == [5]


def test_advice_is_counted_in_times_so_that_no_count_is_a_number_of_children() -> None:
    rates = dict.fromkeys(range(1, 7), 120)
    state, _ = seconds(of_bands(6), 20, {**rates, 1: 205})
    state, _ = seconds(state, 20, rates)
    _, (minute,) = seconds(state, 20, {**rates, 1: 205})
    assert (minute.so_far.looked, minute.so_far.eased) == (2, 0)


def test_a_class_that_nobody_wears_has_no_minute_and_one_taken_up_again_tells_none_twice() -> None:
    assert seconds(of_bands(6), 60, {})[1] == []
    assert told(Minute(0), "school", "gym", NOTHING) is None
    assert told(grown(Minute(0), [150] * 5, 5, 0), "school", "gym", NOTHING) is None
    assert replayed(of_bands(6), ()).minute == Minute(0)
