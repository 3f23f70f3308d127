"""What the hub must know of an InfluxDB. Secrets come from a file or the environment, never from the settings."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator

from labkeeper_sdk import BadConfiguration

TOKEN = "LABKEEPER_INFLUX_TOKEN"  # noqa: S105 -- a variable's name
PASSWORD = "LABKEEPER_INFLUX_PASSWORD"  # noqa: S105 -- a variable's name


class InfluxSettings(BaseModel):
    """Where readings are forwarded to. `version` is InfluxDB's major version."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str
    version: Literal[1, 2, 3] = 1
    database: str = Field(default="labkeeper", min_length=1)  # the bucket, in InfluxDB's words of version 2
    org: str = ""
    user: str = ""
    password_file: Path | None = None
    token_file: Path | None = None
    create: bool = True
    retention_days: int = Field(default=0, ge=0, le=36_500)  # 0: for ever
    gzip: bool = False
    late_after_s: float = Field(default=300.0, gt=0)

    @field_validator("url")
    @classmethod
    def _url(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("is not http://host:port or https://host:port")
        if parts.username or parts.password or parts.query:
            raise ValueError("has credentials or parameters in it; secrets belong into a file or the environment")
        return url.rstrip("/")

    @property
    def sink(self) -> str:
        """What tells this destination from others; nothing secret."""
        return f"{self.url} {self.org} {self.database}"


@dataclass(frozen=True, slots=True)
class Secrets:
    """A token, or a password; empty where there is none. Never shown."""

    token: str
    password: str

    def __repr__(self) -> str:
        return "Secrets(...)"


def read_secrets(settings: InfluxSettings) -> Secrets:
    """Read them anew, so that a changed file counts from the next connection on; raises BadConfiguration
    that names the secret's file; the settings' is named by who read them.
    """
    return Secrets(
        _secret("influx.token_file", settings.token_file, TOKEN),
        _secret("influx.password_file", settings.password_file, PASSWORD),
    )


def _secret(key: str, file: Path | None, variable: str) -> str:
    if file is None:
        return os.environ.get(variable, "")
    try:
        return file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise BadConfiguration(key, f"{file} cannot be read ({error})") from error
