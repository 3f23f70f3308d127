"""Other people's packages from npm: installed once per lock file, never committed."""

import subprocess
from pathlib import Path

INSTALL_S = 300


def install(folder: Path) -> None:
    """Install what the folder's lock file pins, unless it is installed; raises subprocess.CalledProcessError."""
    installed = folder / "node_modules" / ".package-lock.json"
    if installed.exists() and installed.stat().st_mtime >= (folder / "package-lock.json").stat().st_mtime:
        return
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    subprocess.run(command, cwd=folder, timeout=INSTALL_S, capture_output=True, text=True, check=True)
