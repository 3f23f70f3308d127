"""Free loopback ports."""

import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from labkeeper_sdk.testing.claims import claim


def free_port(wanted: int = 0, host: str = "127.0.0.1") -> int:
    """Return `wanted` if it is free on `host`, else a port the system chooses."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError(f"no free port on {host}")


@contextmanager
def claimed_port(wanted: int = 0, host: str = "127.0.0.1") -> Iterator[int]:
    """Choose as `free_port` does, and keep others who claim from choosing the same before it is listened on."""
    while (claim := _claim(port := free_port(wanted, host))) is None:
        wanted = 0
    with claim:
        yield port


def _claim(port: int) -> TextIO | None:
    folder = Path(tempfile.gettempdir()) / f"labkeeper-ports-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    return claim(folder / str(port))
