"""How the fake hub says it is."""

from fastapi import FastAPI

from .fake_hub import FakeHub, Json, now_ms


def condition(hub: FakeHub) -> Json:
    """The hub's status: well but for what a test broke."""
    upkeep = {"file_bytes": 48_000_000, "free_bytes": 0, "failing": None}
    return {
        "version": "0.1.0",
        "started_ms": now_ms() - 86_400_000,
        "broker": {"connected": True},
        "messages": 2450,
        "refusals": {"truncated": 2, "old_leases": 0},
        "journal": {"queued": 5, "committed": 119_950, "failing": hub.failing, "upkeep": upkeep},
        "influx": hub.influx,
        "hanging": [],
        "host_id_taken": False,
        "websocket_clients": 3,
        "loop_lag_ms": 0.4,
    }


def account(node: Json) -> Json:
    """The ledger of a node, which gave up some readings."""
    told = {key: node[key] for key in ("school", "node", "epoch")}
    return told | {"stored": 119_950, "gaps": 12, "pending": 3}


def add_condition(app: FastAPI, hub: FakeHub) -> None:
    @app.get("/api/v1/status")
    async def status() -> Json:
        return condition(hub)

    @app.get("/api/v1/ledger")
    async def ledger() -> Json:
        return {"nodes": [account(node) for node in hub.nodes.values()]}
