"""Files that only the hub's user may read, replaced whole or not at all."""

import os
import secrets
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from labkeeper_sdk import BadConfiguration

Stored = TypeVar("Stored", bound=BaseModel)


def read_private(path: Path, model: type[Stored], key: str, advice: str) -> Stored | None:
    """Return what a file holds, None where there is none; raises BadConfiguration with advice for a damaged one."""
    try:
        return model.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except ValidationError as error:
        raise BadConfiguration(key, f"is damaged; {advice}", str(path)) from error


def replace_private(path: Path, content: str | bytes) -> None:
    """Put a content in the place of a file, with mode 600; raises OSError, and then nothing has changed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    try:
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
