"""The teacher's page: files from memory, with an ETag, packed where that helps."""

import gzip
import hashlib
import mimetypes
import re
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path

from fastapi import APIRouter, Request, Response

from labkeeper_hub.api.problems import Refusal
from labkeeper_hub.console import HOW_TO_VENDOR, STATIC, is_complete

NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*(/[A-Za-z0-9_-][A-Za-z0-9_.-]*)*")
WORTH_PACKING = 512
TYPES = {".webmanifest": "application/manifest+json"}  # systems do not all know it
INCOMPLETE = f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Labkeeper</title></head><body>
<h1>Labkeeper</h1>
<p lang="zh-CN">主机在运行，但网页的第三方文件还没有安装。请在源代码目录运行：</p>
<p>The hub runs, but the page's third-party files are not installed. In the source folder run:</p>
<pre>{HOW_TO_VENDOR.replace("&", "&amp;")}</pre>
</body></html>
"""


@dataclass(frozen=True, slots=True)
class File:
    """One file as it is sent."""

    stamp: tuple[int, int]  # modified, size: whether it is still the same on disk
    body: bytes
    packed: bytes | None
    media_type: str
    etag: str


@dataclass(slots=True)
class Files:
    """The files of a folder, read once each and again when they change."""

    root: Path = STATIC
    _known: dict[str, File] = field(default_factory=dict)

    def find(self, name: str) -> File | None:
        """Return the file of that name, None if there is none below the folder."""
        path = self.root / name
        if not NAME.fullmatch(name) or not path.is_file():
            return None
        stat = path.stat()
        known = self._known.get(name)
        if known is None or known.stamp != (stat.st_mtime_ns, stat.st_size):
            known = self._known[name] = _read(path, (stat.st_mtime_ns, stat.st_size))
        return known


def page_router(files: Files) -> APIRouter:
    """Return the routes of the pages and of `/static/…`."""
    router = APIRouter(include_in_schema=False)

    @router.api_route("/", methods=["GET", "HEAD"])
    async def index(request: Request) -> Response:
        return _page(request, files.find("index.html"))

    @router.api_route("/s/{token:path}", methods=["GET", "HEAD"])
    async def pupils(request: Request, token: str) -> Response:  # noqa: ARG001 - the page itself hands it in
        return _page(request, files.find("floor/pupils.html"))

    @router.api_route("/wall", methods=["GET", "HEAD"])
    async def wall(request: Request) -> Response:
        return _page(request, files.find("wall/wall.html"))

    @router.api_route("/static/{name:path}", methods=["GET", "HEAD"])
    async def static(request: Request, name: str) -> Response:
        found = files.find(name)
        if found is None:
            raise Refusal(HTTPStatus.NOT_FOUND, "not_found", "There is no such file")
        return _answer(request, found)

    return router


def _page(request: Request, page: File | None) -> Response:
    if page is None or not is_complete():
        return Response(INCOMPLETE, HTTPStatus.SERVICE_UNAVAILABLE, media_type="text/html; charset=utf-8")
    return _answer(request, page)


def _answer(request: Request, file: File) -> Response:
    # The names carry no version, so the browser asks each time; 304 costs a few hundred bytes.
    headers = {"ETag": file.etag, "Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
    if file.etag in request.headers.get("if-none-match", ""):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    if file.packed is None or "gzip" not in request.headers.get("accept-encoding", ""):
        return Response(file.body, headers=headers, media_type=file.media_type)
    return Response(file.packed, headers=headers | {"Content-Encoding": "gzip"}, media_type=file.media_type)


def _read(path: Path, stamp: tuple[int, int]) -> File:
    body = path.read_bytes()
    media_type = TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    text = media_type.startswith("text/") or media_type.endswith(("javascript", "json", "svg+xml"))
    packed = gzip.compress(body, mtime=0) if text and len(body) >= WORTH_PACKING else None
    etag = f'W/"{hashlib.sha256(body).hexdigest()[:32]}"'
    return File(stamp, body, packed, f"{media_type}; charset=utf-8" if text else media_type, etag)
