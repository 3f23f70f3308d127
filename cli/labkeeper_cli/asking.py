"""What every command has in common that asks a running hub: where it is, by what right, and why it did not answer."""

import argparse
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

FAILED = 1
WAIT_S = 300.0  # for the next bytes: the hub may be busy


def add_hub_options(parser: argparse.ArgumentParser, right: str = "the owner's secret or a token") -> None:
    """Add where the hub is, and which file holds the right to ask it."""
    parser.add_argument("--hub", default="http://127.0.0.1:8080", metavar="URL", help="where the hub answers")
    parser.add_argument("--secret-file", type=Path, metavar="FILE", help=f"holds {right}")


@asynccontextmanager
async def open_client(options: argparse.Namespace) -> AsyncIterator[httpx.AsyncClient]:
    """Open a client of the hub that these options name; raises OSError where the file cannot be read."""
    secret = options.secret_file.read_text().strip() if options.secret_file else _from_environment()
    headers = {"Authorization": f"Bearer {secret}"} if secret else {}
    async with httpx.AsyncClient(base_url=options.hub, headers=headers, timeout=WAIT_S, trust_env=False) as client:
        yield client


def _from_environment() -> str:
    return os.environ.get("LABKEEPER_TOKEN") or os.environ.get("LABKEEPER_SECRET", "")


def why(error: Exception) -> str:
    """Return why the hub did not answer, or what it answered, for a person."""
    if isinstance(error, httpx.HTTPStatusError):
        try:
            return str(error.response.json()["detail"])
        except (ValueError, KeyError):
            return f"the hub answers {error.response.status_code}"
    if isinstance(error, httpx.RemoteProtocolError):
        return f"the hub ended the transfer early, nothing was kept: {error}"
    return str(error) or type(error).__name__
