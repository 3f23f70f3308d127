"""The fork server, seen from the node: started when the first process is wanted, and again if it was ended."""

import asyncio
import os
import signal
import socket
import sys
from collections import deque
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field

from labkeeper_edge.supervision.deadlines import DriverFault
from labkeeper_edge.supervision.isolation.forking import MESSAGE_BYTES


@dataclass(slots=True)
class Forked:
    """A process; `ended` is its exit status, or minus the signal that ended it."""

    pid: int
    ended: asyncio.Future[int]
    _handle: int  # a pidfd: what is sent to it never meets another process with the same number

    def kill(self) -> None:
        """End it at once."""
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._handle, signal.SIGKILL)

    async def wait(self) -> int:
        """Wait for its end."""
        return await asyncio.shield(self.ended)

    def close(self) -> None:
        """Nobody kills it any more."""
        os.close(self._handle)


@dataclass(slots=True)
class ForkServer:
    """Gives processes; its own lives from the first one wanted to `close`."""

    _process: asyncio.subprocess.Process | None = None
    _end: socket.socket | None = None
    _asked: "deque[asyncio.Future[Forked]]" = field(default_factory=deque)
    _living: "dict[int, asyncio.Future[int]]" = field(default_factory=dict)
    _starting: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def fork(self, niceness: int, *descriptors: int) -> Forked:
        """Return a new process that has these descriptors; raises DriverFault where there can be none."""
        async with self._starting:
            end = self._end or await self._start()
        answer: asyncio.Future[Forked] = asyncio.get_running_loop().create_future()
        self._asked.append(answer)
        try:
            socket.send_fds(end, [b"%d" % niceness], descriptors)
        except OSError:  # it is gone; so says `_hear` to everybody who waits
            self._lost()
        return await answer

    async def close(self) -> None:
        """End the fork server, and with it whatever lives yet."""
        self._lost()
        process, self._process = self._process, None
        if process is not None:
            await process.wait()

    async def _start(self) -> socket.socket:
        await self.close()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs, ExitStack() as undone:
            undone.enter_context(ours)
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "labkeeper_edge.supervision.isolation.forking",
                str(theirs.fileno()),
                pass_fds=(theirs.fileno(),),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                process_group=0,
            )
            undone.pop_all()
        ours.setblocking(False)
        self._end = ours
        asyncio.get_running_loop().add_reader(ours, self._hear, ours)
        return ours

    def _hear(self, end: socket.socket) -> None:
        try:
            said, handles, _, _ = socket.recv_fds(end, MESSAGE_BYTES, 1)
        except BlockingIOError:
            return
        except OSError:
            said, handles = b"", []
        match said.split():
            case [b"forked", pid]:
                self._forked(int(pid), handles[0])
            case [b"failed", number]:
                self._answer(DriverFault(f"there can be no process: {os.strerror(int(number))}"))
            case [b"ended", pid, status]:
                self._living.pop(int(pid)).set_result(int(status))
            case _:
                self._lost()

    def _forked(self, pid: int, handle: int) -> None:
        ended = self._living[pid] = asyncio.get_running_loop().create_future()
        self._answer(Forked(pid, ended, handle))

    def _answer(self, answer: Forked | DriverFault) -> None:
        waiting = self._asked.popleft()
        if waiting.cancelled():
            if isinstance(answer, Forked):  # nobody wants it any more
                answer.kill()
                answer.close()
        elif isinstance(answer, Forked):
            waiting.set_result(answer)
        else:
            waiting.set_exception(answer)

    def _lost(self) -> None:
        """It ended, and the kernel ends everything that came from it."""
        end, self._end = self._end, None
        if end is None:
            return
        asyncio.get_running_loop().remove_reader(end)
        end.close()
        while self._asked:
            self._answer(DriverFault("the fork server ended"))
        while self._living:
            self._living.popitem()[1].set_result(-signal.SIGKILL)
