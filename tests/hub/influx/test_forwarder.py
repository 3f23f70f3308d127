"""From the journal into a real InfluxDB 1.x: everything, once, whatever happens in between."""

import time
from pathlib import Path
from typing import Any

from labkeeper_hub.influx.settings import InfluxSettings
from labkeeper_hub.model import PointKey
from labkeeper_hub.timeseries.columns import HISTORICAL
from labkeeper_hub.timeseries.journal import Journal
from labkeeper_sdk.testing import open_influx

from .conftest import KEY, NS, START_MS, Database, Stored, forwarding, through, until

OTHER = PointKey("demo", "lab 1", "0x0001", "switch/left")


def values_of(rows: list[dict[str, Any]], field: str = "value") -> list[tuple[int, Any]]:
    return [(row["time"] - START_MS * NS, row[field]) for row in rows]


async def test_what_is_committed_is_forwarded_with_fixed_tags_and_the_devices_time(
    stored: Stored, database: Database
) -> None:
    async with forwarding(database.settings, stored.journal) as forwarder:
        await stored.put((KEY, START_MS, 21.5), (OTHER, START_MS + 1, True), (KEY, START_MS + 2, 22.0))
        await through(forwarder)
        assert forwarder.progress.status().forwarded == 3
    rows = await database.everything()
    assert [(row["time"] - START_MS * NS, row["value"], row["value_bool"]) for row in rows] == [
        (0, 21.5, None),
        (NS, None, True),
        (2 * NS, 22.0, None),
    ]
    tags = {name: rows[0][name] for name in ("school", "lab", "node", "device", "point", "kind")}
    assert tags == {
        **KEY._asdict(),
        "lab": "lab 1",
        "kind": "measure",
    }


async def test_readings_of_one_millisecond_all_survive_and_sent_again_they_do_not_double(
    stored: Stored, database: Database
) -> None:
    async with forwarding(database.settings, stored.journal) as forwarder:
        await stored.put(*((KEY, START_MS, float(i)) for i in range(3)))
        await through(forwarder)
        await stored.put((KEY, START_MS, 3.0), (KEY, START_MS + 1, 4.0))
        await through(forwarder)
        await stored.put((KEY, START_MS, 5.0), mark=HISTORICAL)
        await through(forwarder)
    expected = [(0, 0.0), (1, 1.0), (2, 2.0), (3, 3.0), (4, 5.0), (NS, 4.0)]
    assert values_of(await database.everything()) == expected
    # a hub that died after sending and before noting it sends the same again
    await stored.journal.write(lambda connection: connection.execute("UPDATE forwarded SET position = 0"))
    await stored.journal.write(lambda connection: connection.execute("DELETE FROM forwarded_series"))
    async with forwarding(database.settings, stored.journal) as forwarder:
        await through(forwarder)
    assert values_of(await database.everything()) == expected


async def test_what_was_compacted_before_a_forwarder_came_is_sent_from_the_chunks(
    stored: Stored, database: Database
) -> None:
    await stored.put(*((KEY, START_MS + i // 2, float(i)) for i in range(300)))
    await stored.journal.compact()
    await stored.put((KEY, START_MS, 1000.0))
    await stored.journal.compact()
    await stored.put((KEY, START_MS + 149, 2000.0))
    async with forwarding(database.settings, stored.journal) as forwarder:
        assert forwarder.forwarding.history > 0
        await stored.put((KEY, START_MS + 149, 3000.0))
        await stored.journal.compact()
        await through(forwarder)
        await stored.put((KEY, START_MS + 149, 4000.0), (KEY, START_MS + 5, 5000.0))
        await through(forwarder)
    late = [(2, 1000.0), (149 * NS + 2, 2000.0), (149 * NS + 3, 3000.0), (149 * NS + 4, 4000.0), (5 * NS + 2, 5000.0)]
    expected = sorted([((i // 2) * NS + i % 2, float(i)) for i in range(300)] + late)
    assert values_of(await database.everything()) == expected


async def test_the_log_is_kept_until_it_is_forwarded_and_no_longer(stored: Stored, tmp_path: Path) -> None:
    async with open_influx(folder=tmp_path / "influx") as influx:
        settings = InfluxSettings(url=influx.url)
        async with forwarding(settings, stored.journal) as forwarder:
            await stored.put((KEY, START_MS, 1.0))
            await through(forwarder)
            await influx.stop()
            for i in range(5):
                await stored.put(*((KEY, START_MS + 10 * i + j, 1.0) for j in range(10)))
            await stored.journal.compact()
            await until(lambda: forwarder.progress.failing)
            assert await segments(stored.journal) >= 5
            assert forwarder.progress.status().waiting == 50
            await influx.start()
            await through(forwarder)
            assert await segments(stored.journal) == 0
            assert forwarder.progress.status().failing == ""
        assert await Database(settings).count() == 51


async def segments(journal: Journal) -> int:
    found = await journal.write(lambda connection: connection.execute("SELECT COUNT(*) FROM segments").fetchone())
    return int(found[0])


async def test_only_the_offending_lines_of_a_body_are_quarantined_and_what_follows_goes_on(
    stored: Stored, database: Database
) -> None:
    await database.ask(f'CREATE DATABASE "{database.settings.database}"')
    await database.write(f"readings,school=x value_int=1.5 {START_MS * NS}")
    async with forwarding(database.settings, stored.journal) as forwarder:
        await stored.put(*((KEY, START_MS + i, 7 if i in (3, 4, 40) else float(i)) for i in range(50)))
        await stored.put((KEY, START_MS + 50, 50.0), (KEY, START_MS + 51, float("inf")))
        await through(forwarder)
        status, found = forwarder.progress.status(), await forwarder.forwarding.quarantined(10)
    assert (status.quarantined, status.forwarded, status.attention, status.failing) == (4, 48, True, "")
    assert [one.line.split()[-2:] for one in found] == [
        ["value=inf", str((START_MS + 51) * NS)],
        *(["value_int=7i", str((START_MS + i) * NS)] for i in (40, 4, 3)),
    ]
    assert "type conflict" in found[-1].reason
    assert found[0].reason == "not a finite number"
    kept = values_of(await database.ask("SELECT value FROM readings WHERE school = 'demo'"))
    assert kept == [(i * NS, float(i)) for i in range(51) if i not in (3, 4, 40)]


async def test_readings_older_than_the_database_keeps_are_counted_and_quarantine_nobody(
    stored: Stored, database: Database
) -> None:
    settings = database.settings.model_copy(update={"retention_days": 1})
    now_ms = time.time_ns() // NS
    async with forwarding(settings, stored.journal) as forwarder:
        await stored.put(*((KEY, START_MS + i, 1.0) for i in range(5)), *((KEY, now_ms + i, 2.0) for i in range(7)))
        await through(forwarder)
        status = forwarder.progress.status()
    assert (status.beyond_retention, status.forwarded, status.quarantined) == (5, 7, 0)
    assert await database.count() == 7
