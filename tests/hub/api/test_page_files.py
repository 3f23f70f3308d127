import gzip
from pathlib import Path

import httpx
import pytest

from labkeeper_hub.api import page as module
from labkeeper_hub.api.page import Files
from labkeeper_hub.console import CONTENT_SECURITY_POLICY, HOW_TO_VENDOR, STATIC

PLAIN = {"Accept-Encoding": "identity"}


async def test_the_page_is_served_with_its_policy(stranger: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "is_complete", lambda: True)
    answer = await stranger.get("/", headers=PLAIN)
    assert answer.content == (STATIC / "index.html").read_bytes()
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["content-security-policy"] == CONTENT_SECURITY_POLICY


async def test_without_its_third_party_files_the_page_says_what_to_run(
    stranger: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "is_complete", lambda: False)
    answer = await stranger.get("/")
    assert answer.status_code == 503
    assert HOW_TO_VENDOR.replace("&", "&amp;") in answer.text


async def test_a_file_that_has_not_changed_is_not_sent_again(stranger: httpx.AsyncClient) -> None:
    first = await stranger.get("/static/main.js", headers=PLAIN)
    assert first.content == (STATIC / "main.js").read_bytes()
    assert first.headers["content-type"] == "text/javascript; charset=utf-8"
    assert first.headers["cache-control"] == "no-cache"
    again = await stranger.get("/static/main.js", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    other = await stranger.get("/static/main.js", headers={"If-None-Match": '"other"'})
    assert other.status_code == 200


async def test_texts_are_packed_for_those_who_can_unpack(stranger: httpx.AsyncClient) -> None:
    async with stranger.stream("GET", "/static/main.js", headers={"Accept-Encoding": "gzip"}) as answer:
        packed = b"".join([part async for part in answer.aiter_raw()])
    assert answer.headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed) == (STATIC / "main.js").read_bytes()


async def test_head_tells_the_same_without_the_body(stranger: httpx.AsyncClient) -> None:
    answer = await stranger.head("/static/main.js", headers=PLAIN)
    assert (answer.status_code, answer.content) == (200, b"")
    assert int(answer.headers["content-length"]) == len((STATIC / "main.js").read_bytes())


def test_only_files_below_the_folder_are_found(tmp_path: Path) -> None:
    root = tmp_path / "static"
    (root / "sub").mkdir(parents=True)
    (root / "sub" / "a.js").write_text("a")
    (root / ".hidden").write_text("h")
    (tmp_path / "secret").write_text("s")
    files = Files(root)
    assert files.find("sub/a.js") is not None
    for name in ("", "/", "sub", "../secret", "sub/../../secret", "/etc/passwd", ".hidden", "sub//a.js", "sub/a.js/"):
        assert files.find(name) is None, name


def test_a_file_that_changed_on_disk_is_read_again(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("one")
    files = Files(tmp_path)
    first = files.find("a.txt")
    assert files.find("a.txt") is first
    (tmp_path / "a.txt").write_text("other")
    second = files.find("a.txt")
    assert first is not None
    assert second is not None
    assert (second.body, second.etag == first.etag) == (b"other", False)


def test_small_and_unknown_files_are_sent_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "small.js").write_text("1")
    (tmp_path / "blob.unknown").write_bytes(b"\0" * 5000)
    files = Files(tmp_path)
    small, blob = files.find("small.js"), files.find("blob.unknown")
    assert small is not None
    assert blob is not None
    assert (small.packed, blob.packed, blob.media_type) == (None, None, "application/octet-stream")
