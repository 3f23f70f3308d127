"""A hub that answers from a table, for commands of the terminal: what they ask, and what they make of the answers."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from labkeeper_sdk.testing import HttpAnswer, HttpRequest, serve_http

NOT_FOUND: dict[str, Any] = {"status": 404, "detail": "There is no such thing"}


@dataclass
class AnsweringHub:
    """`answers` has what is sent as JSON by "METHOD path" (None: no content); the rest is answered with `problem`, and
    everything while it `refuses`.
    """

    answers: dict[str, Any]
    problem: dict[str, Any] = field(default_factory=lambda: dict(NOT_FOUND))
    refuses: bool = False
    asked: list[tuple[str, Any]] = field(default_factory=list)
    url: str = ""

    def answer(self, request: HttpRequest) -> HttpAnswer:
        """Answer, and remember what was asked."""
        said = f"{request.method} {request.path}"
        self.asked.append((said, json.loads(request.body) if request.body else None))
        if self.refuses or said not in self.answers:
            return HttpAnswer(json.dumps(self.problem).encode(), self.problem["status"])
        found = self.answers[said]
        return HttpAnswer(status=204) if found is None else HttpAnswer(json.dumps(found).encode())

    @property
    def given(self) -> list[Any]:
        """Every body it was sent."""
        return [body for _, body in self.asked if body is not None]


@asynccontextmanager
async def open_answering_hub(answers: dict[str, Any]) -> AsyncIterator[AnsweringHub]:
    """Run it on a free loopback port."""
    hub = AnsweringHub(answers)
    async with serve_http(hub.answer) as wire:
        hub.url = f"http://{wire.host}:{wire.port}"
        yield hub
