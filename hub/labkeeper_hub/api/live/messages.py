"""What a page may say over the live WebSocket."""

from typing import Annotated, ClassVar, Literal, TypeAlias

import orjson
from pydantic import Field, TypeAdapter, ValidationError

from labkeeper_hub.accounts import Action
from labkeeper_hub.api.problems import wrong_field
from labkeeper_hub.api.routes.commands import CommandRequest
from labkeeper_hub.api.validation import Body, Id, refusal

MOST_BYTES = 16 * 1024


class Resume(Body):
    """The first message: where the page was, if it was anywhere."""

    needs: ClassVar = Action.READ_READINGS
    type: Literal["resume"]
    stream: Id | None = None
    since: Annotated[int, Field(ge=0, le=2**63 - 1)] | None = None


class Ping(Body):
    """Asks whether the hub is there."""

    needs: ClassVar = Action.BE_SIGNED_IN
    type: Literal["ping"]


class LiveStop(Body):
    """Stop everything: the shortest way there is."""

    needs: ClassVar = Action.STOP
    type: Literal["stop"]


class LiveCommand(CommandRequest):
    """A command, as POST /api/v1/commands takes it."""

    needs: ClassVar = Action.COMMAND
    type: Literal["command"]


Message: TypeAlias = Annotated[Resume | Ping | LiveStop | LiveCommand, Field(discriminator="type")]
MESSAGES: TypeAdapter[Message] = TypeAdapter(Message)


def read(text: str | bytes | None) -> Message:
    """Return what was said; raises Refusal."""
    if not isinstance(text, str):
        raise wrong_field("invalid", "message", "a message is text")
    if len(text) > MOST_BYTES:
        raise wrong_field("message_too_large", "message", f"a message has at most {MOST_BYTES} characters")
    try:
        return MESSAGES.validate_python(orjson.loads(text))
    except orjson.JSONDecodeError as error:
        raise wrong_field("invalid", "message", f"not JSON: {error}") from error
    except ValidationError as error:
        raise refusal(error.errors(include_url=False, include_input=False), "message") from error


def asked_id(text: str | bytes | None) -> str | None:
    """Return the id a refused message carries, so that the page knows which command it was."""
    try:
        said = orjson.loads(text or "")
    except orjson.JSONDecodeError:
        return None
    found = said.get("id") if isinstance(said, dict) else None
    return found if isinstance(found, str) and len(found) <= 64 else None  # noqa: PLR2004 - a uuid has 36
