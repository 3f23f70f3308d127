from labkeeper_hub.accounts.person import OWNER
from labkeeper_hub.accounts.sessions import (
    ABSOLUTE_MS,
    CLOCK_SLACK_MS,
    IDLE_MS,
    MOST_SESSIONS,
    NOT_THERE,
    OVERLAP_MS,
    TURN_EVERY_MS,
    Sessions,
    There,
)
from labkeeper_hub.accounts.tokens import digest

NOON_MS = 1_800_000_000_000


def test_a_session_is_found_by_its_token_and_by_no_other() -> None:
    sessions = Sessions()
    token = sessions.open(OWNER.name, NOON_MS)
    found = sessions.use(token, NOON_MS + 1)
    assert found is not None
    assert (found.name, found.opened_ms, found.seen_ms) == (OWNER.name, NOON_MS, NOON_MS + 1)
    assert sessions.use(token + "x", NOON_MS) is None
    assert sessions.use("\udcff", NOON_MS) is None


def test_the_token_itself_is_not_kept() -> None:
    sessions = Sessions()
    token = sessions.open(OWNER.name, NOON_MS)
    assert token not in repr(sessions.kept())


def test_a_session_ends_when_nobody_uses_it_for_half_an_hour() -> None:
    sessions = Sessions()
    token = sessions.open(OWNER.name, NOON_MS)
    assert sessions.use(token, NOON_MS + IDLE_MS - 1) is not None
    assert sessions.use(token, NOON_MS + 2 * IDLE_MS - 2) is not None
    assert sessions.use(token, NOON_MS + 3 * IDLE_MS - 2) is None


def test_a_session_in_use_ends_after_twelve_hours_all_the_same() -> None:
    sessions = Sessions()
    token = sessions.open(OWNER.name, NOON_MS)
    for minute in range(ABSOLUTE_MS // 60_000):
        assert sessions.use(token, NOON_MS + minute * 60_000) is not None
    assert sessions.use(token, NOON_MS + ABSOLUTE_MS) is None


def test_a_session_does_not_outlive_a_clock_that_was_set_back() -> None:
    sessions = Sessions()
    token = sessions.open(OWNER.name, NOON_MS)
    assert sessions.use(token, NOON_MS - CLOCK_SLACK_MS) is not None
    assert sessions.use(token, NOON_MS - CLOCK_SLACK_MS - 1) is None


def test_looking_whether_a_session_lives_does_not_keep_it_alive() -> None:
    sessions = Sessions()
    sessions.open(OWNER.name, NOON_MS)
    (session,) = sessions.kept()
    assert sessions.find(session.key, NOON_MS + IDLE_MS - 1)
    assert not sessions.find(session.key, NOON_MS + IDLE_MS)
    assert not sessions.find("unknown", NOON_MS)


def test_a_closed_session_is_gone_and_closing_twice_is_harmless() -> None:
    sessions = Sessions()
    token = sessions.open(OWNER.name, NOON_MS)
    sessions.close(token)
    sessions.close(token)
    assert sessions.use(token, NOON_MS) is None
    assert sessions.kept() == ()


def test_sweeping_forgets_only_what_has_ended() -> None:
    sessions = Sessions()
    sessions.open(OWNER.name, NOON_MS)
    fresh = sessions.open(OWNER.name, NOON_MS + IDLE_MS - 1)
    sessions.kept()
    sessions.sweep(NOON_MS + IDLE_MS)
    assert sessions.changed
    assert [session.token for session in sessions.kept()] == [digest(fresh)]
    sessions.sweep(NOON_MS + IDLE_MS)
    assert not sessions.changed


def test_there_is_an_end_to_the_number_of_sessions_and_the_longest_unseen_goes_first() -> None:
    sessions = Sessions()
    tokens = [sessions.open(OWNER.name, NOON_MS + number) for number in range(MOST_SESSIONS)]
    assert sessions.use(tokens[0], NOON_MS + MOST_SESSIONS) is not None
    sessions.open(OWNER.name, NOON_MS + MOST_SESSIONS)
    assert len(sessions.kept()) == MOST_SESSIONS
    assert sessions.use(tokens[0], NOON_MS) is not None
    assert sessions.use(tokens[1], NOON_MS) is None


def test_whoever_opens_too_many_sessions_ends_only_their_own() -> None:
    sessions = Sessions()
    teacher = sessions.open("p-1", NOON_MS)
    tokens = [sessions.open("g-1", NOON_MS + 1 + number) for number in range(MOST_SESSIONS)]
    assert sessions.use(teacher, NOON_MS + MOST_SESSIONS) is not None
    assert sessions.use(tokens[0], NOON_MS + MOST_SESSIONS) is None
    assert sessions.use(tokens[1], NOON_MS + MOST_SESSIONS) is not None
    assert len(sessions.kept()) == MOST_SESSIONS


def test_kept_sessions_come_back() -> None:
    first = Sessions()
    token = first.open(OWNER.name, NOON_MS)
    assert Sessions(first.kept()).use(token, NOON_MS) is not None


def test_a_token_is_followed_by_another_and_is_good_until_a_little_after_that_one_is_used() -> None:
    sessions = Sessions()
    first = sessions.open(OWNER.name, NOON_MS)
    assert sessions.turn_if_due(first, NOON_MS + TURN_EVERY_MS - 1) is None
    now_ms = NOON_MS + TURN_EVERY_MS
    second = sessions.turn_if_due(first, now_ms)
    assert second is not None
    assert sessions.turn_if_due(first, now_ms) is None
    assert sessions.use(first, now_ms + OVERLAP_MS) is not None
    found = sessions.use(second, now_ms + OVERLAP_MS)
    assert found is not None
    assert found.opened_ms == NOON_MS
    assert sessions.use(first, now_ms + 2 * OVERLAP_MS - 1) is not None
    assert sessions.use(first, now_ms + 2 * OVERLAP_MS) is None
    assert sessions.turn_if_due(first, now_ms + 2 * OVERLAP_MS) is None
    assert sessions.use(second, now_ms + 2 * OVERLAP_MS) is not None


def test_a_token_whose_successor_got_lost_is_followed_by_yet_another_and_the_lost_one_is_worthless() -> None:
    sessions = Sessions()
    first = sessions.open(OWNER.name, NOON_MS)
    lost = sessions.turn_if_due(first, NOON_MS + TURN_EVERY_MS)
    again = sessions.turn_if_due(first, NOON_MS + TURN_EVERY_MS + OVERLAP_MS)
    assert lost
    assert again
    assert sessions.use(lost, NOON_MS + TURN_EVERY_MS + OVERLAP_MS) is None
    assert sessions.use(again, NOON_MS + TURN_EVERY_MS + OVERLAP_MS) is not None


def test_a_session_keeps_its_key_when_its_token_changes_at_once_and_no_other_token_is_good() -> None:
    sessions = Sessions()
    first = sessions.open(OWNER.name, NOON_MS)
    (session,) = sessions.kept()
    second = sessions.turn(session.key, NOON_MS)
    assert second
    assert sessions.use(first, NOON_MS) is None
    found = sessions.use(second, NOON_MS)
    assert found is not None
    assert found.key == session.key
    assert sessions.turn(session.key, NOON_MS + IDLE_MS) is None
    assert sessions.turn_if_due(second, NOON_MS + ABSOLUTE_MS) is None


def test_the_next_request_of_somebody_whose_rights_changed_brings_a_fresh_token() -> None:
    sessions = Sessions()
    mine, other = sessions.open("p-1", NOON_MS), sessions.open("p-2", NOON_MS)
    sessions.hurry("p-1")
    assert sessions.turn_if_due(mine, NOON_MS) is not None
    assert sessions.turn_if_due(other, NOON_MS) is None


def test_all_sessions_of_one_person_end_but_the_one_that_asks() -> None:
    sessions = Sessions()
    mine = sessions.open("p-1", NOON_MS)
    (session,) = sessions.kept()
    others = [sessions.open("p-1", NOON_MS), sessions.open("p-2", NOON_MS)]
    sessions.close_all("p-1", but=session.key)
    assert [sessions.use(token, NOON_MS) is not None for token in (mine, *others)] == [True, False, True]


def test_what_the_schools_provider_ends_is_what_it_opened() -> None:
    def left(there: There) -> list[str]:
        sessions = Sessions()
        sessions.open("by password", NOON_MS)
        for name, opened in (
            ("a1", There("a", "1")),
            ("a2", There("a", "2")),
            ("a", There("a")),
            ("b1", There("b", "1")),
        ):
            sessions.open(name, NOON_MS, opened)
        ended = sessions.close_there(there)
        stayed = [one.name for one in sessions.kept() if one.name != "by password"]
        assert ended.isdisjoint(stayed)
        return stayed

    assert left(There("a", "1")) == ["a2", "b1"]
    assert left(There("a")) == ["b1"]
    assert left(There("", "1")) == ["a2", "a"]
    assert left(There("c")) == left(NOT_THERE) == ["a1", "a2", "a", "b1"]


def test_a_session_stays_the_providers_when_its_token_turns() -> None:
    sessions = Sessions()
    token = sessions.open("a1", NOON_MS, There("a", "1"))
    assert sessions.turn_if_due(token, NOON_MS + TURN_EVERY_MS)
    assert sessions.close_there(There("a", "1")) == {"a1"}
