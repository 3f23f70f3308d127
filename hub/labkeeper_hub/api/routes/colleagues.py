"""Whom the pseudonyms on a page stand for: told to the staff of the same school, of nobody but its staff."""

from fastapi import APIRouter
from pydantic import BaseModel

from labkeeper_hub.accounts.colleagues import colleagues
from labkeeper_hub.api.answers import JsonAnswer
from labkeeper_hub.api.models import shape
from labkeeper_hub.api.needs import ReadsPlaces
from labkeeper_hub.api.state import ApiHere

router = APIRouter(tags=["people"])
LI = {"name": "p-1", "title": "李老师"}


class ColleagueShape(BaseModel):
    """One of the staff: the pseudonym that leases, lessons and stops carry, and what people call them."""

    model_config = shape(LI)
    name: str
    title: str


class ColleagueList(BaseModel):
    """The asker's colleagues; nobody for a program, a pupil group or a reader."""

    model_config = shape({"colleagues": [LI]})
    colleagues: list[ColleagueShape]


@router.get("/colleagues", response_model=ColleagueList)
async def known(api: ApiHere, right: ReadsPlaces) -> JsonAnswer:
    """Tell the staff of a school whom its other staff's pseudonyms stand for, so that they know whom to ask."""
    accounts = api.accounts.staff.all() if api.accounts.staff else ()
    found = colleagues(right.person, accounts, right.now_ms)
    return JsonAnswer({"colleagues": [{"name": one.name, "title": one.title} for one in found]})
