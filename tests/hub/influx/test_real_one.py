"""A real InfluxDB, which LABKEEPER_INFLUX_URL points at; docs/how-to/forward-to-influxdb.md has the other variables.

Without that variable this file is not collected (`conftest.py`): a test that tries nothing must not count as passed.
"""

import os
import time
from pathlib import Path

from labkeeper_hub.influx.history import InfluxHistory
from labkeeper_hub.influx.settings import InfluxSettings
from labkeeper_hub.model import Aggregate, PointKey, ReadingsQuery

from .conftest import KEY, Stored, forwarding, through, until


def real(**more: object) -> InfluxSettings:
    """The settings for it."""
    said = {
        "url": os.environ["LABKEEPER_INFLUX_URL"],
        "version": int(os.environ.get("LABKEEPER_INFLUX_VERSION", "2")),
        "org": os.environ.get("LABKEEPER_INFLUX_ORG", ""),
        "database": os.environ.get("LABKEEPER_INFLUX_BUCKET", "labkeeper"),
    }
    return InfluxSettings.model_validate(said | more)


def fresh() -> PointKey:
    """A point that no other run wrote to."""
    return KEY._replace(device=f"test {time.time_ns()}")


async def test_a_wrong_token_is_waited_for_until_it_is_right(stored: Stored, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("wrong")
    await stored.put((fresh(), time.time_ns() // 1_000_000, 1.5))
    async with forwarding(real(token_file=token), stored.journal) as forwarder:
        await until(lambda: forwarder.progress.failing == "unauthorized")
        token.write_text(os.environ["LABKEEPER_INFLUX_TOKEN"])
        await through(forwarder)
        assert forwarder.progress.status().forwarded == 1


async def test_a_bucket_that_is_not_there_is_waited_for_or_made(stored: Stored) -> None:
    bucket = f"made-{time.time_ns()}"
    await stored.put((fresh(), time.time_ns() // 1_000_000, 1.5))
    async with forwarding(real(database=bucket, create=False), stored.journal) as forwarder:
        await until(lambda: forwarder.progress.failing == "absent")
    async with forwarding(real(database=bucket, retention_days=30, gzip=True), stored.journal) as forwarder:
        await through(forwarder)
        assert forwarder.progress.status().forwarded == 1


async def test_a_real_one_takes_gives_back_and_reckons(stored: Stored) -> None:
    asked = real()
    key, start_ms = fresh(), time.time_ns() // 1_000_000 - 10_000
    async with forwarding(asked, stored.journal) as forwarder:
        await stored.put(*((key, start_ms + i, i * 0.25) for i in range(50)), (key, start_ms, 99.0))
        await stored.put((key._replace(point='a "text", = \\x'), start_ms, 'say "hi", \\ 你好\nnext'))
        await stored.put((key, start_ms + 100, 7))
        await through(forwarder)
        status = forwarder.progress.status()
    assert (status.forwarded, status.quarantined, status.failing) == (53, 0, "")
    history = InfluxHistory(asked, lambda _: False)
    rows = await history.raw(key, (start_ms, start_ms + 1000), 100, 0)
    expected = [
        (start_ms, 0.0),
        (start_ms, 99.0),
        *((start_ms + i, i * 0.25) for i in range(1, 50)),
        (start_ms + 100, 7),
    ]
    assert [(row.time_ms, row.value) for row in rows] == expected
    query = ReadingsQuery(key, start_ms, start_ms + 60, 1000, Aggregate.COUNT)
    counts = await history.aggregated(query, (start_ms, start_ms + 60), 100)
    assert sum(int(row.value or 0) for row in counts) == 51
