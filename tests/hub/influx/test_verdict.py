"""Every answer an InfluxDB gives, as recorded of 1.6 and as documented of 2.x and 3.x, has its consequence."""

import pytest

from labkeeper_hub.influx.verdict import (
    Absent,
    Answer,
    Later,
    Refused,
    Taken,
    TooLarge,
    Verdict,
    judge,
    reason_of,
    retry_after,
)

CONFLICT = 'partial write: field type conflict: input field "value" on measurement "m" is type float dropped=1'
QUOTED = CONFLICT.replace('"', '\\"')
OUTSIDE = (  # 2.7.12
    "failure writing points to database: partial write: dropped 2 points outside retention policy of duration 24h0m0s "
    "- oldest point readings,a=b at 1970-01-01T00:00:01Z dropped because it violates a Retention Policy Lower Bound"
)
BEYOND = "partial write: points beyond retention policy dropped=3"
PARTIAL_3 = (
    '{"error":"partial write of line protocol occurred",'
    '"data":[{"original_line":"m v=1i 1","line_number":1,"error_message":"invalid column type"}]}'
)


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (Answer(204), Taken()),
        (Answer(200, "{}"), Taken()),
        (Answer(201, '{"id":"1"}'), Taken()),  # a bucket made
        (Answer(400, f'{{"error":"{QUOTED}"}}'), Refused(CONFLICT)),  # 1.x
        (Answer(422, f'{{"code":"unprocessable entity","message":"{QUOTED}"}}'), Refused(CONFLICT)),  # 2.x
        (Answer(400, PARTIAL_3), Refused("partial write of line protocol occurred: invalid column type")),  # 3.x
        (Answer(400, f'{{"error":"{BEYOND}"}}'), Taken(beyond_retention=3)),
        (Answer(422, f'{{"code":"unprocessable entity","message":"{OUTSIDE}"}}'), Taken(beyond_retention=2)),
        (Answer(400, '{"error":"points beyond retention policy"}'), Taken()),
        (Answer(400, '{"error":"database is required"}'), Absent("database is required")),
        (Answer(400, "<html>proxy</html>"), Later("not_influx", "<html>proxy</html>")),
        (Answer(400, "[]"), Later("not_influx", "[]")),
        (Answer(404, '{"error":"database not found: \\"x\\""}'), Absent('database not found: "x"')),
        (Answer(404, '{"code":"not found","message":"bucket \\"x\\" not found"}'), Absent('bucket "x" not found')),
        (Answer(413), TooLarge()),
        (Answer(401, '{"error":"authorization failed"}'), Later("unauthorized", "authorization failed")),
        (Answer(403), Later("unauthorized", "Forbidden")),
        (Answer(429, "", 7.0), Later("too_many", "Too Many Requests", 7.0)),
        (Answer(429, "", 1e9), Later("too_many", "Too Many Requests", 300.0)),
        (Answer(503, "", -1.0), Later("unavailable", "Service Unavailable", 0.0)),
        (Answer(500, '{"error":"engine: cache full"}'), Later("server_error", "engine: cache full")),
        (Answer(502, "bad\n gateway"), Later("server_error", "bad gateway")),
        (Answer(302), Later("not_influx", "Found")),
    ],
)
def test_an_answer_has_its_consequence(answer: Answer, verdict: Verdict) -> None:
    assert judge(answer) == verdict


def test_a_reason_is_never_endless() -> None:
    assert len(reason_of(Answer(500, "x" * 10_000))) == 300


@pytest.mark.parametrize(("header", "seconds"), [("5", 5.0), ("", None), (None, None), ("Wed, 21 Oct 2026", None)])
def test_retry_after_is_seconds_or_nothing(header: str | None, seconds: float | None) -> None:
    assert retry_after(header) == seconds
