"""The border: what comes in is checked strictly, and what is wrong is named field by field."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated, Any, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from labkeeper_hub.api.problems import MOST_ERRORS, Refusal, Wrong, clean

LAST_MS = 253_402_300_799_999  # the last millisecond of year 9999, which is where calendars end


class Body(BaseModel):
    """A request's body: unknown keys are refused and nothing is converted."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Query(BaseModel):
    """A request's query: unknown keys are refused; numbers are read from their text."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


def _as_ms(said: object) -> object:
    """Return milliseconds since the epoch for an ISO-8601 time with its offset; anything else is left as it is."""
    if not isinstance(said, str) or said.strip().lstrip("-").isdigit():
        return said
    try:
        time = datetime.fromisoformat(said)
    except ValueError as error:
        raise ValueError("is neither milliseconds nor an ISO-8601 time (a + in an address is written %2B)") from error
    if time.tzinfo is None:
        raise ValueError("needs an offset: Z, or +08:00 written %2B08:00")
    since = time.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * 1000 + since.microseconds // 1000


# pydantic looks into a text that has a length, and refuses half characters there.
Text: TypeAlias = Annotated[str, Field(max_length=4096)]
Id: TypeAlias = Annotated[str, Field(min_length=1, max_length=256)]
DeviceId: TypeAlias = Annotated[str, Field(max_length=256, description="empty: what a foreign node says of itself")]
Secret: TypeAlias = Annotated[str, Field(min_length=1, max_length=512)]
TIME_TOLD = {
    "anyOf": [{"type": "integer", "minimum": 0, "maximum": LAST_MS}, {"type": "string", "format": "date-time"}],
    "description": "milliseconds since the epoch, or an ISO-8601 time with its offset",
}
Time: TypeAlias = Annotated[
    int, Field(ge=0, le=LAST_MS), BeforeValidator(_as_ms), WithJsonSchema(TIME_TOLD, mode="validation")
]


def refusal(errors: Sequence[Mapping[str, Any]], prefix: str = "") -> Refusal:
    """Return the refusal for what pydantic found wrong, at most ten fields of it."""
    wrongs: list[Wrong] = [
        {"field": clean(_place(error["loc"], prefix)), "message": clean(str(error["msg"]), 300)}
        for error in errors[:MOST_ERRORS]
    ]
    first = wrongs[0]
    detail = f"{first['field']}: {first['message']}"
    return Refusal(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid", detail, errors=wrongs)


def _place(where: Sequence[object], prefix: str) -> str:
    """Name the field, without the branch of its type that pydantic tried."""
    parts = (clean(str(part)) for part in where if not str(part).startswith(("constrained-", "literal[")))
    return ".".join([*([prefix] if prefix else []), *parts]) or "body"
