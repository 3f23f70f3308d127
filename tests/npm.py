"""Packages from npm for tests; without node they are skipped, except in CI, where that is a failure."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from benchmarks.npm import install


def packages(folder: Path) -> Path:
    """Return the folder with what its lock file pins installed."""
    missing = [tool for tool in ("node", "npm") if shutil.which(tool) is None]
    if missing:
        reason = f"needs {' and '.join(missing)} on the PATH"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    try:
        install(folder)
    except subprocess.CalledProcessError as error:
        pytest.fail(str(error.stderr))
    return folder
