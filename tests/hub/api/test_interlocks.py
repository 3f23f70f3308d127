"""Interlocks over HTTP: proposed by one, approved by another, both on record."""

from uuid import uuid4

from labkeeper_hub.accounts import EVERYWHERE, Grant, Person, Role
from labkeeper_hub.api.gate import COOKIE
from labkeeper_wire.interlocks import hash_of_text

from .conftest import Served
from .doubles import CHAMBER

NODE = CHAMBER.of_node._asdict()
TEXT = 'id = "x"\ntitle = { zh = "某", en = "x" }\n[inputs]\n[outputs]\n'
APPROVE = {**NODE, "hash": hash_of_text(TEXT)}


def manager(served: Served) -> dict[str, str]:
    """Return the cookie, and what every change needs, of a new facility manager."""
    person = Person(f"p-{uuid4()}", (Grant(Role.MANAGER, EVERYWHERE),))
    served.accounts.people[person.name] = person
    session = served.accounts.sessions.open(person.name, served.accounts.clocks.now_ms())
    return {"Cookie": f"{COOKIE}={session}", "Origin": served.url}


async def test_a_change_takes_two_persons_and_nobody_approves_their_own(served: Served) -> None:
    async with served.owner() as owner, served.stranger() as other:
        proposed = await owner.post("/api/v1/interlocks/propose", json={**NODE, "text": TEXT})
        assert (proposed.status_code, proposed.json()["proposal"]["by"]) == (200, "owner")
        alone = await owner.post("/api/v1/interlocks/approve", json=APPROVE)
        assert (alone.status_code, alone.json()["code"]) == (409, "same_person")
        agreed = await other.post("/api/v1/interlocks/approve", json=APPROVE, headers=manager(served))
        assert agreed.status_code == 200, agreed.text
        answer = (await owner.get("/api/v1/interlocks")).json()
        (node,) = answer["nodes"]
        assert answer["key"] == "a key"
        assert (node["approved"], node["differs"], node["proposal"]) == (APPROVE["hash"], True, None)


async def test_what_cannot_be_changed_is_refused_with_its_reason(served: Served) -> None:
    async with served.owner() as client:
        for path, body, status, code in (
            ("propose", {**NODE, "node": "none", "text": TEXT}, 404, "no_interlocks"),
            ("propose", {**NODE, "text": "id ="}, 422, "bad_set"),
            ("approve", APPROVE, 409, "no_proposal"),
        ):
            refused = await client.post(f"/api/v1/interlocks/{path}", json=body)
            assert (refused.status_code, refused.json()["code"]) == (status, code)
