"""What the hub tells its owner, as the doctor reads it."""

from labkeeper_cli.inside import of_clocks, of_nodes, of_status

INFLUX = {"waiting": 0, "lag_s": 0.0, "quarantined": 0, "failing": None, "detail": None, "attention": False}


def status(failing: str | None = None, upkeep: str | None = None, influx: object = None) -> dict[str, object]:
    return {"journal": {"failing": failing, "committed": 5, "upkeep": {"failing": upkeep}}, "influx": influx}


def test_a_hub_that_stores_is_well_and_forwarding_is_looked_at_only_where_there_is_any() -> None:
    assert [(one.about, one.well) for one in of_status(status())] == [
        ("storing", True),
        ("upkeep of the journal", True),
    ]
    assert [one.well for one in of_status(status(influx=INFLUX))] == [True, True, True]


def test_a_hub_that_cannot_store_says_why() -> None:
    storing, upkeep = of_status(status(failing="disk is full", upkeep="no room"))
    assert (storing.well, storing.found) == (False, "disk is full")
    assert (upkeep.well, upkeep.found) == (False, "no room")


def test_an_influxdb_that_is_away_or_refuses_is_named_with_what_it_said() -> None:
    away = INFLUX | {"waiting": 1200, "lag_s": 61.2, "failing": "unreachable", "detail": "connection refused"}
    *_, found = of_status(status(influx=away))
    assert not found.well
    assert "1,200 readings wait" in found.found
    assert "connection refused" in found.found
    *_, found = of_status(status(influx=INFLUX | {"quarantined": 3, "attention": True}))
    assert not found.well
    assert "3 refused" in found.found


def test_a_node_that_is_away_and_one_that_exists_twice_are_named() -> None:
    here = {"node": "lab-1-pi", "online": True, "twin": False}
    assert [one.well for one in of_nodes([here])] == [True]
    nodes, twins = of_nodes([here | {"twin": True}, {"node": "lab-2-pi", "online": False, "twin": False}])
    assert "offline: lab-2-pi" in nodes.found
    assert twins.found == "lab-1-pi"


def test_clocks_may_differ_by_seconds_and_not_by_minutes() -> None:
    assert of_clocks(1000.0, 1003.0).well
    assert not of_clocks(1000.0, 1060.0).well
