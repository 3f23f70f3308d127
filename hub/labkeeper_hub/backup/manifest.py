"""What a backup says of itself: the first file in it, and what everything else is checked against."""

import re
from pathlib import PurePosixPath
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

FORMAT = 1
NAME = "manifest.json"
LONGEST = 1 << 20  # bytes of a manifest that is read at all
_MEMBER = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*(/[A-Za-z0-9_-][A-Za-z0-9_.-]*)*")


class BackupRefused(Exception):
    """The backup cannot be made, or the file cannot be restored: the message says why, and nothing was changed."""


class Member(BaseModel):
    """One file of the data folder."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    size: Annotated[int, Field(ge=0)]
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    mode: Annotated[int, Field(ge=0, le=0o777)]

    @field_validator("name")
    @classmethod
    def _stays_inside(cls, name: str) -> str:
        if _MEMBER.fullmatch(name) is None or ".." in PurePosixPath(name).parts:
            raise ValueError("is no name of a file in a data folder")
        return name


class Manifest(BaseModel):
    """What made the backup, when, of which journal, and every file in it. `journal_version` is the journal's schema."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: int
    labkeeper: str
    made_ms: int
    journal: str
    journal_version: int
    registry_inside: bool
    files: tuple[Member, ...]

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(member.size for member in self.files)


def read_manifest(text: bytes) -> Manifest:
    """Read a manifest; raises BackupRefused for one that is not ours or is newer than this program."""
    try:
        manifest = Manifest.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise BackupRefused(f"its manifest is damaged ({where}: {first['msg']})") from error
    if manifest.format > FORMAT:
        raise BackupRefused(f"it has format {manifest.format}, this Labkeeper knows {FORMAT}: use a newer Labkeeper")
    return manifest
