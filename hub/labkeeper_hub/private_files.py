"""Files that only the hub's user may read, replaced whole or not at all."""

import os
import secrets
from pathlib import Path


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
