"""Records what a real InfluxDB 2.x answers, for the tests of those who have none.

`LABKEEPER_INFLUX_URL=… LABKEEPER_INFLUX_ORG=… LABKEEPER_INFLUX_TOKEN=… python -m tests.hub.influx.recording RELEASE`
writes tests/hub/influx/recorded/version-2.json: of each exchange the status and the body. It makes a bucket and removes
it. RELEASE is what the server is, since one that was built by hand does not know.
"""

import json
import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

RECORDED = Path(__file__).parent / "recorded" / "version-2.json"
BUCKET = "labkeeper-recording"
OLD_NS = 1_700_000_000_000_000_000  # November 2023


def recorded(name: str) -> tuple[str, str]:
    """Return the status line and the body of an exchange."""
    said: dict[str, Any] = json.loads(RECORDED.read_text())["exchanges"][name]
    return said["status"], said["body"]


def _exchanges(client: httpx.Client, org: str) -> dict[str, httpx.Response]:
    """Hold each exchange once, in an order in which one makes what the next needs."""
    orgs = client.get("/api/v2/orgs", params={"org": org})
    rules = [{"type": "expire", "everySeconds": 2_592_000}]
    bucket = {"orgID": orgs.json()["orgs"][0]["id"], "name": BUCKET, "retentionRules": rules}
    line, now_ns = "readings,school=demo {} {}".format, time.time_ns()
    into = {"org": org, "bucket": BUCKET, "precision": "ns"}
    wrong = {"Authorization": "Token wrong"}
    held = {
        "orgs": orgs,
        "no_org": client.get("/api/v2/orgs", params={"org": "nobody"}),
        "made": client.post("/api/v2/buckets", json=bucket),
        "made_again": client.post("/api/v2/buckets", json=bucket),
        "written": client.post("/api/v2/write", params=into, content=line("value=1.5", now_ns)),
        "type_conflict": client.post("/api/v2/write", params=into, content=line("value=7i", now_ns + 1)),
        "too_old": client.post("/api/v2/write", params=into, content=line("value=1.5", OLD_NS)),
        "no_line": client.post("/api/v2/write", params=into, content="no line"),
        "no_bucket": client.post("/api/v2/write", params=into | {"bucket": "none"}, content=line("value=1.5", now_ns)),
        "wrong_token": client.post("/api/v2/write", params=into, content=line("value=1.5", now_ns), headers=wrong),
        "question": client.post("/query", params={"db": BUCKET, "epoch": "ms"}, data={"q": 'SELECT * FROM "readings"'}),
    }
    client.delete(f"/api/v2/buckets/{held['made'].json()['id']}").raise_for_status()
    return held


def main() -> None:
    """Record."""
    token, org = os.environ["LABKEEPER_INFLUX_TOKEN"], os.environ["LABKEEPER_INFLUX_ORG"]
    headers = {"Authorization": f"Token {token}"}
    with httpx.Client(base_url=os.environ["LABKEEPER_INFLUX_URL"], headers=headers) as client:
        held = _exchanges(client, org)
    told = {
        name: {"status": f"{one.status_code} {one.reason_phrase}", "body": one.text.replace(org, "school")}
        for name, one in held.items()
    }
    at = datetime.fromtimestamp(time.time(), UTC).date().isoformat()
    document = {"version": sys.argv[1], "recorded": at, "exchanges": told}
    RECORDED.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
