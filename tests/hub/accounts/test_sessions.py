from labkeeper_hub.accounts.person import OWNER
from labkeeper_hub.accounts.sessions import ABSOLUTE_MS, CLOCK_SLACK_MS, IDLE_MS, MOST_SESSIONS, Session, Sessions
from labkeeper_hub.accounts.tokens import digest

NOON_MS = 1_800_000_000_000


def test_a_session_is_found_by_its_token_and_by_no_other() -> None:
    sessions = Sessions()
    token = sessions.open(OWNER.name, NOON_MS)
    found = sessions.use(token, NOON_MS + 1)
    assert found == Session(digest(token), OWNER.name, NOON_MS, NOON_MS + 1)
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
    token = sessions.open(OWNER.name, NOON_MS)
    assert sessions.lives(digest(token), NOON_MS + IDLE_MS - 1)
    assert not sessions.lives(digest(token), NOON_MS + IDLE_MS)
    assert not sessions.lives("unknown", NOON_MS)


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
    assert [session.key for session in sessions.kept()] == [digest(fresh)]
    sessions.sweep(NOON_MS + IDLE_MS)
    assert not sessions.changed


def test_there_is_an_end_to_the_number_of_sessions_and_the_longest_unseen_goes_first() -> None:
    sessions = Sessions()
    tokens = [sessions.open(OWNER.name, NOON_MS + number) for number in range(MOST_SESSIONS)]
    assert sessions.use(tokens[0], NOON_MS + MOST_SESSIONS) is not None
    sessions.open(OWNER.name, NOON_MS + MOST_SESSIONS)
    assert len(sessions.kept()) == MOST_SESSIONS
    assert sessions.lives(digest(tokens[0]), NOON_MS)
    assert not sessions.lives(digest(tokens[1]), NOON_MS)


def test_kept_sessions_come_back() -> None:
    first = Sessions()
    token = first.open(OWNER.name, NOON_MS)
    assert Sessions(first.kept()).use(token, NOON_MS) is not None
