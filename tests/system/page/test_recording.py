"""Record, mark, stop and download on the real stack: what the file has is what the devices published."""

import asyncio
import csv
import hashlib
import io
import json
import sys
import zipfile
from asyncio.subprocess import DEVNULL, PIPE
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.console.conftest import Console

from .stand import AIR, PLUG, Stand

pytestmark = pytest.mark.asyncio(loop_scope="session")
PATIENCE_MS = 60_000


async def test_a_teacher_records_marks_stops_and_takes_the_file_away(
    stand: Stand, console: Console, tmp_path: Path
) -> None:
    page = console.page
    await page.locator("button.record").click()
    await page.get_by_label("Name").fill("journey")
    await page.get_by_role("button", name="Start recording").click()
    samples = page.locator(".recording-facts dd").nth(1)
    await expect(samples).not_to_have_text("0", timeout=PATIENCE_MS)
    await page.get_by_label("What happens now").fill("灯开了")
    await page.get_by_role("button", name="Mark", exact=True).click()
    await expect(page.get_by_role("list", name="Markers")).to_contain_text("灯开了")
    switched = not await stand.value(PLUG, "state")
    await stand.put(PLUG, "state", switched)
    await page.reload()  # the hub records, not the page
    await page.locator("button.record").click()
    await page.get_by_role("button", name="Stop recording").click()
    await expect(page.locator(".recording-facts")).to_contain_text("Sealed", timeout=PATIENCE_MS)
    async with page.expect_download() as saving:
        await page.get_by_role("link", name="CSV of journey").click()
    content = await asyncio.to_thread(Path(await (await saving.value).path()).read_bytes)
    async with page.expect_download() as saving:
        await page.get_by_role("link", name="Parquet of journey").click()
    parquet = await asyncio.to_thread(Path(await (await saving.value).path()).read_bytes)
    assert (parquet[:4], parquet[-4:]) == (b"PAR1", b"PAR1")
    await expect(page.locator(".recording-plot canvas")).to_be_visible()  # after it was stopped, too
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    assert content.startswith(b"\xef\xbb\xbf")
    co2 = [float(row["value"]) for row in rows if (row["device"], row["point"]) == (AIR, "co2")]
    assert co2
    assert set(co2) <= set(map(float, stand.published(AIR, "co2")))
    recordings = (await stand.stack.client.get("recordings"))["recordings"]
    (found,) = (one for one in recordings if one["title"] == "journey")
    assert (found["samples"], found["seal"]["sha256"]) == (len(rows), hashlib.sha256(content).hexdigest())
    record = await page.request.get(f"{stand.stack.url}/api/v1/recordings/{found['id']}/record")
    with zipfile.ZipFile(io.BytesIO(await record.body())) as archive:
        (command,) = json.loads(archive.read("record.json"))["commands"]
    assert (command["device"], command["value"], command["by"]) == (PLUG, switched, "owner")
    secret = tmp_path / "secret"
    secret.write_text(stand.stack.secret)
    for words in (["list"], ["show", found["id"]], ["verify", found["id"]]):
        assert await said_by(stand, secret, *words) == (0, "")


async def said_by(stand: Stand, secret: Path, *words: str) -> tuple[int | None, str]:
    """Run `labkeeper record` against the running hub; return its status and what it complained about."""
    line = [sys.executable, "-m", "labkeeper_cli", "record", *words, "--hub", stand.stack.url]
    process = await asyncio.create_subprocess_exec(*line, "--secret-file", str(secret), stdout=DEVNULL, stderr=PIPE)
    _, said = await process.communicate()
    return process.returncode, said.decode()
