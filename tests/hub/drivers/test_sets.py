"""What people want is sealed before anybody sees it, compared without a value, and kept by version."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from labkeeper_hub.drivers.book import EMPTY, MOST_VERSIONS, PATIENCE_MS, Version, answered, next_number, noted
from labkeeper_hub.drivers.file import FILE, read_book, write_book
from labkeeper_hub.drivers.sets import changes, is_sealed, sealed
from labkeeper_hub.model import NodeKey
from labkeeper_sdk import BadConfiguration
from labkeeper_wire.driver_sets import SEALED, Answer, Instance, Instances, Offer, Offered, Order
from labkeeper_wire.sealing import binding, new_key, public, unseal

NODE = NodeKey("s", "n")
KEY = new_key()
SCHEMA: dict[str, Any] = {
    "additionalProperties": False,
    "properties": {
        "host": {"type": "string"},
        "password": {"anyOf": [{"format": "password", "writeOnly": True, "type": "string"}, {"type": "null"}]},
    },
}
METER = Offered(name="meter", schema_=SCHEMA)
OFFER = Offer(key=public(KEY), drivers=(METER, METER.model_copy(update={"name": "newer", "version": 2})))


def meter(driver: str = "meter", **configuration: Any) -> Instance:  # noqa: ANN401 -- JSON
    return Instance(driver=driver, configuration=configuration)


def test_a_secret_is_sealed_to_its_node_and_one_that_is_sealed_stays_as_it_is() -> None:
    found = sealed(NODE, OFFER, {"m": meter(host="h", password="hunter2")})
    assert "hunter2" not in repr(found)
    secret = found.instances["m"].configuration["password"]
    assert isinstance(secret, dict)
    assert unseal(KEY, str(secret[SEALED]), binding("s", "n", "m", "meter")) == "hunter2"
    assert sealed(NODE, OFFER, found.instances).instances == found.instances
    assert sealed(NODE, OFFER, {"m": meter(password=None)}).instances["m"].configuration == {"password": None}


def test_what_could_be_a_secret_by_another_name_does_not_leave_the_hub() -> None:
    wanted = {"m": meter(pasword="hunter2"), "n": meter("strange", x="hunter2"), "o": meter(password=5)}
    found = sealed(NODE, OFFER, wanted).mistakes
    assert [(one.pointer, one.code) for one in found] == [
        ("/m/configuration/pasword", "extra_forbidden"),
        ("/n/driver", "not_offered"),
        ("/o/configuration/password", "bad_secret"),
    ]
    loose = OFFER.model_copy(update={"drivers": (Offered(name="meter", schema_={}),)})
    assert sealed(NODE, loose, {"m": meter(x=1)}).mistakes == ()
    assert not is_sealed("hunter2")


def test_a_set_says_which_version_of_a_drivers_keys_it_was_written_in() -> None:
    assert sealed(NODE, OFFER, {"m": meter("newer", host="h")}).instances["m"].configuration == {
        "version": 2,
        "host": "h",
    }


def test_a_change_is_told_by_its_places_and_never_by_a_value() -> None:
    before: Instances = {"gone": meter(), "same": meter(host="a"), "other": meter(host="a", password="p")}
    after: Instances = {"same": meter(host="a"), "other": meter("newer", host="b"), "new": meter()}
    after["other"] = after["other"].model_copy(update={"apart": True})
    assert changes(before, after) == (
        "-/gone",
        "+/new (meter)",
        "~/other/driver",
        "~/other/apart",
        "~/other/configuration/host",
        "~/other/configuration/password",
    )


def order(number: int, name: str = "o") -> Order:
    return Order(id=f"{name}-{number}", do="apply", number=number, by="p-1", instances={"m": meter()})


def test_versions_are_kept_with_what_the_node_made_of_them_and_the_oldest_goes() -> None:
    book = EMPTY
    assert next_number(book, NODE, 7) == 8
    for number in range(1, MOST_VERSIONS + 3):
        book = noted(book, NODE, Version(order(number), 0))
    assert [one.order.number for one in book[NODE]] == list(range(3, MOST_VERSIONS + 3))
    assert next_number(book, NODE, 7) == MOST_VERSIONS + 3
    answer = Answer(order="o-12", do="apply", taken=True, number=12)
    told = answered(book, NODE, answer)
    assert [one.taken for one in told[NODE]][-2:] == [None, True]
    assert answered(told, NODE, answer) is told
    assert answered(EMPTY, NODE, answer) is EMPTY


def test_a_node_is_told_as_long_as_somebody_waits() -> None:
    version = Version(order(1), 0)
    assert version.waits(PATIENCE_MS - 1)
    assert not version.waits(PATIENCE_MS)
    assert not replace(version, taken=False).waits(1)


def test_the_book_survives_a_restart_and_a_damaged_one_is_named(tmp_path: Path) -> None:
    assert read_book(tmp_path) == EMPTY
    book = noted(EMPTY, NODE, Version(order(1), 5, ("+/m (meter)",), taken=True))
    write_book(tmp_path, book)
    assert read_book(tmp_path) == book
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600
    (tmp_path / FILE).write_text("{")
    with pytest.raises(BadConfiguration, match="nodes keep what they run"):
        read_book(tmp_path)
