import httpx

from labkeeper_hub.model import PointKey
from labkeeper_hub.status import Retired, RuleSize, UpkeepStatus

from .conftest import Served
from .doubles import latest


async def test_the_process_is_alive(stranger: httpx.AsyncClient) -> None:
    answer = await stranger.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"ok": True})


async def test_a_hub_whose_workers_stopped_is_not_alive(served: Served, stranger: httpx.AsyncClient) -> None:
    served.app.state.api.lag.clock = lambda: 1e12
    answer = await stranger.get("/healthz")
    assert (answer.status_code, answer.json()["code"]) == (503, "not_alive")


async def test_a_hub_with_a_hanging_worker_is_not_alive_unless_it_waits_for_its_disk(
    served: Served, stranger: httpx.AsyncClient
) -> None:
    served.hub.pulse.hanging = ("journal: commits",)
    assert (await stranger.get("/healthz")).status_code == 503
    served.hub.pulse.failing = "disk full"
    assert (await stranger.get("/healthz")).status_code == 200


async def test_a_hub_whose_host_id_is_taken_says_so(served: Served, stranger: httpx.AsyncClient) -> None:
    served.hub.pulse.host_id_taken = True
    answer = await stranger.get("/readyz")
    assert (answer.status_code, answer.json()["code"]) == (503, "host_id_taken")


async def test_a_hub_without_its_broker_or_its_disk_is_not_ready(served: Served, stranger: httpx.AsyncClient) -> None:
    assert (await stranger.get("/readyz")).status_code == 200
    served.hub.pulse.broker_connected = False
    assert (await stranger.get("/readyz")).status_code == 503
    served.hub.pulse.broker_connected = True
    served.hub.pulse.failing = "disk full at /secret/place"
    answer = await stranger.get("/readyz")
    assert (answer.status_code, answer.json()["code"]) == (503, "not_ready")
    assert "secret" not in answer.text


async def test_the_metrics_tell_what_the_parts_tell(served: Served, owner: httpx.AsyncClient) -> None:
    served.hub.pulse.failing = "disk full"
    served.hub.pulse.hanging = ("host",)
    answer = await owner.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    lines = answer.text.splitlines()
    for line in (
        "labkeeper_readings_stored_total 119950.0",
        "labkeeper_journal_commits_total 2399.0",
        "labkeeper_journal_last_commit_seconds 0.0017",
        "labkeeper_journal_failing 1.0",
        'labkeeper_journal_commit_seconds_bucket{le="0.001"} 0.0',
        'labkeeper_journal_commit_seconds_bucket{le="5.0"} 2398.0',
        'labkeeper_journal_commit_seconds_bucket{le="+Inf"} 2399.0',
        "labkeeper_journal_commit_seconds_sum 5.5",
        'labkeeper_commands_ended_total{state="done"} 7.0',
        'labkeeper_commands_ended_total{state="unknown"} 0.0',
        'labkeeper_worker_hanging{worker="host"} 1.0',
        "labkeeper_host_id_taken 0.0",
        "labkeeper_broker_connected 1.0",
        'labkeeper_refusals_total{reason="truncated"} 2.0',
        'labkeeper_nodes{state="online"} 1.0',
        'labkeeper_nodes{state="offline"} 1.0',
        'labkeeper_devices{state="online"} 1.0',
        'labkeeper_node_backlog_batches{epoch="epoch",node="lab-301",school="demo"} 1.0',
        'labkeeper_node_pending_readings{epoch="epoch",node="lab-301",school="demo"} 50.0',
        'labkeeper_node_stored_readings_total{epoch="",node="foreign",school="demo"} 7.0',
    ):
        assert line in lines
    assert not any(line.startswith('labkeeper_node_pending_readings{epoch="",') for line in lines)


async def test_the_metrics_tell_what_upkeep_did_how_long_it_took_and_what_waits(
    served: Served, owner: httpx.AsyncClient
) -> None:
    gone = (Retired("age", 0, chunks=3, rows=3000, bytes=90_000), Retired("bytes", 60_000, chunks=1, rows=60, bytes=9))
    served.hub.pulse.upkeep = UpkeepStatus(
        compactions=4, compacted=9_000, compaction_s=1.25, compaction_pieces=9, longest_piece_s=0.5,
        rolled=8_000, roll_s=0.5, unrolled_chunks=2, retired=gone,
        rules=(RuleSize("*/*/*/presence", 70_000, 60_000),),
        retire_s=0.25, pages_given_back=64, vacuum_s=0.125, file_bytes=1_000_000, free_bytes=4_096, failing="full",
    )  # fmt: skip
    lines = (await owner.get("/metrics")).text.splitlines()
    for line in (
        "labkeeper_journal_compactions_total 4.0",
        "labkeeper_journal_compacted_readings_total 9000.0",
        "labkeeper_journal_compaction_pieces_total 9.0",
        "labkeeper_journal_compaction_piece_longest_seconds 0.5",
        "labkeeper_journal_rolled_readings_total 8000.0",
        "labkeeper_journal_unrolled_chunks 2.0",
        "labkeeper_journal_pages_given_back_total 64.0",
        "labkeeper_journal_file_bytes 1e+06",
        "labkeeper_journal_free_bytes 4096.0",
        "labkeeper_journal_upkeep_failing 1.0",
        'labkeeper_journal_upkeep_seconds_total{job="compaction"} 1.25',
        'labkeeper_journal_upkeep_seconds_total{job="roll_up"} 0.5',
        'labkeeper_journal_upkeep_seconds_total{job="retention"} 0.25',
        'labkeeper_journal_upkeep_seconds_total{job="vacuum"} 0.125',
        'labkeeper_journal_retired_chunks_total{level="raw",reason="age"} 3.0',
        'labkeeper_journal_retired_rows_total{level="raw",reason="age"} 3000.0',
        'labkeeper_journal_retired_bytes_total{level="raw",reason="age"} 90000.0',
        'labkeeper_journal_retired_rows_total{level="1m",reason="bytes"} 60.0',
        'labkeeper_journal_retired_rows_total{level="1h",reason="bytes"} 0.0',
        'labkeeper_journal_retired_rows_total{level="raw",reason="rule_bytes"} 0.0',
        'labkeeper_journal_rule_bytes{match="*/*/*/presence"} 70000.0',
        'labkeeper_journal_rule_max_bytes{match="*/*/*/presence"} 60000.0',
    ):
        assert line in lines


async def test_the_metrics_tell_what_each_node_has_refused(served: Served, owner: httpx.AsyncClient) -> None:
    served.hub.inventory.values |= {
        key: latest(value, key=key)
        for key, value in (
            (PointKey("demo", "lab-301", "", "Refused/bad_command"), 3),
            (PointKey("demo", "lab-301", "", "Refused/bad_stop"), 0),
            (PointKey("demo", "foreign", "", "Refused/a text"), "many"),
            (PointKey("demo", "foreign", "plug", "Refused/by_a_device"), 4),
            (PointKey("demo", "foreign", "", "uptime"), 5),
        )
    }
    told = [line for line in (await owner.get("/metrics")).text.splitlines() if "node_refusals" in line]
    assert told[2:] == ['labkeeper_node_refusals_total{node="lab-301",reason="bad_command",school="demo"} 3.0']


async def test_answers_are_counted_by_class(owner: httpx.AsyncClient) -> None:
    await owner.get("/nothing")
    text = (await owner.get("/metrics")).text
    assert 'labkeeper_http_answers_total{status="4xx"} 1.0' in text
