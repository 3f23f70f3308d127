"""What a notification channel is: one way to reach people, which sends a message or says why it could not.

A channel never retries, waits or counts: the hub does that once, for all of them, from an outbox on disk. It may be
asked to send a message again that went out before a crash; `Message.id` is the same then.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from pydantic import BaseModel

from labkeeper_sdk.points import Title


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What people are told, in one language. `link` leads to the page, behind its sign-in; `id` is the message's own.

    `kind` is alarm, escalation, repeat, digest or test; `safety`: of the safety class.
    """

    id: str
    kind: str
    title: str
    text: str
    link: str = ""
    safety: bool = False
    made_ms: int = 0


class Channel(Protocol):
    """One way to reach people."""

    async def send(self, message: Message) -> None:
        """Return when the other side has taken it; raise MessageNotSent otherwise. It is given half a minute."""


@dataclass(frozen=True, slots=True)
class ChannelKind:
    """A kind of channel: its name, its configuration (a pydantic model, shown as a form), and how one is made of it.

    A configuration is kept encrypted and shown to nobody, so that every key may be a secret.
    """

    name: str
    configuration: type[BaseModel]
    make: Callable[[Any], Channel]  # of its own configuration model
    title: Title = Title()
