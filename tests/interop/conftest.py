"""Other people's Sparkplug from npm, installed once per run and never committed."""

from pathlib import Path

import pytest

from tests.npm import packages

FOLDER = Path(__file__).parent


@pytest.fixture(scope="session")
def node_folder() -> Path:
    """The folder whose node_modules hold the pinned packages; skips without node, except in CI, where it fails."""
    return packages(FOLDER)
