"""The part of Grafana's HTTP API that is used, as its documentation has it, on a real socket; it keeps what it gets."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOKEN = "glsa_made_up_for_this_test"
Json = dict[str, Any]


@dataclass
class Kept:
    """What the server has been given, and every request that changed something."""

    folders: dict[str, str] = field(default_factory=dict)
    dashboards: dict[str, Json] = field(default_factory=dict)
    folder_of: dict[str, str] = field(default_factory=dict)
    writes: list[str] = field(default_factory=list)
    provisioned: set[str] = field(default_factory=set)
    forgets_titles: bool = False
    to_an_administrator: bool = False
    asked: list[Json] = field(default_factory=list)
    rows: int = 3
    nothing_of: str = "no question"  # what such questions ask is not there
    fails: str = ""
    source: Callable[[Json], Sequence[Mapping[str, Any]]] | None = None  # asks a real data source for series

    def answer(self, method: str, path: str, body: Json) -> tuple[int, Json]:
        """Return status and body."""
        if method == "POST" and not path.startswith("/api/ds/"):
            self.writes.append(path)
        parts = path.removeprefix("/api/").split("/")
        if parts[0] == "ds":
            return self._ask(body["queries"])
        if parts[0] == "folders":
            return self._folders(method, parts[1:], body)
        return self._get(parts[2]) if method == "GET" else self._put(body)

    def _folders(self, method: str, rest: list[str], body: Json) -> tuple[int, Json]:
        if method == "POST":
            self.folders[body["uid"]] = body["title"]
            return 200, body
        (uid,) = rest
        return (200, {"uid": uid}) if uid in self.folders else self._absent("folders:read")

    def _get(self, uid: str) -> tuple[int, Json]:
        if uid not in self.dashboards:
            return self._absent("dashboards:read")
        return 200, {"dashboard": self.dashboards[uid], "meta": {"folderUid": self.folder_of[uid]}}

    def _ask(self, queries: list[Json]) -> tuple[int, Json]:
        """Answer as Grafana 9.4 and a real InfluxDB did, with so many rows, or with the data source's error."""
        self.asked += queries
        if self.fails:
            return 400, {"results": {one["refId"]: {"error": self.fails, "status": 500} for one in queries}}
        return 200, {"results": {one["refId"]: {"status": 200, "frames": self._frames(one)} for one in queries}}

    def _frames(self, query: Json) -> list[Json]:
        if self.source is not None:
            return [{"data": {"values": list(zip(*one["values"], strict=True))}} for one in self.source(query)]
        column = [] if self.nothing_of in query["query"] else list(range(self.rows))
        return [{"schema": {"fields": []}, "data": {"values": [column, column] if column else []}}]

    def _absent(self, right: str) -> tuple[int, Json]:
        """Say what Grafana says of what is not there: nobody but an administrator has rights on everything."""
        if self.to_an_administrator:
            return 404, {"message": "not found"}
        return 403, {"title": "Access denied", "message": f"You'll need additional permissions: {right}"}

    def _put(self, body: Json) -> tuple[int, Json]:
        dashboard = body["dashboard"]
        uid = dashboard["uid"]
        if uid in self.provisioned:
            return 400, {"message": "Cannot save provisioned dashboard"}
        before = self.dashboards.get(uid)
        if before is not None and not body.get("overwrite"):
            return 412, {"status": "version-mismatch", "message": "The dashboard has been changed by someone else"}
        number = before["id"] if before else len(self.dashboards) + 1
        version = before["version"] + 1 if before else 1
        self.dashboards[uid] = {**dashboard, "id": number, "version": version}
        if self.forgets_titles:
            self.dashboards[uid]["title"] = ""
        self.folder_of[uid] = body["folderUid"]
        return 200, {"uid": uid, "status": "success", "version": version}


@contextmanager
def open_grafana() -> Iterator[tuple[str, Kept]]:
    """Run it; return its address and what it keeps."""
    kept = Kept()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # head and body are two writes

        def do_GET(self) -> None:
            self._answer("GET")

        def do_POST(self) -> None:
            self._answer("POST")

        def _answer(self, method: str) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if self.headers["Authorization"] != f"Bearer {TOKEN}":
                status, said = 401, {"message": "Invalid API key"}
            else:
                status, said = kept.answer(method, self.path, json.loads(body or b"{}"))
            payload = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the library's name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", kept
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
