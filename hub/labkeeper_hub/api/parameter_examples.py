"""An example of every parameter of a path or a query, by its name; by its route where a name means several things."""

from collections.abc import Mapping
from typing import Any

SOME_ID = "7d3f6c1e-5c0e-4b7e-8d53-0d6b1f0f2a77"
FROM_MS = 1767225600000  # as the examples of readings have it
EXAMPLES: Mapping[str, Any] = {
    "after": "1767225600000.1",
    "aggregate": "mean",
    "automation": "lights-off",
    "before": 4711,
    "class_name": "4(1)",
    "code": "4-2",
    "command_id": "7c9e6679-7425-40de-944b-e07fc1f90ae7",
    "day": "2026-09-07",
    "days": 7,
    "device": "0x00158d0001a2b3c4",
    "error": "access_denied",
    "every": 60_000,
    "fence": 17,
    "format": "csv",
    "from": FROM_MS,
    "id": SOME_ID,
    "identity": SOME_ID,
    "iss": "https://accounts.school.example",
    "lab": "lab-301",
    "language": "en",
    "limit": 100,
    "mark": 1,
    "node": "lab-301",
    "offset_h": 8,
    "offset_min": 480,
    "other": "0f8fad5b-d9cb-469f-a165-70867728950e",
    "other_mark": 2,
    "point": "temperature",
    "points": 500,
    "rule": "co2",
    "school": "demo",
    "span": "week",
    "state": "n7rPb0mFv2Qk",
    "steps": 400,
    "to": FROM_MS + 3_600_000,
    "until": FROM_MS + 3_600_000,
}
OF_ROUTES: Mapping[tuple[str, str], Any] = {
    ("/api/v1/export", "point"): ["demo/lab-301/0x00158d0001a2b3c4/temperature"],
    ("/api/v1/session/oidc/callback", "code"): "4/0AX4XfWh",
    ("/api/v1/account/tokens/{identity}", "identity"): "t-1",
    ("/api/v1/labs/{school}/{lab}/scenes/{name}", "name"): "end",
    ("/api/v1/bookings/{name}", "name"): "0f8fad5b-d9cb-469f-a165-70867728950e",
    ("/api/v1/floors/{name}", "name"): "g-1",
    ("/api/v1/floors/{name}/points", "name"): "g-1",
    ("/api/v1/automations/{name}", "name"): "lights-off",
    ("/api/v1/automations/{name}/switch", "name"): "lights-off",
    ("/api/v1/telling/channels/{name}", "name"): "duty",
    ("/api/v1/telling/channels/{name}/test", "name"): "duty",
    **{
        (f"/api/v1/people/{{name}}{what}", "name"): "p-1"
        for what in ("", "/grants", "/invitation", "/sessions", "/second-factor", "/school-account")
    },
}


def example_for(path: str, name: str) -> Any:  # noqa: ANN401 -- an example is any JSON
    """Return the example of a parameter; None where nobody wrote one, which a test does not let pass."""
    return OF_ROUTES.get((path, name), EXAMPLES.get(name))
