from labkeeper_hub.accounts.links import LIFETIME_S, MOST_LINKS, SignInLinks


def test_a_link_works_once() -> None:
    links = SignInLinks()
    token = links.issue("owner", 0.0)
    assert links.redeem(token, 1.0)
    assert not links.redeem(token, 1.0)


def test_a_link_is_worthless_after_ten_minutes() -> None:
    links = SignInLinks()
    early, late = links.issue("owner", 0.0), links.issue("owner", 0.0)
    assert links.redeem(early, LIFETIME_S - 0.001)
    assert not links.redeem(late, LIFETIME_S)


def test_a_made_up_link_is_worthless() -> None:
    links = SignInLinks()
    links.issue("owner", 0.0)
    assert not links.redeem("made up", 0.0)


def test_the_oldest_link_gives_way_when_too_many_are_out() -> None:
    links = SignInLinks()
    tokens = [links.issue("owner", 0.0) for _ in range(MOST_LINKS + 1)]
    assert not links.redeem(tokens[0], 0.0)
    assert links.redeem(tokens[1], 0.0)
    assert links.redeem(tokens[-1], 0.0)


def test_the_token_itself_is_not_kept() -> None:
    links = SignInLinks()
    token = links.issue("owner", 0.0)
    assert token not in links._until
