"""What a driver's process may use of the machine: Linux's own limits, and processor time as the kernel counts it."""

import ctypes
import os
import resource
import signal
from pathlib import Path

OUT_OF_MEMORY = 70  # exit status of a process that wanted more than it may have
PR_SET_PDEATHSIG = 1  # prctl(2)
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


def processor_s(pid: int) -> float:
    """Return the processor time a process has used, in seconds; 0 if it is gone."""
    try:
        said = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return 0.0
    ticks = said.rpartition(")")[2].split()
    return (int(ticks[USER_TICKS]) + int(ticks[SYSTEM_TICKS])) / TICKS_PER_S
