"""What a driver's process may use of the machine: Linux's own limits, and processor time as the kernel counts it."""

import ctypes
import os
import platform
import resource
import signal
import struct
from pathlib import Path

OUT_OF_MEMORY = 70  # exit status of a process that wanted more than it may have
PR_SET_PDEATHSIG = 1  # prctl(2)
SCHED_SETATTR = {"x86_64": 314, "aarch64": 274, "armv7l": 380}  # by its number: glibc has it from 2.41 on
SCHED_ATTR = struct.Struct("=IIQiIQQQ")  # sched_setattr(2): size, policy, flags, nice, priority, three durations in ns
LONG_TURN_NS = 100_000_000  # the longest Linux gives
TICKS_PER_S = os.sysconf("SC_CLK_TCK")
USER_TICKS, SYSTEM_TICKS = 11, 12  # fields 14 and 15 of /proc/PID/stat, counted after the name in brackets (proc(5))


def limit_this_process(memory_bytes: int) -> None:
    """Bound this process's private memory (RLIMIT_DATA, Linux 4.7), and have it leave no core behind."""
    resource.setrlimit(resource.RLIMIT_DATA, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def die_with(parent: int) -> None:
    """Have the kernel end this process when `parent`, which made it, ends."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before we could ask
        os._exit(1)


def take_long_turns() -> None:
    """Have whoever wakes interrupt this process at once, for longer turns when nobody does: the scheduler of Linux 6.12
    lets a shorter slice go before a longer one. Elsewhere nothing is different.
    """
    call = SCHED_SETATTR.get(platform.machine())
    if call is not None:
        niceness = os.getpriority(os.PRIO_PROCESS, 0)
        said = SCHED_ATTR.pack(SCHED_ATTR.size, os.SCHED_OTHER, 0, niceness, 0, LONG_TURN_NS, 0, 0)
        ctypes.CDLL(None).syscall(call, 0, said, 0)


def processor_s(pid: int) -> float:
    """Return the processor time a process has used, in seconds; 0 if it is gone."""
    try:
        said = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return 0.0
    ticks = said.rpartition(")")[2].split()
    return (int(ticks[USER_TICKS]) + int(ticks[SYSTEM_TICKS])) / TICKS_PER_S
