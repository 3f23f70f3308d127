"""docs/reference/rights.md, out of the declarations of the routes and the roles."""

from collections.abc import Iterator

from fastapi import FastAPI

from labkeeper_hub.accounts import Action, Role
from labkeeper_hub.accounts.actions import ROLES, WHOLE_HUB
from labkeeper_hub.accounts.rights import Reason
from labkeeper_hub.api.declared import Declared, declared_messages, declared_routes
from labkeeper_hub.api.gate import OPEN
from labkeeper_hub.api.needs import WORDS
from labkeeper_hub.api.reach import REACH, Width
from labkeeper_hub.api.routing import routes

TITLES = {
    Role.OWNER: "owner 所有者",
    Role.MANAGER: "facility manager 设施管理员",
    Role.TEACHER: "teacher 教师",
    Role.TECHNICIAN: "vendor technician 厂商技术员",
    Role.PUPILS: "pupil group 学生小组",
    Role.READER: "reader 只读者",
}
WORDS_BEFORE = """# Rights

Made by `{command}`; do not edit.

Whatever nobody has granted is refused. A **grant** is a role in a place, perhaps until a time: the whole hub, a school,
a lab, a bench, a node, a device, or one point of a device (a *capability*: the motor, not the heater). A person may
have several. A place covers what lies within it and nothing beside it. Somebody granted one point sees its device with
that point alone.

Every route and every message of the live WebSocket declares one action, and a request without a grant that allows it is
refused with 403. In lists and in the live stream everybody finds what they may see. What they may not see is unknown
to them: 404, as for what is not there. Rights are looked up for every request and every message; who loses a right
while a page is open is closed out within a second (`rights_changed`, `session_ended`), and the page comes back with
what is left.

| code of a 403 | when |
|---|---|
"""
WORDS_BETWEEN = """
## Role × route × place

*hub*: with a grant to the whole hub. *place*: with a grant to a place that covers what is asked for, or in lists to
whatever it covers. *yes*: everybody who is signed in. –: never.

"""
WORDS_ABOUT_WIDTH = """
## Route × width of a grant

What a grant reaches, for a role that has *place* above; a grant to the whole hub reaches everything. *own*: what lies
within the grant and nothing beside it; of lists, those rows. *node*, *bench*, *lab*, *school*: all of the one in which
the grant lies. *hub*: whatever there is. –: so narrow a grant does not do. Where a request names a place itself (a
lease, a link to a calendar), the grant covers that place. Whose a lease, a lesson, a link or a booking is, the route
asks besides.

"""
WORDS_ABOUT_LESSONS = """
## Whose lesson

A place is shared, a lesson is not. Beside a grant that covers the lab these want that it is one's own, or
`others_lessons`:

| what | one's own is |
|---|---|
| to see the record of a lesson, in lists too, and to take it away | who taught it or took it over; else 404 |
| to mark, end, seal or remove any recording | who made, marked or ended it; who has the lesson it runs in |

The code is `not_yours`. What was measured in a lab, and what was
commanded there, is told to whoever may see the lab, whoever taught there. The board of a PE class is for all who teach
PE in that lab: a colleague at a second tablet looks after children, too, and each look is on record.
`others_lessons` have: {roles}.
"""


def rights_page(command: str) -> str:
    """Return the page."""
    lessons = WORDS_ABOUT_LESSONS.format(
        roles=", ".join(TITLES[one] for one in Role if Action.OTHERS_LESSONS in ROLES[one])
    )
    return WORDS_BEFORE.format(command=command) + "".join(_lines()) + lessons


def cell(role: Role, action: Action) -> str:
    """Return what a role may do with an action, in a word."""
    if action is Action.BE_SIGNED_IN:
        return "yes"
    if action not in ROLES[role]:
        return "–"
    return "hub" if action in WHOLE_HUB else "place"


def closed(app: FastAPI) -> list[Declared]:
    """Return the routes that are not open to everybody."""
    return [one for one in declared_routes(app) if (one.method, one.path) not in OPEN]


def _lines() -> Iterator[str]:
    yield from (f"| `{reason}` | {WORDS[reason]} |\n" for reason in Reason if reason in WORDS)
    yield WORDS_BETWEEN
    yield "| route or message | action | " + " | ".join(TITLES[role] for role in Role) + " |\n"
    yield "|---|---" + "|---" * len(Role) + "|\n"
    app = FastAPI(openapi_url=None, routes=[*routes()])
    for one in (*closed(app), *declared_messages()):
        if one.action is not None:
            cells = " | ".join(cell(role, one.action) for role in Role)
            yield f"| `{name(one)}` | `{one.action}` | {cells} |\n"
    yield from _widths()


def _widths() -> Iterator[str]:
    widths = [width for width in Width if width is not Width.HUB]
    yield WORDS_ABOUT_WIDTH
    yield "| route or message | " + " | ".join(widths) + " |\n"
    yield "|---" + "|---" * len(widths) + "|\n"
    for told, reach in REACH.items():
        yield f"| `{told}` | " + " | ".join(reach.word(width) for width in widths) + " |\n"


def name(one: Declared) -> str:
    """Return the route or message as the tables name it."""
    if one.method == "MESSAGE":
        return f'{{"type": "{one.path}"}}'
    return f"{one.method} {one.path}".replace("WEBSOCKET", "GET")
