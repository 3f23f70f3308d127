"""Derived points over HTTP: their lineage, and who may compute history anew."""

import httpx

from .doubles import START_MS, TEMPERATURE

ASKED = {"from": START_MS, "to": START_MS + 60_000}
RECOMPUTE = "/api/v1/derived/recompute"


async def test_a_derived_point_tells_what_it_comes_from(owner: httpx.AsyncClient) -> None:
    (found,) = (await owner.get("/api/v1/derived")).json()["derived"]
    assert found["inputs"] == [TEMPERATURE._asdict()]
    assert (found["declaration"], found["formula"], len(found["version"])) == ("temperature_mean", "mean", 8)
    assert (found["late"], found["late_from_ms"], found["late_to_ms"]) == (3, START_MS, START_MS + 9)


async def test_a_recompute_says_what_it_found_and_wrong_ones_are_refused(owner: httpx.AsyncClient) -> None:
    done = await owner.post(RECOMPUTE, json=ASKED | {"declaration": "temperature_mean"})
    assert done.json() == {"points": 1, "written": 2, "same": 5, "other": 1}
    for asked, code in (
        (ASKED | {"to": START_MS}, "bad_time"),
        (ASKED | {"to": START_MS + 401 * 86_400_000}, "bad_time"),
        (ASKED | {"declaration": "none"}, "unknown_declaration"),
    ):
        refused = await owner.post(RECOMPUTE, json=asked)
        assert (refused.status_code, refused.json()["code"]) == (422, code)
