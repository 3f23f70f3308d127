"""The page can be installed: a manifest that holds, and icons of the size they say."""

import json
import struct

import pytest

from labkeeper_hub.api.page import Files
from labkeeper_hub.console import STATIC

from .conftest import Console

MANIFEST = json.loads((STATIC / "app.webmanifest").read_text(encoding="utf-8"))


@pytest.mark.parametrize("icon", MANIFEST["icons"], ids=lambda icon: icon["src"])
def test_every_icon_is_there_of_its_size_and_type(icon: dict[str, str]) -> None:
    file = Files().find(icon["src"].removeprefix("/static/"))
    assert file is not None
    assert file.media_type.partition(";")[0] == icon["type"]
    if icon["type"] == "image/png":
        assert icon["sizes"] == "{}x{}".format(*struct.unpack(">II", file.body[16:24]))


def test_the_manifest_is_told_as_one() -> None:
    file = Files().find("app.webmanifest")
    assert file is not None
    assert file.media_type.partition(";")[0] == "application/manifest+json"


@pytest.mark.asyncio(loop_scope="session")
async def test_the_browser_finds_nothing_wrong_with_it(console: Console) -> None:
    session = await console.page.context.new_cdp_session(console.page)
    told = await session.send("Page.getAppManifest")
    assert told["url"].endswith("/static/app.webmanifest")
    assert told["errors"] == []
    assert json.loads(told["data"]) == MANIFEST
