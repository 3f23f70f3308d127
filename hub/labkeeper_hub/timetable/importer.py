"""Files are read beside the hub, by a process of their own: a thousand rows hold up nobody in front of a page."""

import asyncio
import sys
from asyncio.subprocess import PIPE
from dataclasses import dataclass

from labkeeper_hub.timetable.importing import CAME, KEPT, TASK, Came, Task
from labkeeper_hub.timetable.slots import Dated, Slot

LONGEST_S = 60.0


class CannotRead(Exception):
    """The process that reads failed, or took too long; its last words are the message."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What a file came to; the timetable as it is to be kept, and its slots. Both are empty if it does not fit."""

    came: Came
    kept: str = ""
    weekly: tuple[Slot, ...] = ()
    dated: tuple[Dated, ...] = ()


async def read_beside(task: Task) -> Taken:
    """Return what a file comes to; raises CannotRead."""
    first, *more = (await _answered(TASK.dump_json(task))).splitlines()
    came = CAME.validate_json(first)
    if not more:
        return Taken(came)
    weekly, dated = list[Slot](), list[Dated]()
    for line in more[1:]:
        piece = KEPT.validate_json(line)
        weekly += piece.weekly
        dated += piece.dated
        await asyncio.sleep(0)  # a piece at a time: nobody waits for all of them
    return Taken(came, more[0].decode(), tuple(weekly), tuple(dated))


async def _answered(asked: bytes) -> bytes:
    command = (sys.executable, "-m", "labkeeper_hub.timetable")
    process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, stderr=PIPE)
    try:
        async with asyncio.timeout(LONGEST_S):
            answer, said = await process.communicate(asked)
    except TimeoutError as late:
        raise CannotRead("it took too long") from late
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        raise CannotRead(said.decode(errors="replace"))
    return answer
