"""`python -m labkeeper_hub.timetable`: a task on stdin; on stdout what it came to, the timetable, and its pieces."""

import sys
from collections.abc import Iterator

from labkeeper_hub.timetable.importing import CAME, KEPT, TASK, in_pieces, outcome
from labkeeper_sdk.standing_back import stand_back


def main() -> int:
    """Read one file, a line of JSON for each part of the answer."""
    stand_back()
    sys.stdout.buffer.writelines(line + b"\n" for line in _lines(sys.stdin.buffer.read()))
    return 0


def _lines(asked: bytes) -> Iterator[bytes]:
    came, timetable = outcome(TASK.validate_json(asked))
    yield CAME.dump_json(came)
    if came.fits:
        yield KEPT.dump_json(timetable)
        yield from (KEPT.dump_json(piece) for piece in in_pieces(timetable))


if __name__ == "__main__":
    sys.exit(main())
