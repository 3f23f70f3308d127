"""Which points speak of a person."""

import pytest

from labkeeper_sdk import Switch
from labkeeper_sdk.personal import Says, Sense, number_of, senses


def test_a_band_of_its_own_and_the_bands_of_a_gateway_are_known_by_their_numbers() -> None:
    assert senses("band-7", ("heart-rate", "contact", "battery")) == {
        "heart-rate": Sense(Says.RATE, 7),
        "contact": Sense(Says.CONTACT, 7),
    }
    gateway = ("band-01/heart-rate", "band-02/HeartRate", "band-02/contact", "lid/contact")
    assert senses("pe-bands", gateway) == {
        "band-01/heart-rate": Sense(Says.RATE, 1),
        "band-02/HeartRate": Sense(Says.RATE, 2),
        "band-02/contact": Sense(Says.CONTACT, 2),
    }


def test_what_else_speaks_of_a_body_is_kept_from_everybody() -> None:
    assert senses("strap-3", ("spo2", "rr_interval")) == {
        "spo2": Sense(Says.OTHER, 3),
        "rr_interval": Sense(Says.OTHER, 3),
    }


def test_what_a_driver_marks_is_personal_whatever_it_is_called() -> None:
    assert senses("mat-4", ("pulse", "steps", "battery"), ("pulse",)) == {"pulse": Sense(Says.OTHER, 4)}
    assert senses("band-7", ("heart-rate",), ("heart-rate",)) == {"heart-rate": Sense(Says.RATE, 7)}


def test_what_is_commanded_is_nobodys_body() -> None:
    with pytest.raises(ValueError, match="speaks of no person"):
        Switch("lamp", safe_value=False, personal=True)


def test_a_room_has_no_personal_points() -> None:
    assert senses("air", ("temperature", "co2", "contact")) == {}


@pytest.mark.parametrize(
    ("name", "number"),
    [("band-07", 7), ("band_120", 120), ("9", 9), ("0x00158d0001a2b3c4", None), ("band7", None), ("band-0", None)],
)
def test_a_number_stands_by_itself_at_the_end(name: str, number: int | None) -> None:
    assert number_of(name) == number
