"""`python -m tests.deploy.confined UNIT MODULE …`: run a module under the system calls that a unit allows.

The filter is made of the unit's own lines with systemd's own sets; what it does not allow is refused with EPERM.
"""

import ctypes
import errno
import runpy
import subprocess
import sys
from pathlib import Path

ALLOW = 0x7FFF0000  # seccomp(2): SECCOMP_RET_ALLOW
REFUSE = 0x00050000 | errno.EPERM  # SECCOMP_RET_ERRNO


def calls_of(words: list[str]) -> set[str]:
    """Return the names of system calls and, of sets, what is in them."""
    found = set(words)
    for name in words:
        if name.startswith("@"):
            said = subprocess.check_output(["systemd-analyze", "syscall-filter", name], text=True)
            lines = (line.strip() for line in said.splitlines()[1:])
            found |= calls_of([line for line in lines if not line.startswith("#")])
    return {name for name in found if not name.startswith("@")}


def allowed(unit: Path) -> set[str]:
    """Return the system calls that a unit leaves; a line with ~ takes away, as in systemd.exec(5)."""
    found: set[str] = set()
    for line in unit.read_text().splitlines():
        key, _, words = line.partition("=")
        if key == "SystemCallFilter":
            calls = calls_of(words.removeprefix("~").split())
            found = found - calls if words.startswith("~") else found | calls
    return found


def confine(calls: set[str]) -> None:
    """Refuse this process, and whatever it starts, all other system calls."""
    seccomp = ctypes.CDLL("libseccomp.so.2")  # systemd's own
    seccomp.seccomp_init.restype = ctypes.c_void_p
    context = ctypes.c_void_p(seccomp.seccomp_init(REFUSE))
    for name in calls:
        number = seccomp.seccomp_syscall_resolve_name(name.encode())
        if number >= 0:  # this machine has it
            assert seccomp.seccomp_rule_add(context, ALLOW, number, 0) == 0, name
    assert seccomp.seccomp_load(context) == 0


if __name__ == "__main__":
    confine(allowed(Path(sys.argv[1])))
    del sys.argv[:2]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
