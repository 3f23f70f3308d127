"""`python -m labkeeper_edge.supervision.isolation.forking FD`: the fork server, where all drivers' processes come from.

It has imported what each of them needs and runs no driver's code, so that a new process is there within milliseconds
and none inherits anything of another. Over FD, a socket that keeps messages apart, the node sends a niceness with the
driver's descriptors; it answers `forked PID` with a pidfd, or `failed ERRNO`, and says `ended PID STATUS` later.
"""

import gc
import os
import selectors
import socket
import sys
from dataclasses import dataclass, field

from labkeeper_edge.supervision.isolation.child import live
from labkeeper_edge.supervision.isolation.limits import die_with, take_long_turns
from labkeeper_sdk.standing_back import stand_back

MESSAGE_BYTES = 64
DESCRIPTORS = 2


@dataclass(slots=True)
class Forks:
    """The processes that live, by the descriptors (pidfd) that tell of their ends."""

    node: socket.socket
    selector: selectors.BaseSelector = field(default_factory=selectors.DefaultSelector)

    def serve(self) -> tuple[int, list[int]] | None:
        """Fork when asked: return in each new process its niceness and descriptors, and None when the node is gone."""
        self.selector.register(self.node, selectors.EVENT_READ)
        while True:
            for key, _ in self.selector.select():
                if key.fileobj is not self.node:
                    self._tell_end(key.fd, key.data)
                    continue
                said, descriptors, _, _ = socket.recv_fds(self.node, MESSAGE_BYTES, DESCRIPTORS)
                if not said:
                    return None
                if self._fork(descriptors):
                    return int(said), descriptors

    def _fork(self, descriptors: list[int]) -> bool:
        try:
            pid = os.fork()
        except OSError as refused:  # no more processes, or no memory
            self.node.send(b"failed %d" % (refused.errno or 0))
        else:
            if pid == 0:
                return True
            handle = os.pidfd_open(pid)
            self.selector.register(handle, selectors.EVENT_READ, pid)
            socket.send_fds(self.node, [b"forked %d" % pid], [handle])
        for descriptor in descriptors:
            os.close(descriptor)
        return False

    def _tell_end(self, handle: int, pid: int) -> None:
        _, status = os.waitpid(pid, 0)
        self.selector.unregister(handle)
        os.close(handle)
        self.node.send(b"ended %d %d" % (pid, os.waitstatus_to_exitcode(status)))

    def leave(self) -> None:
        """In a new process: keep nothing of this one."""
        for key in [*self.selector.get_map().values()]:
            os.close(key.fd)
        self.node.detach()
        self.selector.close()


def _run(descriptor: int) -> int:
    die_with(os.getppid())
    here = os.getpid()
    gc.collect()
    gc.freeze()  # what is here is never garbage, and looking at it would copy it in every process
    forks = Forks(socket.socket(fileno=descriptor))
    if (born := forks.serve()) is None:
        return 0
    die_with(here)
    # Ctrl-C is the node's; it ends its drivers in order. A group and not a session: Linux shares the processor between
    # sessions first (sched_autogroup), and the niceness of a process says nothing beyond its own
    os.setpgid(0, 0)
    forks.leave()
    niceness, descriptors = born
    stand_back(niceness=niceness)
    take_long_turns()
    return live(*descriptors)


if __name__ == "__main__":
    sys.exit(_run(int(sys.argv[1])))
