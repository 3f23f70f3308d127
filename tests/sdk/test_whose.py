"""Which folder a driver's code lies in, and what a thread is at."""

import threading
from pathlib import Path

from pydantic import BaseModel

from labkeeper_sdk import Driver, threaded
from labkeeper_sdk.plugins import load_drivers
from labkeeper_sdk.whose import code_of, frames, package_of


def test_a_driver_lies_in_its_distribution_s_folder_and_in_a_package_of_its_own() -> None:
    snmp = load_drivers().drivers["snmp"]
    assert code_of(snmp).name == "labkeeper_drivers"
    assert package_of(snmp) == code_of(snmp) / "snmp"


def test_a_driver_on_a_library_that_blocks_lies_where_its_own_code_does() -> None:
    def connect(*_: object) -> None: ...

    driver = Driver("slow", BaseModel, threaded(connect))  # type: ignore[arg-type] # nobody connects
    assert code_of(driver) == Path(__file__)


def test_a_thread_stands_in_its_frames_and_one_that_is_gone_in_none() -> None:
    here = [frame.f_code.co_name for frame in frames(threading.get_ident())]
    assert "test_a_thread_stands_in_its_frames_and_one_that_is_gone_in_none" in here
    assert [*frames(-1)] == []
