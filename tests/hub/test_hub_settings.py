"""Wrong settings stop the start with the key and the file named."""

import argparse
from pathlib import Path

import pytest

from labkeeper_hub.__main__ import configure
from labkeeper_hub.model import PointKey
from labkeeper_hub.settings import load_settings
from labkeeper_sdk import BadConfiguration


def options(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    configure(parser)
    return parser.parse_args(words)


def test_without_anything_the_hub_listens_to_this_machine_only() -> None:
    settings = load_settings(options())
    assert (settings.host, settings.port, settings.broker) == ("127.0.0.1", 8080, "mqtt://127.0.0.1:1883")
    assert settings.database_url == "sqlite+aiosqlite:///var/hub/registry.sqlite"
    assert settings.journal_file == Path("var/hub/journal.sqlite")


def test_the_command_line_overrules_the_file(tmp_path: Path) -> None:
    file = tmp_path / "hub.toml"
    file.write_text('port = 9000\nhost_id = "school-7"\ndatabase = "sqlite+aiosqlite:///lab"\n')
    settings = load_settings(options("--config", str(file), "--port", "9001"))
    assert (settings.port, settings.host_id) == (9001, "school-7")
    assert settings.database_url == "sqlite+aiosqlite:///lab"


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("port = 70000", "port"),
        ("prot = 1", "prot"),
        ('broker = "tcp://x"', "broker"),
        ('host_id = "a/b"', "host_id"),
        ('database = "nonsense"', "database"),
        ('database = "cabinet+drawer://x"', "database"),
        ('database = "sqlite:///x"', "database"),
        ('database = "postgresql+asyncpg://h:port/x"', "database"),
        ("port =", "--config"),
        ("[retention]\nraw_days = -1", "retention.raw_days"),
        ("[retention]\nraw_days = 90\nminute_days = 30", "retention"),
        ('[[retention.points]]\nmatch = ""', "retention.points.0.match"),
    ],
)
def test_a_wrong_setting_is_named_with_its_file(tmp_path: Path, text: str, key: str) -> None:
    file = tmp_path / "hub.toml"
    file.write_text(text)
    with pytest.raises(BadConfiguration) as wrong:
        load_settings(options("--config", str(file)))
    assert (wrong.value.key, wrong.value.source) == (key, str(file))


def test_a_wrong_option_is_the_command_lines() -> None:
    with pytest.raises(BadConfiguration) as wrong:
        load_settings(options("--broker", "nonsense"))
    assert (wrong.value.key, wrong.value.source) == ("broker", "the command line")


def test_a_value_that_turns_out_wrong_is_named_where_it_was_given(tmp_path: Path) -> None:
    file = tmp_path / "hub.toml"
    file.write_text('host = "h"\n[influx]\nurl = "http://h"\n')
    settings = load_settings(options("--config", str(file), "--port", "1"))
    for key, source in (("host", str(file)), ("influx.url", str(file)), ("port", "the command line")):
        with pytest.raises(BadConfiguration) as wrong, settings.named():
            raise BadConfiguration(key, "will not do")
        assert str(wrong.value) == f"{source}: {key}: will not do"
    with pytest.raises(BadConfiguration) as wrong, settings.named():
        raise BadConfiguration("lessons", "is damaged", "lessons.json")
    assert wrong.value.source == "lessons.json"


def test_a_settings_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadConfiguration, match=r"gone\.toml"):
        load_settings(options("--config", str(tmp_path / "gone.toml")))


def test_what_is_kept_how_long_stands_in_the_file(tmp_path: Path) -> None:
    file = tmp_path / "hub.toml"
    file.write_text(
        "[retention]\nraw_days = 30\nmax_bytes = 1000000\n"
        '[[retention.points]]\nmatch = "*/heart_rate"\nraw_days = 0.5\n'
    )
    retention = load_settings(options("--config", str(file))).retention.retention()
    heart, other = PointKey("s", "n", "strap", "heart_rate"), PointKey("s", "n", "air", "co2")
    assert (retention.of(heart)[0], retention.of(other)[0], retention.max_bytes) == (
        43_200_000,
        2_592_000_000,
        1_000_000,
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("prot = 1", "prot: no such key"),
        ("[influx]\nversion = 2", "influx.url: must be given"),
        ('host_id = "a/b"', "host_id: 'a/b' cannot be part of a Sparkplug topic (bad_id)"),
        ('broker = "tcp://x"', "broker: a broker is written mqtt://host:port, not 'tcp://x'"),
    ],
)
def test_what_is_wrong_is_said_in_words_for_people(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "hub.toml"
    file.write_text(text)
    with pytest.raises(BadConfiguration) as wrong:
        load_settings(options("--config", str(file)))
    assert str(wrong.value) == f"{file}: {said}"
