"""Whose code a thread is in: the frames it stands in, and the folders that drivers' code lies in."""

import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

from labkeeper_sdk.drivers import Driver
from labkeeper_sdk.threaded import threaded


def frames(thread: int) -> Iterator[FrameType]:
    """Yield the frames a thread stands in, innermost first; nothing of a thread that is no more."""
    frame = sys._current_frames().get(thread)  # noqa: SLF001 -- the documented way to look at a thread
    while frame is not None:
        yield frame
        frame = frame.f_back


def code_of(driver: Driver) -> Path:
    """Return the folder of the distribution's package the driver comes from; a driver in a single file is that file."""
    return _folder(driver, top=True)


def package_of(driver: Driver) -> Path:
    """Return the folder of the very package that connects: one of many in a distribution with many drivers."""
    return _folder(driver, top=False)


def _folder(driver: Driver, *, top: bool) -> Path:
    connect = driver.connect.connect if isinstance(driver.connect, threaded) else driver.connect
    module = sys.modules.get(getattr(connect, "__module__", ""))
    path = Path(getattr(module, "__file__", None) or "/nowhere")
    package = getattr(module, "__package__", "") or ""
    root = sys.modules.get(package.split(".")[0] if top else package) if package else None
    folder = getattr(root, "__file__", None)
    return Path(folder).parent if folder and path.is_relative_to(Path(folder).parent) else path
