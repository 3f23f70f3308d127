"""Questions to Shelly devices and who may answer them ("RPC Protocol"); sans-IO."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import orjson

from labkeeper_drivers.listening import Outgoing

OPEN_LIMIT = 1_000  # questions nobody has answered


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked of whom."""

    prefix: str
    method: str


@dataclass(slots=True)
class Questions:
    """Every question has a number; the oldest is forgotten when too many are open."""

    answers: str
    first: int
    _open: dict[int, Question] = field(default_factory=dict)
    _count: int = 0

    def ask(self, prefix: str, method: str, parameters: Mapping[str, object] | None = None) -> tuple[int, Outgoing]:
        """Return a question's number and its message."""
        number = self.first + self._count
        self._count += 1
        self._open[number] = Question(prefix, method)
        if len(self._open) > OPEN_LIMIT:
            del self._open[next(iter(self._open))]
        frame = {"id": number, "src": self.answers, "method": method, **({"params": parameters} if parameters else {})}
        return number, Outgoing(f"{prefix}/rpc", orjson.dumps(frame))

    def answered(self, number: object) -> Question | None:
        """Return the question with this number, once."""
        return self._open.pop(number, None) if type(number) is int else None
