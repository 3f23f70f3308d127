"""Answers in JSON, encoded once by orjson; floats come back bit for bit."""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import orjson
from starlette.responses import Response

Json: TypeAlias = "bool | int | float | str | orjson.Fragment | Sequence[Json] | Mapping[str, Json] | None"


def encode(content: Json) -> bytes:
    """Return the JSON of this, UTF-8; what has no JSON (NaN, infinities) becomes null."""
    return orjson.dumps(content)


class JsonAnswer(Response):
    """A JSON document."""

    media_type = "application/json"

    def render(self, content: Json) -> bytes:
        return encode(content)
