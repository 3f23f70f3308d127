"""Any reading, written to a real InfluxDB 1.x and read back: the same value of the same type at the same time."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labkeeper_hub.influx.history import InfluxHistory
from labkeeper_hub.influx.line import head, lines
from labkeeper_hub.influx.version1 import connect
from labkeeper_hub.model import PointKey
from labkeeper_sdk import Value
from tests.hub.timeseries.strategies import exactly

from .conftest import START_MS, Database
from .test_line import NAMES, VALUES, batch_of


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    key=st.builds(PointKey, NAMES, NAMES, st.one_of(st.just(""), NAMES), NAMES),
    made=st.lists(st.tuples(st.integers(0, 3), VALUES), min_size=1, max_size=25),
)
async def test_a_reading_comes_back_as_it_was_written(
    database: Database, key: PointKey, made: list[tuple[int, Value | None]]
) -> None:
    made.sort(key=lambda one: one[0])
    batch = batch_of(
        *((0, START_MS + time, value) for time, value in made),
        ordinals=list(range(len(made))),
    )
    made_lines = lines(batch, lambda _: head(key._asdict()))
    assert not made_lines.refused
    async with connect(database.settings) as sink:
        await sink.create()
        answer = await sink.write(b"\n".join(made_lines.sendable))
    assert answer.status == 204, answer
    whole = any(isinstance(value, int) and value >= 1 << 63 for _, value in made)
    history = InfluxHistory(database.settings, lambda _: whole)
    found = await history.raw(key, (START_MS, START_MS + 10), 100, 0)
    await database.ask('DROP MEASUREMENT "readings"')
    # InfluxDB's JSON does not tell -0.0 from 0.0
    expected = [(START_MS + time, exactly(value + 0.0 if type(value) is float else value)) for time, value in made]
    if whole:  # digits are read as a number where the point is one
        found = [row._replace(value=_as_text(row.value)) for row in found]
        expected = [
            (time, exactly(_as_text(value))) for time, (_, value) in zip((t for t, _ in expected), made, strict=True)
        ]
    assert [(row.time_ms, exactly(row.value)) for row in found] == expected


def _as_text(value: Value | None) -> Value | None:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value
