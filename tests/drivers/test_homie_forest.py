"""Several Homie domains behind one driver."""

import pytest

from labkeeper_drivers.homie.forest import Forest
from labkeeper_drivers.listening import Accepted, Outgoing
from labkeeper_sdk import Availability, CommandRejected, Found, Reading, Report
from tests.drivers.conftest import fixture

ROBOT = fixture("homie_robot.json")


def forest() -> Forest:
    return Forest.of(("homie", "school/east"), session_present=False)


def announce(forest: Forest, domain: str) -> list[str]:
    events = [
        *forest.hear(f"{domain}/5/robot/$state", b"ready", retain=True),
        *forest.hear(f"{domain}/5/robot/$description", ROBOT, retain=True),
    ]
    return [event.device.id for event in events if isinstance(event, Found)]


def test_devices_with_one_id_in_two_domains_are_two() -> None:
    both = forest()
    assert announce(both, "homie") == ["robot"]
    assert announce(both, "school/east") == ["school_east.robot"]
    for domain, device in (("homie", "robot"), ("school/east", "school_east.robot")):
        report = both.hear(f"{domain}/5/robot/drive/left", b"0.5", retain=False)
        assert report == (Report(device, (Reading("drive/left", 0.5),)),)
        accepted = both.hear(f"{domain}/5/robot/drive/left/$target", b"0.5", retain=False)
        assert Accepted(device, "drive/left", 0.5) in accepted
        order = both.command(device, "drive/left", 0.25)
        assert order.messages == (Outgoing(f"{domain}/5/robot/drive/left/set", b"0.25"),)


def test_values_wait_for_the_description_of_their_own_domain() -> None:
    both = forest()
    announce(both, "homie")
    assert both.waits_for("school/east/5/robot/drive/left") == "school_east.robot"
    assert both.explained("school/east/5/robot/$description") == ()
    announce(both, "school/east")
    assert both.explained("school/east/5/robot/$description") == ("school_east.robot",)
    assert both.waits_for("school/east/5/robot/drive/left") is None


def test_a_domain_nobody_asked_for_is_not_heard() -> None:
    both = forest()
    assert (both.hear("other/5/robot/$state", b"ready", retain=False), both.waits_for("other/5/a/b/c")) == ((), None)
    assert both.explained("other/5/robot/$state") == ()
    with pytest.raises(CommandRejected, match="there is no device"):
        both.command("school_east.robot", "drive/left", 0.5)


def test_a_lost_device_of_a_further_domain_is_lost_under_its_own_id() -> None:
    both = forest()
    announce(both, "school/east")
    lost = both.hear("school/east/5/robot/$state", b"lost", retain=False)
    assert lost == (Availability("school_east.robot", online=False),)
