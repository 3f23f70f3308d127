"""What every route and every message of the live WebSocket says it needs, read back from the app itself."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import get_args

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts

from labkeeper_hub.accounts import Action
from labkeeper_hub.api.live.messages import Message
from labkeeper_hub.api.needs import Needs


@dataclass(frozen=True, slots=True)
class Declared:
    """One way to ask the hub for something; `action` None: it declares nothing."""

    method: str
    path: str
    action: Action | None


def declared_routes(app: FastAPI) -> Iterator[Declared]:
    """Return every route of the app, WebSockets as method WEBSOCKET."""
    for context in iter_route_contexts(app.routes):
        route = getattr(context, "original_route", context)
        needs = list(_needs(getattr(route, "dependant", None)))
        for method in sorted(getattr(context, "methods", None) or ("WEBSOCKET",)):
            yield Declared(method, str(context.path), needs[0] if needs else None)


def declared_messages() -> Iterator[Declared]:
    """Return every message a page may send on the live WebSocket."""
    union, *_ = get_args(Message)
    for kind in get_args(union):
        (name,) = get_args(kind.model_fields["type"].annotation)
        yield Declared("MESSAGE", name, getattr(kind, "needs", None))


def _needs(dependant: Dependant | None) -> Iterator[Action]:
    for one in dependant.dependencies if dependant else ():
        if isinstance(one.call, Needs):
            yield one.call.action
        yield from _needs(one)
