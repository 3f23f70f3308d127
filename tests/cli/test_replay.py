"""`labkeeper replay` on a real broker: a table's rows in their order, at the pace that was asked for."""

import asyncio
import json
import time
from pathlib import Path

import pytest

from labkeeper_cli.__main__ import main
from labkeeper_cli.replay import device_id
from labkeeper_sdk.testing import find_mosquitto, open_broker
from labkeeper_wire.mqtt import Address, connect

TABLE = "time,CO2\n2026-01-01 08:00:00,600\n2026-01-01 08:01:00,650\n2026-01-01 08:02:00,700\n"
MAPPING = 'time = "time"\nutc_offset = "+08:00"\n[points.co2]\ncolumn = "CO2"\nunit = "ppm"\n'
FIRST_MS = 1_767_225_600_000
SPAN_S = 120


async def test_rows_are_played_in_order_and_no_faster_than_they_were_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if find_mosquitto() is None:
        pytest.skip("Mosquitto is not installed")
    (tmp_path / "room.csv").write_text(TABLE)
    (tmp_path / "room.toml").write_text(MAPPING)
    async with open_broker() as broker, connect(Address.parse(broker.url), "listener") as link:
        await link.subscribe(("replay/Office 3", 1))
        words = ["replay", str(tmp_path / "room.csv"), "--device", "Office 3", "--broker", broker.url]
        began_s = time.monotonic()
        assert await asyncio.to_thread(main, [*words, "--speed", "100"]) == 0
        assert time.monotonic() - began_s >= SPAN_S / 100
        heard = []
        async with asyncio.timeout(30):
            async for message in link.messages():
                link.acknowledge(message)
                heard.append(json.loads(message.payload))
                if len(heard) == 3:
                    break
    assert heard == [
        {"co2": co2, "last_seen": FIRST_MS + at_s * 1000, "historical": True}
        for co2, at_s in ((600, 0), (650, 60), (700, 120))
    ]
    assert json.loads(capsys.readouterr().out) == {"device": device_id("Office 3"), "rows": 3, "readings": 3}
