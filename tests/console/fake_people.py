"""The fake hub's people: the owner's own account, its tokens, and everybody else's."""

from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

from .fake_hub import FakeHub, Json, now_ms

CODE = "123456"
PROBLEM = "application/problem+json"
WRONG = {"password": "wrong_password", "secret": "wrong_owner_secret", "sign_in": "sign_in_anew"}
PASSWORD = "three oxen under plum"
RECOVERY = [f"abcd-efgh-ijkl-mn{number:02d}" for number in range(10)]
PLACE: Json = dict.fromkeys(("school", "lab", "bench", "node", "device", "point"))


class People:
    """Accounts and tokens as the page last left them."""

    def __init__(self) -> None:
        self.factor = False
        self.proved_by = "password"
        self.asked: list[tuple[str, str]] = []
        self.tokens: list[Json] = []
        grant = {"role": "teacher", **PLACE, "school": "minhang-3", "lab": "lab-301", "until_ms": None}
        self.all: list[Json] = [self.person("p-1", "li", "李老师", [grant], enters=True)]

    def person(self, name: str, login: str, title: str, grants: list[Json], *, enters: bool) -> Json:
        """Return an account."""
        filled = [{**PLACE, "until_ms": None, **grant} for grant in grants]
        known = {"name": name, "login": login, "title": title, "grants": filled}
        return {**known, "created_ms": now_ms(), "enters": enters, "second_factor": enters, "school_account": enters}


def add_people(app: FastAPI, hub: FakeHub) -> None:
    people = hub.people = People()
    _account(app, people)
    _tokens(app, people)
    _staff(app, hub, people)


def _wrong() -> JSONResponse:
    return JSONResponse({"status": 422, "code": "wrong_code"}, 422, media_type="application/problem+json")


def _account(app: FastAPI, people: People) -> None:
    @app.get("/api/v1/account")
    async def account() -> Json:
        left = 10 if people.factor else 0
        known: Json = {"name": "owner", "login": "wang", "title": "王老师", "required": not people.factor}
        known["has_password"] = people.proved_by == "password"
        known["proved_by"] = people.proved_by
        return {**known, "second_factor": people.factor, "recovery_left": left}

    @app.get("/api/v1/account/sessions")
    async def sessions() -> Json:
        return {"sessions": [{"opened_ms": now_ms(), "seen_ms": now_ms(), "here": True}]}

    @app.post("/api/v1/account/second-factor")
    async def begin(asked: Json) -> Any:  # noqa: ANN401 - an answer or JSON
        if asked.get(people.proved_by) != PASSWORD:
            return JSONResponse({"status": 422, "code": WRONG[people.proved_by]}, 422, media_type=PROBLEM)
        return {"secret": "JBSWY3DPEHPK3PXP", "address": "otpauth://", "code": ["1010101", "0101010"] * 12}

    @app.put("/api/v1/account/second-factor")
    async def confirm(asked: Json) -> Any:  # noqa: ANN401 - an answer or JSON
        people.factor = asked["code"] == CODE
        return {"recovery": RECOVERY} if people.factor else _wrong()

    @app.post("/api/v1/account/second-factor/off")
    async def off(asked: Json) -> Response:
        if asked["code"] != CODE:
            return _wrong()
        people.factor = False
        return Response(status_code=204)


def _tokens(app: FastAPI, people: People) -> None:
    @app.get("/api/v1/account/tokens")
    async def tokens() -> Json:
        return {"tokens": people.tokens}

    @app.post("/api/v1/account/tokens")
    async def make(asked: Json) -> Json:
        ends = {"created_ms": now_ms(), "expires_ms": now_ms() + asked.pop("days") * 86_400_000}
        people.tokens.append({"id": f"t-{len(people.tokens) + 1}", **asked, **ends, "used_ms": None})
        return {"token": people.tokens[-1], "text": "lkt_the-text-of-the-token"}

    @app.delete("/api/v1/account/tokens/{key}")
    async def revoke(key: str) -> Response:
        people.tokens = [one for one in people.tokens if one["id"] != key]
        return Response(status_code=204)


def _staff(app: FastAPI, hub: FakeHub, people: People) -> None:
    @app.get("/api/v1/people")
    async def everybody() -> Json:
        return {"people": people.all}

    @app.post("/api/v1/people")
    async def add(asked: Json) -> Json:
        person = people.person(
            f"p-{len(people.all) + 1}", asked["login"], asked["title"], asked["grants"], enters=False
        )
        people.all.append(person)
        return person

    @app.put("/api/v1/people/{name}/grants")
    async def grant(name: str, asked: Json) -> Json:
        person = next(one for one in people.all if one["name"] == name)
        person["grants"] = [{**PLACE, "until_ms": None, **one} for one in asked["grants"]]
        return person

    @app.post("/api/v1/people/{name}/invitation")
    async def invite(name: str) -> Json:
        return {"invitation": f"token-of-{name}"}

    @app.delete("/api/v1/people/{name}/{what}")
    async def end(name: str, what: str) -> Response:
        people.asked.append((name, what))
        return Response(status_code=204)

    @app.delete("/api/v1/people/{name}")
    async def remove(name: str) -> Response:
        people.all = [one for one in people.all if one["name"] != name]
        return Response(status_code=204)

    @app.delete("/api/v1/account/sessions")
    async def everywhere(_: Request) -> Response:
        hub.sessions.clear()
        return Response(status_code=204)
