"""The overrides that people set, on disk: replaced whole or not at all."""

from collections.abc import Iterable
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from labkeeper_hub.alarms.limits import SetOverride
from labkeeper_hub.private_files import replace_private
from labkeeper_sdk import BadConfiguration

FILE = "alarm-limits.json"


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")
    overrides: tuple[SetOverride, ...]


def read_limits(data: Path) -> tuple[SetOverride, ...]:
    """Return what was set up to the last run; raises BadConfiguration for a damaged file."""
    path = data / FILE
    try:
        return _File.model_validate_json(path.read_bytes()).overrides
    except FileNotFoundError:
        return ()
    except ValidationError as error:
        raise BadConfiguration("overrides", "is damaged; put back a copy, or delete it", str(path)) from error


def write_limits(data: Path, kept: Iterable[SetOverride]) -> None:
    """Keep them; raises OSError, and then nothing has changed."""
    replace_private(data / FILE, _File(overrides=tuple(kept)).model_dump_json())
