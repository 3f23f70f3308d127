"""The diary of runs, in front of a database that refuses for a while."""

import logging

import pytest
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import StaticPool

from labkeeper_hub.automations.diary import Diary
from labkeeper_hub.automations.records import KEPT_MS, RunRecords
from labkeeper_hub.automations.trace import Outcome, Part, Result, Trace, Why
from labkeeper_hub.registry.tables import metadata

HELD = Trace("fan", 1, Outcome.HELD, Why.LESSON, (Part("co2 > 1000", None, (("co2", 1500.5), ("mode", "eco"))),))
DONE = Trace("fan", 2, Outcome.DONE, None, (), (Result("s", "pi", "fan", "on", True, "done"),))


async def test_runs_wait_for_a_database_that_refuses_and_are_read_as_they_were_noted(
    caplog: pytest.LogCaptureFixture,
) -> None:
    engine = create_async_engine("sqlite+aiosqlite://", poolclass=StaticPool)
    diary = Diary(RunRecords(engine), lambda: KEPT_MS + 2)
    diary.note((HELD,))
    with caplog.at_level(logging.ERROR):
        for _ in range(2):
            await diary._try_saving()
    assert len(caplog.records) == 1, "said once, not with every try"
    with pytest.raises(DBAPIError):
        await diary.newest(10)
    async with engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
    diary.note((DONE,))
    await diary._try_saving()
    assert await diary.newest(10) == [DONE, HELD]
    assert await diary.newest(10, "other") == []
    await diary.records.forget(diary.now_ms())
    assert await diary.newest(10) == [DONE], "the school year of the other is over"
    await engine.dispose()
