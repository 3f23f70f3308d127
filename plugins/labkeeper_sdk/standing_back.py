"""Processes that hub and node start for work which may wait stand back behind them."""

import os
from contextlib import suppress

BEHIND = 10  # of 19: a fraction of a busy processor, and all of an idle one


def stand_back(pid: int = 0, niceness: int = BEHIND) -> None:
    """Have a process (0: this one) run `niceness` behind this one.

    It is a courtesy, not a condition: where a sandbox refuses it, or the process is gone, nothing else is different.
    """
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, pid, os.getpriority(os.PRIO_PROCESS, 0) + niceness)
