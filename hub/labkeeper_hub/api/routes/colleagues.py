"""Whom the pseudonyms on a page stand for, told to the staff of a school; who may do what in a place, told to whoever
manages it. Of nobody but staff.
"""

from fastapi import APIRouter
from pydantic import BaseModel

from labkeeper_hub.accounts.account import Account
from labkeeper_hub.accounts.colleagues import colleagues, staff_of
from labkeeper_hub.accounts.rights import scopes
from labkeeper_hub.api.answers import Json, JsonAnswer
from labkeeper_hub.api.models import shape
from labkeeper_hub.api.needs import ReadsPlaces, ReadsStaff
from labkeeper_hub.api.routes.people import GRANT, GrantShape, grant_shape
from labkeeper_hub.api.state import ApiHere

router = APIRouter(tags=["people"])
LI = {"name": "p-1", "title": "李老师"}


class ColleagueShape(BaseModel):
    """One of the staff: the pseudonym that leases, lessons and stops carry, and what people call them."""

    model_config = shape(LI)
    name: str
    title: str


class StaffShape(ColleagueShape):
    """One of the staff of the asker's places, with those of their rights that reach into these places."""

    model_config = shape({**LI, "grants": [GRANT]})
    grants: list[GrantShape]


class StaffList(BaseModel):
    """The staff, by title; no logins, and nobody's rights elsewhere."""

    model_config = shape({"staff": [{**LI, "grants": [GRANT]}]})
    staff: list[StaffShape]


class ColleagueList(BaseModel):
    """The asker's colleagues; nobody for a program, a pupil group or a reader."""

    model_config = shape({"colleagues": [LI]})
    colleagues: list[ColleagueShape]


@router.get("/colleagues", response_model=ColleagueList)
async def known(api: ApiHere, right: ReadsPlaces) -> JsonAnswer:
    """Tell the staff of a school whom its other staff's pseudonyms stand for, so that they know whom to ask; each look
    at names is recorded.
    """
    accounts = api.accounts.staff.all() if api.accounts.staff else ()
    found = colleagues(right.person, accounts, right.now_ms)
    if found:
        api.audit.note(right.person.name, "look_at_colleagues", "colleagues", f"{len(found)} people")
    return JsonAnswer({"colleagues": [{"name": one.name, "title": one.title} for one in found]})


@router.get("/staff", response_model=StaffList)
async def staff(api: ApiHere, right: ReadsStaff) -> JsonAnswer:
    """Tell who may do what where one manages; each look is recorded."""
    accounts = api.accounts.staff.all() if api.accounts.staff else ()
    found = sorted(staff_of(scopes(right.person, right.action, right.now_ms), accounts, right.now_ms), key=_title)
    api.audit.note(right.person.name, "look_at_staff", "staff", f"{len(found)} people")
    told: list[Json] = [
        {"name": one.name, "title": one.title, "grants": [grant_shape(grant) for grant in one.grants]} for one in found
    ]
    return JsonAnswer({"staff": told})


def _title(one: Account) -> tuple[str, str]:
    return one.title, one.name
