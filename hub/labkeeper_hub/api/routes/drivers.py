"""Drivers of nodes: what each node can run and runs, and sets that are tried, applied and taken back."""

from collections.abc import Iterable
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query

from labkeeper_hub.api.answers import Json, JsonAnswer
from labkeeper_hub.api.documented import PROBLEMS
from labkeeper_hub.api.driver_shapes import (
    ApplyDriversRequest,
    DriverOfferRequest,
    DriverOfferShape,
    DriversOutcomeShape,
    DriversRequest,
    FormerDriversRequest,
    NodeDriversList,
    TryDriversRequest,
)
from labkeeper_hub.api.needs import ConfiguresDrivers, Right
from labkeeper_hub.api.problems import Refusal
from labkeeper_hub.api.state import Api, ApiHere
from labkeeper_hub.drivers.standing import DriversRefused, NodeDrivers, Outcome, Wish
from labkeeper_hub.model import NodeKey
from labkeeper_wire.driver_sets import Doing, Instance, Mistake

router = APIRouter(tags=["drivers"])
LONGEST_RESULT = 500  # characters of a set's changes in the record
ANSWERS = {
    "unknown_node": HTTPStatus.NOT_FOUND,
    "not_open": HTTPStatus.CONFLICT,
    "node_away": HTTPStatus.CONFLICT,
    "changed_meanwhile": HTTPStatus.CONFLICT,
    "no_former": HTTPStatus.CONFLICT,
    "too_large": HTTPStatus(413),
    "hub_disk": HTTPStatus.SERVICE_UNAVAILABLE,
}


@router.get("/drivers", response_model=NodeDriversList)
async def drivers(api: ApiHere, right: ConfiguresDrivers) -> JsonAnswer:  # noqa: ARG001 -- the right is the door
    """List what every node runs, from its own file and from here, without any secret."""
    return JsonAnswer({"nodes": [_node(one) for one in api.parts.drivers.all()]})


@router.get(
    "/drivers/offer", response_model=DriverOfferShape, responses={status: PROBLEMS[status] for status in (404, 409)}
)
async def offer(
    api: ApiHere,
    right: ConfiguresDrivers,  # noqa: ARG001 -- the right is the door
    asked: Annotated[DriverOfferRequest, Query()],
) -> JsonAnswer:
    """Return the drivers that a node lets the hub add, with the schema of each."""
    try:
        found = api.parts.drivers.node(NodeKey(asked.school, asked.node))
    except DriversRefused as refused:
        raise _refusal(refused) from refused
    if found.offer is None:
        raise _refusal(DriversRefused("not_open", "this node's own file does not let the hub add drivers"))
    return JsonAnswer(found.offer.model_dump(by_alias=True, exclude={"key"}))


@router.post(
    "/drivers/try", response_model=DriversOutcomeShape, responses={status: PROBLEMS[status] for status in (404, 409)}
)
async def try_set(api: ApiHere, right: ConfiguresDrivers, asked: TryDriversRequest) -> JsonAnswer:
    """Have a node judge a whole set; nothing changes, whatever it says."""
    return await _order(api, right, "try", asked, _instances(asked), 0)


@router.post(
    "/drivers/apply",
    response_model=DriversOutcomeShape,
    responses={status: PROBLEMS[status] for status in (404, 409, 413)},
)
async def apply_set(api: ApiHere, right: ConfiguresDrivers, asked: ApplyDriversRequest) -> JsonAnswer:
    """Have a node run a whole set in the place of the one before; wrong in one thing, it is refused as a whole."""
    _no_lesson(api, right, asked, "apply")
    return await _order(api, right, "apply", asked, _instances(asked), asked.number)


@router.post(
    "/drivers/back", response_model=DriversOutcomeShape, responses={status: PROBLEMS[status] for status in (404, 409)}
)
async def back(api: ApiHere, right: ConfiguresDrivers, asked: FormerDriversRequest) -> JsonAnswer:
    """Have a node run the set that it ran before this one."""
    _no_lesson(api, right, asked, "back")
    return await _order(api, right, "back", asked, {}, asked.number)


async def _order(
    api: Api, right: Right, do: Doing, asked: DriversRequest, instances: dict[str, Instance], seen: int
) -> JsonAnswer:
    node, by = NodeKey(asked.school, asked.node), right.person.name
    try:
        outcome = await api.parts.drivers.order(Wish(node, do, instances, seen, by))
    except DriversRefused as refused:
        api.audit.note(by, f"{do}_drivers", "/".join(node), refused.code)
        raise _refusal(refused) from refused
    api.audit.note(by, f"{do}_drivers", "/".join(node), _result(outcome))
    return JsonAnswer(_outcome(outcome))


def _no_lesson(api: Api, right: Right, asked: ApplyDriversRequest | FormerDriversRequest, do: str) -> None:
    """Refuse a change in a lab in which a lesson is on, unless the asker says that they know."""
    labs = [one.lab for one in api.parts.registry.nodes() if one.key == NodeKey(asked.school, asked.node)]
    on = any(one.room.school == asked.school and one.room.lab in labs for one, _ in api.parts.lessons.lessons().lessons)
    if on:
        result = "during_lesson" if asked.during_lesson else "lesson_on"
        api.audit.note(right.person.name, f"{do}_drivers", f"{asked.school}/{asked.node}", result)
        if not asked.during_lesson:
            raise Refusal(HTTPStatus.CONFLICT, "lesson_on", "A lesson is on in this lab: say that you know, or wait")


def _instances(asked: TryDriversRequest) -> dict[str, Instance]:
    return {
        name: Instance(driver=one.driver, apart=one.apart, configuration=dict(one.configuration))
        for name, one in asked.instances.items()
    }


def _refusal(refused: DriversRefused) -> Refusal:
    return Refusal(ANSWERS[refused.code], refused.code, str(refused))


def _result(outcome: Outcome) -> str:
    """Say what came of it, and where anything changed; values are never in the record."""
    answer = outcome.answer
    word = "no_answer" if answer is None else f"taken {answer.number}" if answer.taken else "refused"
    return f"{word}: {' '.join(outcome.changes)}"[:LONGEST_RESULT]


def _outcome(outcome: Outcome) -> dict[str, Json]:
    answer = outcome.answer
    return {
        "answered": answer is not None,
        "taken": answer is not None and answer.taken,
        "number": 0 if answer is None else answer.number,
        "changes": list(outcome.changes),
        "mistakes": _mistakes(() if answer is None else answer.mistakes),
    }


def _node(one: NodeDrivers) -> dict[str, Json]:
    stands = one.standing
    return {
        **one.node._asdict(),
        "lab": one.lab,
        "online": one.online,
        "open": stands is not None,
        "number": 0 if stands is None else stands.number,
        "instances": {} if stands is None else {name: it.model_dump() for name, it in stands.instances.items()},
        "own": {} if stands is None else {name: it.model_dump() for name, it in stands.own.items()},
        "left_out": _mistakes(() if stands is None else stands.left_out),
        "former": stands is not None and stands.former,
        "fell_back": stands is not None and stands.fell_back,
        "versions": [
            {
                "number": it.order.number,
                "do": it.order.do,
                "by": it.order.by,
                "at_ms": it.at_ms,
                "taken": it.taken,
                "changes": list(it.changes),
            }
            for it in reversed(one.versions)
        ],
    }


def _mistakes(mistakes: Iterable[Mistake]) -> list[Json]:
    return [one.model_dump() for one in mistakes]
