"""The fake hub's interlocks: one node, and whatever two persons do about it."""

from hashlib import sha256

from fastapi import FastAPI
from fastapi.responses import JSONResponse

from .fake_hub import SCHOOL, FakeHub, Json, now_ms
from .lab import PI

AGREED = sha256(b"agreed").hexdigest()


def guard(
    hub: FakeHub,
    by: str | None = None,
    running: str | None = AGREED,
    approved_text: str | None = None,
    refused: str = "",
    unapproved: str = "no",
) -> None:
    """Give the node interlocks; somebody may have proposed others."""
    text = 'id = "chemistry"\n[inputs]\ngas = { device = "gas", point = "gas" }\n'
    proposal = None if by is None else {"hash": "0" * 64, "by": by, "at_ms": now_ms(), "text": text}
    approved = AGREED if unapproved == "no" else None
    hub.interlocks = [
        {"school": SCHOOL, "node": PI, "running": running, "approved": approved, "unapproved": unapproved,
         "differs": approved is not None and running not in (None, AGREED),
         "proposal": proposal, "approved_text": approved_text, "refused": refused}
    ]  # fmt: skip


def add_interlocks(app: FastAPI, hub: FakeHub) -> None:
    """Serve them."""

    @app.get("/api/v1/interlocks")
    async def interlocks() -> JSONResponse:
        return JSONResponse({"nodes": hub.interlocks})

    @app.post("/api/v1/interlocks/propose")
    async def propose(asked: Json) -> JSONResponse:
        if "id =" not in asked["text"]:
            return JSONResponse({"code": "bad_set", "detail": "line 1, column 1: no id"}, 422)
        guard(hub, hub.person)
        return JSONResponse(hub.interlocks[0])

    @app.post("/api/v1/interlocks/approve")
    async def approve(asked: Json) -> JSONResponse:
        hub.interlocks[0].update(proposal=None, approved=asked["hash"], running=asked["hash"])
        return JSONResponse(hub.interlocks[0])
