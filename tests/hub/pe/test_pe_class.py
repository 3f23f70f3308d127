"""The core of a PE class: who is let in, what counts, what is kept, when it ends."""

from collections.abc import Iterable
from dataclasses import replace

from labkeeper_hub.pe.advice import Advice
from labkeeper_hub.pe.board import Board, board_of
from labkeeper_hub.pe.lesson import (
    LONGEST_MS,
    Changed,
    End,
    Event,
    Keep,
    OffSkin,
    Passed,
    PeClass,
    Seen,
    Told,
    begun,
    happened,
    replayed,
)
from labkeeper_hub.pe.roster import By, ClassKey, Consent, Entry, Roster, withdrawn
from labkeeper_hub.pe.zones import Zone

KEY = ClassKey("school", "gym", "4-2")
GUARDIAN, PUPIL = Consent(By.GUARDIAN, 1, "p-1"), Consent(By.PUPIL, 1, "p-1")
ROSTER = Roster(KEY, 10, (Entry(2, GUARDIAN), Entry(1, GUARDIAN, 150), Entry(3), Entry(4, PUPIL)))


def fresh(roster: Roster = ROSTER, *, with_lesson: bool = False) -> PeClass:
    return begun("c-1", roster, 0, with_lesson=with_lesson)


def after(state: PeClass, events: Iterable[Event]) -> PeClass:
    for event in events:
        state, _ = happened(state, event)
    return state


def seconds(state: PeClass, many: int, **rates: int) -> PeClass:
    """Let time pass while bands tell rates; `_2=150` is band 2."""
    for _ in range(many):
        now_ms = state.now_ms + 1000
        state = after(state, [Told(int(name[1:]), rate, now_ms) for name, rate in rates.items()])
        state = after(state, [Passed(now_ms)])
    return state


def tiles(board: Board) -> dict[int, int | None]:
    return {tile.number: tile.rate for tile in board.tiles}


def test_below_14_only_a_guardians_consent_lets_a_band_in() -> None:
    assert (tuple(sorted(fresh().bands)), fresh().waiting) == ((1, 2), (3, 4))
    assert sorted(fresh(replace(ROSTER, years=13)).bands) == [1, 2]
    assert sorted(fresh(replace(ROSTER, years=14)).bands) == [1, 2, 4]


def test_a_band_nobody_consented_to_is_neither_shown_nor_kept() -> None:
    state = fresh()
    for event in (Told(3, 120, 1), Told(99, 120, 1), OffSkin(4), Seen(3)):
        assert happened(state, event) == (state, ())


def test_what_is_told_is_shown_in_the_order_of_numbers_and_kept() -> None:
    state, effects = happened(fresh(), Told(2, 150, 500))
    assert effects == (Keep(2, 500, 150),)
    board = board_of(state)
    assert tiles(board) == {1: None, 2: 150}
    assert (board.waiting, board.tiles[1].zone, board.tiles[0].zone) == ((3, 4), Zone.MODERATE, None)
    assert happened(state, Told(2, 0, 900)) == (state, ())  # no heart's


def test_a_rate_is_known_for_five_seconds_and_a_band_is_lost_after_thirty() -> None:
    state = seconds(fresh(), 1, _2=150)
    assert board_of(seconds(state, 5)).tiles[1].rate == 150
    silent = seconds(state, 6)
    assert (board_of(silent).tiles[1].rate, board_of(silent).figures.heard) == (None, 0)
    assert not board_of(seconds(state, 29)).tiles[1].lost
    assert board_of(seconds(state, 30)).tiles[1].lost
    assert board_of(seconds(state, 30)).tiles[0].lost  # never heard since it began
    assert not board_of(seconds(seconds(state, 30), 1, _2=150)).tiles[1].lost


def test_a_band_off_the_skin_has_no_rate() -> None:
    state = after(fresh(), [Told(2, 150, 1), OffSkin(2)])
    assert tiles(board_of(state)) == {1: None, 2: None}


def test_what_is_not_known_counts_for_nothing() -> None:
    state = seconds(seconds(seconds(fresh(), 10, _2=150), 60), 10, _2=90)
    figures = board_of(state).figures
    known = 10 + 5 + 10  # five seconds of them after the band fell silent
    assert figures.group_density == 15 / known
    assert figures.each_density == 15 / known
    assert figures.mean_so_far == (15 * 150 + 10 * 90) / known
    nothing = board_of(fresh()).figures
    assert (nothing.heard, nothing.mean, nothing.mean_so_far, nothing.group_density, nothing.each_density) == (
        0, None, None, None, None,
    )  # fmt: skip


def test_the_class_moves_while_at_least_half_of_those_heard_do() -> None:
    state = seconds(fresh(), 10, _1=90, _2=150)
    figures = board_of(state).figures
    assert (figures.group_density, figures.each_density, figures.mean) == (1.0, 0.5, 120)
    assert board_of(seconds(fresh(), 10, _1=90, _2=90)).figures.group_density == 0


def test_a_silent_band_keeps_its_advice_and_a_sleeping_hub_gives_none() -> None:
    looking = seconds(fresh(), 15, _2=195)
    assert board_of(looking).tiles[1].advice is Advice.LOOK
    lost = board_of(seconds(looking, 40)).tiles[1]
    assert (lost.advice, lost.lost, lost.rate) == (Advice.LOOK, True, None)
    slept = after(fresh(), [Told(2, 195, 100_000), Passed(100_000)])
    assert board_of(slept).tiles[1].advice is Advice.NONE


def test_a_cap_is_a_bands_own_and_what_the_teacher_has_seen_is_marked() -> None:
    state = seconds(fresh(), 15, _1=151, _2=151)
    assert [tile.advice for tile in board_of(state).tiles] == [Advice.EASE, Advice.NONE]
    assert board_of(after(state, [Seen(1)])).tiles[0].seen


def test_a_trend_is_against_the_last_half_minute() -> None:
    state = seconds(fresh(), 30, _2=120)
    assert board_of(state).tiles[1].trend == 0
    assert board_of(seconds(state, 1, _2=140)).tiles[1].trend == 1
    assert board_of(seconds(state, 1, _2=100)).tiles[1].trend == -1
    assert board_of(fresh()).tiles[1].trend == 0


def test_a_consent_withdrawn_takes_the_band_out_at_once() -> None:
    state = seconds(fresh(), 3, _1=120, _2=130)
    without = replace(ROSTER, entries=(Entry(1, GUARDIAN, 140), Entry(2)))
    changed = after(state, [Changed(without, state.now_ms)])
    assert (tiles(board_of(changed)), changed.waiting) == ({1: 120}, (2,))
    assert changed.bands[1].known_ms == 3000
    assert withdrawn(ROSTER, without) == (2,)
    assert withdrawn(None, without) == ()
    assert withdrawn(ROSTER, None) == (1, 2)


def test_a_class_is_the_same_after_the_hub_was_killed() -> None:
    lived, kept = fresh(), list[Keep]()
    for second in range(1, 20):
        lived, effects = happened(lived, Told(2, 150 + second, second * 1000))
        kept += [one for one in effects if isinstance(one, Keep)]
        lived = after(lived, [Passed(second * 1000)])
    kept.append(Keep(3, 19_000, 90))  # of a band that is out since
    again = after(replayed(fresh(), kept), [Passed(19_000)])
    assert board_of(again).figures.group_density == board_of(lived).figures.group_density == 1.0
    assert (again.bands[2].rate, again.bands[2].known_ms) == (169, lived.bands[2].known_ms)


def test_a_class_ends_with_its_lesson_or_after_three_hours() -> None:
    _, by_hand = happened(fresh(), Passed(1000, lesson_on=False))
    _, with_lesson = happened(fresh(with_lesson=True), Passed(1000, lesson_on=False))
    _, at_last = happened(fresh(), Passed(LONGEST_MS))
    assert (by_hand, with_lesson, at_last) == ((), (End(),), (End(),))
