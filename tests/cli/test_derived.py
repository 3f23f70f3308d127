"""`labkeeper derived` at the wire: what it asks, and what it says."""

import argparse
import asyncio
import json

import pytest

from labkeeper_cli import derived

AIR = {"school": "demo", "node": "pi", "device": "air", "point": "co2"}
POINT = {"point": AIR | {"point": "co2_mean_10min"}, "declaration": "co2_mean", "version": "5f0c1a2b", "inputs": [AIR]}
ANSWERS: dict[str, dict[str, object]] = {
    "/api/v1/derived": {"derived": [{**POINT, "late": 2}, {**POINT, "late": 0}]},
    "/api/v1/derived/recompute": {"points": 2, "written": 9, "same": 33, "other": 1},
}


async def said(*words: str, status: str = "200 OK", empty: bool = False) -> tuple[int, list[str]]:
    """Run the command at a socket that speaks just enough HTTP; return its result and the bodies it sent."""
    bodies: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        sent = [int(line.split(":")[1]) for line in head.splitlines() if line.lower().startswith("content-length")]
        bodies.append((await reader.readexactly(sent[0])).decode() if sent else "")
        body = json.dumps({"derived": []} if empty else ANSWERS[head.split(" ")[1]]).encode()
        writer.write(f"HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        parser = argparse.ArgumentParser()
        derived.configure(parser)
        port = server.sockets[0].getsockname()[1]
        options = parser.parse_args(["--hub", f"http://127.0.0.1:{port}", *words])
        return await asyncio.to_thread(derived.run, options), bodies


async def test_the_list_names_inputs_versions_and_what_came_late(capsys: pytest.CaptureFixture[str]) -> None:
    assert (await said("list"))[0] == 0
    late, whole = capsys.readouterr().out.splitlines()
    assert whole == "demo/pi/air/co2_mean_10min  co2_mean 5f0c1a2b  from demo/pi/air/co2"
    assert late == f"{whole}; 2 late readings, recompute"
    await said("list", empty=True)
    assert capsys.readouterr().out == "nothing is derived here\n"


async def test_a_recompute_asks_for_its_window_and_tells_what_it_found(capsys: pytest.CaptureFixture[str]) -> None:
    words = ("recompute", "--from", "1970-01-01T00:00:01", "--to", "1970-01-01T01:00:02+01:00", "--only", "co2_mean")
    result, bodies = await said(*words)
    assert (result, json.loads(bodies[0])) == (0, {"from": 1000, "to": 2000, "declaration": "co2_mean"})
    assert "9 rows stored, 33 were there" in capsys.readouterr().out
    await said("--json", "recompute", "--from", "2026-11-01")
    assert json.loads(capsys.readouterr().out) == ANSWERS["/api/v1/derived/recompute"]


async def test_a_refusal_is_told_and_is_a_failure(capsys: pytest.CaptureFixture[str]) -> None:
    assert (await said("list", status="403 Forbidden"))[0] == 1
    assert "labkeeper derived: " in capsys.readouterr().err
