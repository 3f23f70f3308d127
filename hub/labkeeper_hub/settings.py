"""The hub's settings: a TOML file, overruled by the command line; anything wrong stops the start by name."""

import argparse
import tomllib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationError, field_validator

from labkeeper_hub.influx.settings import InfluxSettings
from labkeeper_hub.oidc.settings import OidcSettings
from labkeeper_hub.retention_settings import RetentionSettings
from labkeeper_sdk import BadConfiguration
from labkeeper_sdk.configuration import named
from labkeeper_wire.mqtt import Address
from labkeeper_wire.topics import BadTopic, check_id

COMMAND_LINE = "the command line"
OPTIONS = ("data", "host", "port", "broker", "host_id")


class HubSettings(BaseModel):
    """What the hub needs to know to start."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    data: Path = Path("var/hub")
    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    broker: str = "mqtt://127.0.0.1:1883"
    host_id: str = "labkeeper"
    influx: InfluxSettings | None = None
    oidc: OidcSettings | None = None
    figures_s: float = Field(default=10.0, ge=1, le=25)  # ended commands are remembered for 30 s, and must be counted
    database: str = ""  # an SQLAlchemy URL with an async driver; empty: SQLite in the data folder
    retention: RetentionSettings = RetentionSettings()
    pe_keep_h: float = Field(default=24.0, ge=0, le=168)  # heart rates, after their class ended; 0: never kept
    second_factor: Literal["offered", "required"] = "offered"  # of owners and facility managers
    _file: str = PrivateAttr(default=COMMAND_LINE)  # where they were read
    _overruled: Collection[str] = PrivateAttr(default=())  # keys the command line gave

    @field_validator("broker")
    @classmethod
    def _broker(cls, url: str) -> str:
        Address.parse(url)
        return url

    @field_validator("host_id")
    @classmethod
    def _host_id(cls, text: str) -> str:
        try:
            return check_id(text)
        except BadTopic as bad:
            raise ValueError(f"{text!r} cannot be part of a Sparkplug topic ({bad.reason})") from bad

    @field_validator("database")
    @classmethod
    def _database(cls, url: str) -> str:
        if url:
            from labkeeper_hub.registry.address import check_address  # noqa: PLC0415 -- SQLAlchemy, not for --help

            check_address(url)
        return url

    def given_in(self, source: str, overruled: Collection[str]) -> "HubSettings":
        """Remember where they were given: in `source`, but for those that the command line overruled."""
        self._file, self._overruled = source, overruled
        return self

    @contextmanager
    def named(self) -> Iterator[None]:
        """Have a value that turns out to be wrong where it is used named with the place it was given."""
        try:
            yield
        except BadConfiguration as wrong:
            raise wrong.found_in(COMMAND_LINE if wrong.key in self._overruled else self._file) from wrong

    @property
    def database_url(self) -> str:
        """The registry's database."""
        return self.database or f"sqlite+aiosqlite:///{self.data / 'registry.sqlite'}"

    @property
    def journal_file(self) -> Path:
        return self.data / "journal.sqlite"


def load_settings(options: argparse.Namespace) -> HubSettings:
    """Read `options.config` if there is one, put the command line's options over it; raises BadConfiguration."""
    given = {name: getattr(options, name) for name in OPTIONS if getattr(options, name, None) is not None}
    source = str(options.config) if options.config else COMMAND_LINE
    told = _read(options.config) if options.config else {}
    try:
        return HubSettings(**{**told, **given}).given_in(source, given)
    except ValidationError as error:
        wrong = named(error, "", source)
        raise (wrong.found_in(COMMAND_LINE) if wrong.key in given else wrong) from error


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadConfiguration("--config", f"cannot be read ({error.strerror})", str(file)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadConfiguration("--config", f"is not TOML: {error}", str(file)) from error
