"""The ledger: nothing lost, shown."""

from fastapi import APIRouter
from pydantic import BaseModel

from labkeeper_hub.api import shapes
from labkeeper_hub.api.answers import JsonAnswer
from labkeeper_hub.api.models import LedgerShape, example_of, shape
from labkeeper_hub.api.needs import ReadsHealth
from labkeeper_hub.api.state import ApiHere

router = APIRouter(tags=["ledger"])


class Ledger(BaseModel):
    """The accounts of every outbox that ever delivered."""

    model_config = shape({"nodes": [example_of(LedgerShape)]})
    nodes: list[LedgerShape]


@router.get("/ledger", response_model=Ledger)
async def ledger(api: ApiHere, _: ReadsHealth) -> JsonAnswer:
    """List per node what was taken, stored, given up and is still pending."""
    return JsonAnswer({"nodes": [shapes.ledger_entry(one) for one in api.parts.ledger.ledger()]})
