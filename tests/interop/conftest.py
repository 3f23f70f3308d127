"""Other people's Sparkplug from npm, installed once per run and never committed."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent
INSTALL_S = 300


@pytest.fixture(scope="session")
def node_folder() -> Path:
    """The folder whose node_modules hold the pinned packages; skips without node, except in CI, where it fails."""
    missing = [tool for tool in ("node", "npm") if shutil.which(tool) is None]
    if missing:
        reason = f"needs {' and '.join(missing)} on the PATH"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    if not _is_installed():
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        done = subprocess.run(command, cwd=FOLDER, timeout=INSTALL_S, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    return FOLDER


def _is_installed() -> bool:
    """Tell whether npm has installed after the lock file last changed."""
    installed = FOLDER / "node_modules" / ".package-lock.json"
    return installed.exists() and installed.stat().st_mtime >= (FOLDER / "package-lock.json").stat().st_mtime
