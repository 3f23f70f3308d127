"""Other people's packages from npm: installed once per lock file, never committed."""

import fcntl
import subprocess
from pathlib import Path

INSTALL_S = 300


def install(folder: Path) -> None:
    """Install what the folder's lock file pins, unless it is installed; raises subprocess.CalledProcessError.

    One process at a time: two `npm ci` in one folder remove each other's files.
    """
    with (folder / "package-lock.json").open() as pins:
        fcntl.flock(pins, fcntl.LOCK_EX)
        if not _installed(folder):
            command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
            subprocess.run(command, cwd=folder, timeout=INSTALL_S, capture_output=True, text=True, check=True)


def _installed(folder: Path) -> bool:
    installed = folder / "node_modules" / ".package-lock.json"
    return installed.exists() and installed.stat().st_mtime >= (folder / "package-lock.json").stat().st_mtime
