"""A disk that is really full: a memory file system of megabytes where we may mount one, else as near as one gets."""

import errno
import os
import resource
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

MEGABYTES = 8


@dataclass
class SmallDisk:
    """A folder on the disk, and what fills it."""

    folder: Path

    def fill(self) -> None:
        """Leave no byte free."""
        ballast = os.open(self.folder / "ballast", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        for size in (1 << 16, 512, 1):
            try:
                while True:
                    os.write(ballast, bytes(size))
            except OSError as error:
                assert error.errno == errno.ENOSPC  # noqa: PT017 -- any other error is none of ours
        os.close(ballast)

    def make_room(self) -> None:
        """Let there be room again."""
        (self.folder / "ballast").unlink()


@dataclass
class Limited(SmallDisk):
    """Where nothing may be mounted: no file of this process may grow beyond what the largest has now."""

    def fill(self) -> None:
        _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 15, most))

    def make_room(self) -> None:
        _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))


@contextmanager
def open_small_disk(folder: Path) -> Iterator[SmallDisk]:
    """Mount it if we may; whatever was done to it is undone at the end."""
    folder.mkdir()
    mounting = ["mount", "-t", "tmpfs", "-o", f"size={MEGABYTES}m", "tmpfs", str(folder)]
    mounted = os.geteuid() == 0 and subprocess.run(mounting, check=False, capture_output=True).returncode == 0
    disk = SmallDisk(folder) if mounted else Limited(folder)
    try:
        yield disk
    finally:
        if mounted:
            subprocess.run(["umount", "-l", str(folder)], check=True)
        else:
            disk.make_room()
