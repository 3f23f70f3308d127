"""Interlocks of nodes: one person proposes a set, another approves it, the node proves by hash which one it runs."""

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from labkeeper_hub.api import validation
from labkeeper_hub.api.answers import Json, JsonAnswer
from labkeeper_hub.api.documented import PROBLEMS
from labkeeper_hub.api.models import shape
from labkeeper_hub.api.needs import ChangesInterlocks, Right
from labkeeper_hub.api.problems import Refusal
from labkeeper_hub.api.state import Api, ApiHere
from labkeeper_hub.interlocks.book import Desired, InterlockRefused
from labkeeper_hub.model import NodeKey
from labkeeper_wire.interlocks import LONGEST_SET

router = APIRouter(tags=["interlocks"])
HASH = "9f434af02010a7a19372a928447ed06a6a30a858a2ccb9b0744a0566b8ba7a1f"
NODE: dict[str, Any] = {"school": "demo", "node": "lab-301"}
PROPOSAL: dict[str, Any] = {"hash": HASH, "by": "p-1", "at_ms": 1767225600000, "text": 'id = "chemistry"'}
ENTRY = NODE | {
    "running": None,
    "approved": None,
    "approved_text": None,
    "differs": False,
    "unapproved": "no",
    "refused": "",
    "proposal": PROPOSAL,
}
ANSWERS = {
    "no_interlocks": HTTPStatus.NOT_FOUND,
    "no_proposal": HTTPStatus.CONFLICT,
    "same_person": HTTPStatus.CONFLICT,
    "bad_set": HTTPStatus.UNPROCESSABLE_ENTITY,
    "hub_disk": HTTPStatus.SERVICE_UNAVAILABLE,
}


class ProposeRequest(validation.Body):
    """A set of interlocks for a node, as TOML."""

    model_config = ConfigDict(json_schema_extra={"examples": [NODE | {"text": 'id = "chemistry"'}]})
    school: validation.Id
    node: validation.Id
    text: Annotated[str, Field(min_length=1, max_length=LONGEST_SET)]


class ApproveRequest(validation.Body):
    """The proposal, named by its hash, so that nobody approves what they have not seen."""

    model_config = ConfigDict(json_schema_extra={"examples": [NODE | {"hash": HASH}]})
    school: validation.Id
    node: validation.Id
    hash: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class ProposalShape(BaseModel):
    """What one person has proposed."""

    model_config = shape(PROPOSAL)
    hash: str
    by: str
    at_ms: int
    text: str


class InterlocksShape(BaseModel):
    """How a node stands. `running` is the hash it proves to run, null: it is not heard from, or runs none; `differs`:
    it is there, and that is not what was approved; `unapproved` (`no`, `found`, `changed`): nothing was approved, and
    it runs what it had when it was first heard of, or something else since; `refused`: why it did not take what was
    sent last.
    """

    model_config = shape(ENTRY)
    school: str
    node: str
    running: str | None
    approved: str | None
    approved_text: str | None
    differs: bool
    unapproved: str
    refused: str
    proposal: ProposalShape | None


class InterlocksList(BaseModel):
    """Every node that has interlocks, or is to have some; a node whose settings name the `key` takes sets of this hub
    only.
    """

    model_config = shape({"key": "O2onvM62pC1io6jQKm8Nc2UyFXcd4kOmOsBIoYtZ2ik=", "nodes": [ENTRY]})
    key: str
    nodes: list[InterlocksShape]


@router.get("/interlocks", response_model=InterlocksList)
async def interlocks(api: ApiHere, right: ChangesInterlocks) -> JsonAnswer:  # noqa: ARG001 -- the right is the door
    """List what nodes run, what was approved, and what waits for a second person."""
    desk = api.parts.interlocks
    return JsonAnswer({"key": desk.public_key, "nodes": [_shape(one) for one in desk.all()]})


@router.post(
    "/interlocks/propose", response_model=InterlocksShape, responses={status: PROBLEMS[status] for status in (404, 413)}
)
async def propose(api: ApiHere, right: ChangesInterlocks, asked: ProposeRequest) -> JsonAnswer:
    """Propose a set; nothing changes until another person approves it."""
    node = NodeKey(asked.school, asked.node)
    try:
        found = await api.parts.interlocks.propose(node, asked.text, right.person.name)
    except InterlockRefused as refused:
        raise _refusal(api, right, "propose_interlocks", node, refused) from refused
    result = "" if found.entry.proposal is None else found.entry.proposal.hash
    api.audit.note(right.person.name, "propose_interlocks", "/".join(node), result)
    return JsonAnswer(_shape(found))


@router.post(
    "/interlocks/approve", response_model=InterlocksShape, responses={status: PROBLEMS[status] for status in (404, 409)}
)
async def approve(api: ApiHere, right: ChangesInterlocks, asked: ApproveRequest) -> JsonAnswer:
    """Approve what somebody else has proposed; the node checks it, takes it over and proves it by its hash."""
    node = NodeKey(asked.school, asked.node)
    try:
        found = await api.parts.interlocks.approve(node, asked.hash, right.person.name)
    except InterlockRefused as refused:
        raise _refusal(api, right, "approve_interlocks", node, refused) from refused
    api.audit.note(right.person.name, "approve_interlocks", "/".join(node), asked.hash)
    return JsonAnswer(_shape(found))


def _refusal(api: Api, right: Right, what: str, node: NodeKey, refused: InterlockRefused) -> Refusal:
    api.audit.note(right.person.name, what, "/".join(node), refused.code)
    return Refusal(ANSWERS[refused.code], refused.code, str(refused))


def _shape(desired: Desired) -> dict[str, Json]:
    proposal = desired.entry.proposal
    shown: Json = None
    if proposal is not None:
        shown = {"hash": proposal.hash, "by": proposal.by, "at_ms": proposal.at_ms, "text": proposal.text}
    return {
        **desired.node._asdict(),
        "running": desired.running,
        "approved": desired.agreed_hash,
        "approved_text": None if desired.entry.agreed is None else desired.entry.agreed.text,
        "differs": desired.differs,
        "unapproved": desired.unapproved.name.lower(),
        "refused": desired.refused,
        "proposal": shown,
    }
