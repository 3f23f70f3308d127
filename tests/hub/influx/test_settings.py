"""What the settings refuse, and where secrets come from."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from labkeeper_hub.influx.settings import PASSWORD, TOKEN, InfluxSettings, Secrets, read_secrets
from labkeeper_sdk import BadConfiguration


@pytest.mark.parametrize(
    "url",
    ["127.0.0.1:8086", "mqtt://host", "http://", "http://user:secret@host:8086", "http://host/?token=secret"],
)
def test_an_address_that_is_none_or_holds_a_secret_is_refused(url: str) -> None:
    with pytest.raises(ValidationError, match=r"is not http|secrets belong"):
        InfluxSettings(url=url)


def test_a_slash_at_the_end_of_an_address_means_nothing() -> None:
    assert InfluxSettings(url="http://host:8086/").url == "http://host:8086"


def test_secrets_come_from_files_before_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TOKEN, "token of the environment")
    monkeypatch.setenv(PASSWORD, "password of the environment")
    file = tmp_path / "token"
    file.write_text("token of a file\n")
    assert read_secrets(InfluxSettings(url="http://h", token_file=file)) == Secrets(
        "token of a file", "password of the environment"
    )
    assert read_secrets(InfluxSettings(url="http://h")).token == "token of the environment"


def test_secrets_are_not_shown() -> None:
    assert repr(Secrets("a", "b")) == "Secrets(...)"


def test_a_secrets_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadConfiguration) as wrong:
        read_secrets(InfluxSettings(url="http://h", password_file=tmp_path / "gone"))
    assert (wrong.value.key, wrong.value.source) == ("influx.password_file", "")  # the settings' file is named above
    assert str(tmp_path / "gone") in wrong.value.problem
