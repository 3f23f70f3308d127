"""A school's secrets, made as a person would make them."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
SCHOOL, NODE, OTHER = "minhang-3", "physics-pi", "chemistry-pi"


def init(folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    """Run the script for our school with its output in `folder`/secrets."""
    return script("--school", SCHOOL, "--address", "127.0.0.1", "--to", str(folder / "secrets"), *more)


def script(*words: str) -> subprocess.CompletedProcess[str]:
    """Run the script."""
    command = [sys.executable, str(DEPLOY / "init.py"), *words]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    done = init(tmp_path, "--node", NODE, "--node", OTHER)
    assert done.returncode == 0, done.stderr
    return tmp_path / "secrets"
