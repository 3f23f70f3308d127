"""Lessons, scenes, and several wishes as one action with one result."""

from collections.abc import Awaitable, Iterator, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from labkeeper_hub.accounts import Action, Person
from labkeeper_hub.accounts import Scope as Place
from labkeeper_hub.api import shapes, validation
from labkeeper_hub.api.answers import JsonAnswer
from labkeeper_hub.api.documented import PROBLEMS
from labkeeper_hub.api.models import (
    ADDRESS,
    AskShape,
    LeaseShape,
    LessonShape,
    OutcomeShape,
    SceneShape,
    example_of,
    shape,
)
from labkeeper_hub.api.needs import Commands, Leases, ReadsPlaces, Right
from labkeeper_hub.api.problems import Refusal
from labkeeper_hub.api.routes.commands import HIGHEST_INT, LOWEST_INT, rate_of, too_fast
from labkeeper_hub.api.state import Api, ApiHere
from labkeeper_hub.commands.pace import TooFast
from labkeeper_hub.leases.asks import AskRefused
from labkeeper_hub.lessons.lesson import Lesson, LessonRefused
from labkeeper_hub.lessons.scenes import Scene, Wish
from labkeeper_hub.model import Ask, PointKey
from labkeeper_wire.leases.book import LeaseRefused, Room

router = APIRouter(tags=["lessons"])
LONGEST_S = 12 * 3600
MOST_WISHES = 500
LESSON = "/labs/{school}/{lab}/lesson"
ANSWERS = {"no_lesson": HTTPStatus.NOT_FOUND, "hub_disk": HTTPStatus.SERVICE_UNAVAILABLE}  # the others are conflicts
REFUSALS: dict[int | str, dict[str, Any]] = {status: PROBLEMS[status] for status in (403, 404, 409, 413)}
Seconds = Annotated[int, Field(ge=1, le=LONGEST_S)]


class LessonRequest(validation.Body):
    """How long from now the lesson is to last."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"for_s": 2700}]})
    for_s: Seconds


class LessonStart(LessonRequest):
    """How long it is to last; and which class and course it is, in the place of what the timetable says ("": none)."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"for_s": 2700, "class_name": "4(1)", "course": "AI"}]})
    class_name: Annotated[str, Field(max_length=64)] | None = None
    course: Annotated[str, Field(max_length=64)] | None = None


class LessonTakeOver(LessonRequest):
    """How long it is to last, and why it is taken over; the reason goes into the record."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"for_s": 2700, "reason": "the lesson began"}]})
    reason: Annotated[str, Field(min_length=1, max_length=500)]


class LessonAsk(LessonRequest):
    """How long one wants the lab for."""


class LessonReply(validation.Body):
    """Whose question is answered (a pseudonym), and whether they get the lab."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"by": "p-3", "give": True}]})
    by: validation.Id
    give: bool


class AsksAnswer(BaseModel):
    """The lease that was asked for, with everybody who asks for it."""

    model_config = shape({"lease": example_of(LeaseShape) | {"asks": [example_of(AskShape)]}})
    lease: LeaseShape


class WishBody(validation.Body):
    """A value that a point is to have."""

    model_config = ConfigDict(json_schema_extra={"examples": [ADDRESS | {"point": "target", "value": 25.0}]})
    school: validation.Id
    node: validation.Id
    device: validation.DeviceId
    point: validation.Id
    value: bool | Annotated[int, Field(ge=LOWEST_INT, le=HIGHEST_INT)] | float | validation.Text

    def wish(self) -> Wish:
        """Return the noun."""
        return Wish(PointKey(self.school, self.node, self.device, self.point), self.value)


class ActionRequest(validation.Body):
    """Several wishes; the same point only once."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"wishes": [ADDRESS | {"point": "target", "value": 25.0}]}]}
    )
    wishes: Annotated[list[WishBody], Field(min_length=1, max_length=MOST_WISHES)]


class LessonAnswer(BaseModel):
    """The lesson as it stands now."""

    model_config = shape({"lesson": example_of(LessonShape)})
    lesson: LessonShape


class LessonList(BaseModel):
    """Every lesson that is on."""

    model_config = shape({"lessons": [example_of(LessonShape)]})
    lessons: list[LessonShape]


class SceneList(BaseModel):
    """The scenes of a lab."""

    model_config = shape({"scenes": [example_of(SceneShape)]})
    scenes: list[SceneShape]


class OutcomeAnswer(BaseModel):
    """What an action came to."""

    model_config = shape({"outcome": example_of(OutcomeShape)})
    outcome: OutcomeShape


@router.get("/lessons", response_model=LessonList)
async def lessons(api: ApiHere, right: ReadsPlaces) -> JsonAnswer:
    """List the lessons that are on."""
    return JsonAnswer(shapes.lessons(right.sight(api.parts.registry).lessons(api.parts.lessons.lessons())))


@router.post(LESSON, response_model=LessonAnswer, responses=REFUSALS)
async def start(api: ApiHere, school: str, lab: str, asked: LessonStart, right: Leases) -> JsonAnswer:
    """Start a lesson: take the lab's lease and run the opening scene; 409 names who has the lab."""
    room = _leading(api, right, school, lab)
    started = _begun(api, right, room, asked)
    return await _told(api, right, "start_lesson", room, started)


async def _begun(api: Api, right: Right, room: Room, asked: LessonStart) -> Lesson:
    """Start it, then file it as what its teacher says."""
    lesson = await api.parts.lessons.start(right.person.name, room, _for_ms(right, room, asked))
    if asked.class_name is not None or asked.course is not None:
        await api.parts.register.say(lesson, asked.class_name or "", asked.course or "")
    return lesson


@router.post(f"{LESSON}/take-over", response_model=LessonAnswer, responses=REFUSALS)
async def take_over(api: ApiHere, school: str, lab: str, asked: LessonTakeOver, right: Leases) -> JsonAnswer:
    """Teach on in somebody else's place, or start whoever has the lab; theirs ends at once."""
    room = _leading(api, right, school, lab)
    taken = api.parts.lessons.take_over(right.person.name, room, _for_ms(right, room, asked), asked.reason)
    return await _told(api, right, "take_over_lesson", room, taken, asked.reason)


@router.post(f"{LESSON}/ask", response_model=AsksAnswer, responses=REFUSALS)
async def ask(api: ApiHere, school: str, lab: str, asked: LessonAsk, right: Leases) -> JsonAnswer:
    """Ask whoever has the lab for it: they see it at once and answer within a minute, or it stays as it is."""
    room = _leading(api, right, school, lab)
    with _answered(api, right, "ask_for_lab", room):
        lease = api.parts.asks.ask(right.person.name, room, asked.for_s * 1000)
    api.audit.note(right.person.name, "ask_for_lab", "/".join(room), lease.holder)
    return JsonAnswer({"lease": shapes.lease(lease, api.parts.asks.all())})


@router.post(f"{LESSON}/reply", response_model=AsksAnswer, responses=REFUSALS)
async def reply(api: ApiHere, school: str, lab: str, said: LessonReply, right: Leases) -> JsonAnswer:
    """Give the lab to somebody who asks for it, as far as they may have it, or keep it."""
    room = _leading(api, right, school, lab)
    with _answered(api, right, "answer_ask", room):
        asked = api.parts.asks.asked(right.person.name, room, said.by)
    if said.give:
        return await _given(api, right, room, asked)
    api.parts.asks.keep(asked)
    api.audit.note(right.person.name, "keep_lab", "/".join(room), asked.by)
    lease = next(one for one in api.parts.leases.held() if one.fence == asked.fence)
    return JsonAnswer({"lease": shapes.lease(lease, api.parts.asks.all())})


@router.post(f"{LESSON}/prolong", response_model=LessonAnswer, responses=REFUSALS)
async def prolong(api: ApiHere, school: str, lab: str, asked: LessonRequest, right: Leases) -> JsonAnswer:
    """Let one's lesson end so long from now."""
    room = _leading(api, right, school, lab)
    longer = api.parts.lessons.prolong(right.person.name, room, _for_ms(right, room, asked))
    return await _told(api, right, "prolong_lesson", room, longer)


@router.post(f"{LESSON}/end", response_model=LessonAnswer, responses=REFUSALS)
async def end(api: ApiHere, school: str, lab: str, right: Leases) -> JsonAnswer:
    """End one's lesson: the closing scene runs now, the lease is given back in ten seconds; until then undo it."""
    room = _leading(api, right, school, lab)
    return await _told(api, right, "end_lesson", room, api.parts.lessons.end(right.person.name, room))


@router.post(f"{LESSON}/undo", response_model=LessonAnswer, responses=REFUSALS)
async def undo(api: ApiHere, school: str, lab: str, right: Leases) -> JsonAnswer:
    """Take the end of one's lesson back, and what its closing scene switched and does no harm by itself."""
    room = _leading(api, right, school, lab)
    return await _told(api, right, "undo_end_of_lesson", room, api.parts.lessons.undo(right.person.name, room))


@router.get("/labs/{school}/{lab}/scenes", response_model=SceneList, responses={404: PROBLEMS[404]})
async def scenes(api: ApiHere, school: str, lab: str, right: ReadsPlaces) -> JsonAnswer:
    """List the scenes of a lab, with what one sees of their wishes."""
    room, sight = _seen(api, right, school, lab), right.sight(api.parts.registry)
    seen = (
        Scene(one.name, one.title, tuple(wish for wish in one.wishes if sight.point(wish.target)))
        for one in api.parts.lessons.scenes(room)
    )
    return JsonAnswer({"scenes": [shapes.scene(one) for one in seen]})


@router.post("/labs/{school}/{lab}/scenes/{name}", response_model=OutcomeAnswer, responses=REFUSALS)
async def run_scene(api: ApiHere, school: str, lab: str, name: str, right: Commands) -> JsonAnswer:
    """Run a scene; answers when every command of it has ended, in counts and with the wishes that would undo it."""
    room = _seen(api, right, school, lab)
    scene = next((one for one in api.parts.lessons.scenes(room) if one.name == name), None)
    if scene is None:
        raise Refusal(HTTPStatus.NOT_FOUND, "unknown_scene", "There is no such scene in this lab")
    return await _act(api, right, "/".join((*room, name)), name, scene.wishes)


@router.post("/actions", response_model=OutcomeAnswer, responses=REFUSALS)
async def act(api: ApiHere, asked: ActionRequest, right: Commands) -> JsonAnswer:
    """Carry several wishes out as one action; answers when every command of it has ended."""
    wishes = tuple({one.wish().target: one.wish() for one in asked.wishes}.values())
    return await _act(api, right, f"{len(wishes)} points", "", wishes)


async def _act(api: Api, right: Right, subject: str, name: str, wishes: Sequence[Wish]) -> JsonAnswer:
    for wish in wishes:
        right.demand_point(api.parts.registry, wish.target)
    try:
        asked = [(one.target, one.value) for one in wishes]
        api.parts.commands.pace(right.person.name, rate_of(right), asked)
    except TooFast as refused:
        raise too_fast(api, right, subject, refused) from refused
    outcome = await api.parts.lessons.act(name, wishes, right.person.name)
    api.audit.note(right.person.name, "run_scene" if name else "act", subject, outcome.count.words())
    return JsonAnswer({"outcome": shapes.outcome(outcome)})


async def _told(api: Api, right: Right, what: str, room: Room, work: Awaitable[Lesson], said: str = "ok") -> JsonAnswer:
    """Answer with the lesson that the work gives, and note who did it; raises Refusal."""
    try:
        lesson = await work
    except (LessonRefused, LeaseRefused) as refused:
        api.audit.note(right.person.name, what, "/".join(room), refused.code)
        status = ANSWERS.get(refused.code, HTTPStatus.CONFLICT)
        raise Refusal(status, refused.code, str(refused)) from refused
    api.audit.note(right.person.name, what, "/".join(room), said)
    last = dict(api.parts.lessons.lessons().lessons).get(lesson)
    return JsonAnswer({"lesson": shapes.lesson(lesson, last)})


async def _given(api: Api, right: Right, room: Room, asked: Ask) -> JsonAnswer:
    """Let whoever asked teach on, no longer than their own right."""
    theirs = Right(api.accounts.person_called(asked.by) or Person(asked.by), right.action, right.now_ms)
    if not theirs.covers(Place(*room)):
        api.audit.note(right.person.name, "give_lab", "/".join(room), "may_not_have_it")
        raise Refusal(HTTPStatus.CONFLICT, "may_not_have_it", f"{asked.by} may not have this lab, or no longer")
    reason = f"given by {right.person.name}"
    for_ms = theirs.at_most_ms(Place(*room), asked.for_ms)
    await _told(api, right, "give_lab", room, api.parts.lessons.take_over(asked.by, room, for_ms, reason), asked.by)
    lease = next(one for one in api.parts.leases.held() if one.scope.room == room and not one.parent)
    return JsonAnswer({"lease": shapes.lease(lease, ())})


@contextmanager
def _answered(api: Api, right: Right, what: str, room: Room) -> Iterator[None]:
    """Tell a refused question the way requests are told, and record it."""
    try:
        yield
    except AskRefused as refused:
        api.audit.note(right.person.name, what, "/".join(room), refused.code)
        raise Refusal(HTTPStatus.CONFLICT, refused.code, str(refused)) from refused


def _for_ms(right: Right, room: Room, asked: LessonRequest) -> int:
    """Return how long the lesson is to last: no longer than the right to it, as a guest's ends with the slot."""
    return right.at_most_ms(Place(*room), asked.for_s * 1000)


def _leading(api: Api, right: Right, school: str, lab: str) -> Room:
    """Return the lab, if the asker sees it and may lead a lesson there; raises Refusal."""
    room = _seen(api, right, school, lab)
    right.demand(Place(school, lab))
    return room


def _seen(api: Api, right: Right, school: str, lab: str) -> Room:
    """Return the lab, if there is one that the asker sees something of; raises Refusal."""
    labs = right.to(Action.READ_PLACES).sight(api.parts.registry).labs()
    if (school, lab) not in [(one.school, one.lab) for one in labs]:
        raise Refusal(HTTPStatus.NOT_FOUND, "unknown_lab", "There is no such lab")
    return Room(school, lab)
