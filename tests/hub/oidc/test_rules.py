"""Attempts, mappings and settings: what decides without a socket."""

import argparse
from pathlib import Path
from typing import Any

import pytest

from labkeeper_hub.__main__ import configure
from labkeeper_hub.accounts import Grant, Role, Scope
from labkeeper_hub.accounts.sessions import There
from labkeeper_hub.oidc.attempts import CODE_S, LIFETIME_S, MOST, MOST_OF_ONE, Attempts, Link
from labkeeper_hub.oidc.discovery import BASIC, POST, endpoints
from labkeeper_hub.oidc.mapping import granted, renewed, showed_second_factor, subject_of, title_of
from labkeeper_hub.oidc.reasons import ProviderFailed, Reason
from labkeeper_hub.oidc.settings import SECRET, OidcSettings, RoleMapping, is_safe, read_secret
from labkeeper_hub.oidc.taken import LEEWAY_S, MOST_TAKEN, OLDEST_S, LoggedOut, Taken
from labkeeper_hub.settings import load_settings
from labkeeper_sdk import BadConfiguration

TEACHERS = RoleMapping(claim="groups", value="teachers", role="teacher", school="demo")
HEADS = RoleMapping(claim="groups", value="heads", role="facility_manager", school="demo", lab="lab-1")
TEACHER, HEAD = Grant(Role.TEACHER, Scope("demo")), Grant(Role.MANAGER, Scope("demo", "lab-1"))
BY_HAND = Grant(Role.READER, Scope("demo", "lab-9"))


def settings(**more: Any) -> OidcSettings:  # noqa: ANN401 - any setting
    return OidcSettings(issuer="https://s.example", client_id="lk", hub_url="https://hub.example", **more)


def test_an_attempt_ends_once_with_its_state_in_time() -> None:
    attempts = Attempts()
    token, attempt = attempts.begin("#/alarms", "192.0.2.1", 0.0, Link("p-1", "key"))
    assert attempts.take(token, "another state", 1.0) is None
    assert attempts.take("another browser", attempt.state, 1.0) is None
    assert attempts.take(token, attempt.state, 1.0) == attempt
    assert attempts.take(token, attempt.state, 1.0) is None
    token, attempt = attempts.begin("#/", "192.0.2.1", 0.0)
    assert attempts.take(token, attempt.state, LIFETIME_S) is None
    assert "verifier" not in repr(attempt)


def test_who_waits_for_a_code_is_known_by_their_browser_for_a_while() -> None:
    attempts = Attempts()
    _, attempt = attempts.begin("#/alarms", "192.0.2.1", 0.0)
    token = attempts.wait_for_code("p-1", There("them"), attempt, 0.0)
    waiting = attempts.proved(token, CODE_S - 1)
    assert waiting is not None
    assert (waiting.proved, waiting.there) == ("p-1", There("them"))
    assert attempts.take(token, attempt.state, 1.0) is None
    assert attempts.proved(token, CODE_S) is None
    attempts.drop(token)
    assert attempts.proved(token, 1.0) is None


def test_nobody_pushes_out_others_and_memory_has_an_end() -> None:
    attempts = Attempts()
    mine, attempt = attempts.begin("#/", "192.0.2.1", 0.0)
    for _ in range(MOST_OF_ONE * 3):
        attempts.begin("#/", "192.0.2.2", 0.0)
    assert len(attempts._open) == MOST_OF_ONE + 1
    assert attempts.take(mine, attempt.state, 1.0) == attempt
    for number in range(MOST + 10):
        attempts.begin("#/", f"a{number}", 0.0)
    assert len(attempts._open) == MOST


def test_a_mapping_gives_what_a_claim_says_and_takes_only_what_mappings_give() -> None:
    roles = (TEACHERS, HEADS)
    assert granted({"groups": ["teachers", "heads", "teachers", 7]}, roles) == (TEACHER, HEAD)
    assert granted({"groups": "heads"}, roles) == (HEAD,)
    assert granted({}, roles) == granted({"groups": {"teachers": 1}}, roles) == ()
    assert renewed((TEACHER, BY_HAND), (HEAD,), roles) == (HEAD, BY_HAND)


def test_who_somebody_is_and_what_they_showed_is_what_the_settings_name() -> None:
    assert subject_of({"sub": "li"}, settings()) == "li"
    assert subject_of({"sub": 7}, settings()) is subject_of({"sub": ""}, settings()) is None
    assert subject_of({"sub": "li", "nr": "7"}, settings(person_claim="nr")) == "7"
    assert title_of({"name": "李老师"}, settings()) == ""
    assert title_of({"name": " 李老师 "}, settings(name_claim="name")) == "李老师"
    assert title_of({"name": 7}, settings(name_claim="name")) == ""
    otp = settings(mfa_claim="amr", mfa_values=("otp",))
    assert showed_second_factor({"amr": ["pwd", "otp"]}, otp)
    assert not showed_second_factor({"amr": ["pwd"]}, otp)
    assert not showed_second_factor({"amr": ["otp"], "acr": "otp"}, settings())


def test_secrets_go_by_tls_or_stay_on_this_machine() -> None:
    assert is_safe("https://10.0.0.5:8443/a")
    assert is_safe("http://localhost:1")
    assert not any(map(is_safe, ("http://10.0.0.5", "ftp://localhost", "https://", "https://[", "/keys")))


GOOD = 'issuer = "https://s.example"\nclient_id = "lk"\nhub_url = "https://hub.example"\n'


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (GOOD.replace("https://s", "http://s"), "oidc.issuer"),
        (GOOD.replace("s.example", "s.example?x=1"), "oidc.issuer"),
        (GOOD.replace("s.example", "u:p@s.example"), "oidc.issuer"),
        (GOOD.replace("hub.example", "hub.example/labs"), "oidc.hub_url"),
        (GOOD.replace('client_id = "lk"', ""), "oidc.client_id"),
        (GOOD + 'client_secret = "in clear"', "oidc.client_secret"),
        (GOOD + 'scopes = ["groups"]', "oidc.scopes"),
        (GOOD + 'algorithms = ["none"]', "oidc.algorithms.0"),
        (GOOD + 'algorithms = ["HS256"]', "oidc.algorithms.0"),
        (GOOD + "algorithms = []", "oidc.algorithms"),
        (GOOD + 'mfa_claim = "amr"', "oidc"),
        (GOOD + '[[oidc.roles]]\nclaim = "g"\nvalue = "v"\nrole = "owner"\nschool = "demo"', "oidc.roles.0.role"),
        (GOOD + '[[oidc.roles]]\nclaim = "g"\nvalue = "v"\nrole = "teacher"', "oidc.roles.0.school"),
    ],
)
def test_a_wrong_setting_stops_the_start_by_its_key_and_file(tmp_path: Path, text: str, key: str) -> None:
    file = tmp_path / "hub.toml"
    file.write_text("[oidc]\n" + text)
    parser = argparse.ArgumentParser()
    configure(parser)
    with pytest.raises(BadConfiguration) as wrong:
        load_settings(parser.parse_args(["--config", str(file)]))
    assert (wrong.value.key, wrong.value.source) == (key, str(file))


def test_the_secret_is_in_a_file_or_the_environment_and_must_be_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "secret"
    monkeypatch.delenv(SECRET, raising=False)
    for told, place in ((settings(client_secret_file=file), str(file)), (settings(), SECRET)):
        with pytest.raises(BadConfiguration) as wrong:
            read_secret(told)
        assert (wrong.value.key, wrong.value.source) == ("oidc.client_secret_file", "")
        assert place in wrong.value.problem
    file.write_text("s3cret\n")
    assert read_secret(settings(client_secret_file=file)) == "s3cret"
    monkeypatch.setenv(SECRET, "another")
    assert read_secret(settings()) == "another"


SAID = {
    "issuer": "https://s.example",
    "authorization_endpoint": "https://s.example/a",
    "token_endpoint": "https://s.example/t",
    "jwks_uri": "https://s.example/k",
}


def test_a_description_says_how_the_hub_proves_itself_and_what_there_is() -> None:
    plain = endpoints(SAID, "https://s.example")
    assert (plain.client_auth, plain.userinfo, plain.end_session, plain.tells_issuer) == (BASIC, None, None, False)
    more: dict[str, object] = {
        "token_endpoint_auth_methods_supported": ["private_key_jwt", "client_secret_post"],
        "end_session_endpoint": "https://s.example/e",
        "authorization_response_iss_parameter_supported": True,
    }
    full = endpoints({**SAID, **more}, "https://s.example")
    assert (full.client_auth, full.end_session, full.tells_issuer) == (POST, "https://s.example/e", True)


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"issuer": "https://s.example/"}, Reason.WRONG_ISSUER),
        ({"jwks_uri": None}, Reason.PROVIDER_NONSENSE),
        ({"jwks_uri": 7}, Reason.PROVIDER_NONSENSE),
        ({"token_endpoint": "http://s.example/t"}, Reason.PROVIDER_NONSENSE),
        ({"token_endpoint_auth_methods_supported": ["tls_client_auth"]}, Reason.PROVIDER_NONSENSE),
    ],
)
def test_a_description_that_is_not_the_issuers_or_not_safe_is_refused(wrong: dict[str, object], reason: Reason) -> None:
    with pytest.raises(ProviderFailed) as failed:
        endpoints({**SAID, **wrong}, "https://s.example")
    assert failed.value.reason is reason


def test_a_logout_token_is_taken_once_as_long_as_it_could_come_again() -> None:
    taken, told = Taken(), LoggedOut("them", "", "jti-1")
    assert taken.first(told, 0.0) == told
    with pytest.raises(ProviderFailed, match="before"):
        taken.first(told, OLDEST_S + 2 * LEEWAY_S - 1)
    taken.first(told, OLDEST_S + 2 * LEEWAY_S)
    for number in range(MOST_TAKEN + 1):
        taken.first(LoggedOut("them", "", f"t-{number}"), 700.0)
    assert len(taken._until) == MOST_TAKEN
