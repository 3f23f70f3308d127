"""The hub as a process: what it keeps of the memory that one moment took."""

import subprocess
import sys

import pytest

SIGN_INS = """
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import psutil

from labkeeper_hub.__main__ import give_back_memory
from labkeeper_hub.accounts.passwords import hash_password

{first}
together = Barrier(3)
def sign_in(_):
    for _ in range(2):
        together.wait()
        hash_password("a pass phrase of somebody")
with ThreadPoolExecutor(3) as threads:
    before = psutil.Process().memory_info().rss
    list(threads.map(sign_in, range(3)))
    print((psutil.Process().memory_info().rss - before) // 1_000_000)
"""


def kept_mb(first: str) -> int:
    script = SIGN_INS.format(first=first)
    return int(subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True).stdout)


@pytest.mark.skipif(sys.platform != "linux", reason="this is how glibc keeps memory")
def test_the_memory_of_sign_ins_is_given_back_when_they_are_over() -> None:
    assert kept_mb("give_back_memory()") < 10 < kept_mb("")
