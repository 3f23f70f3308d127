"""Two hubs with one host id: the broker throws out one for the other, and they say so instead of fighting for it."""

from pathlib import Path

from labkeeper_hub.settings import HubSettings
from labkeeper_sdk.testing import Broker

from .conftest import School, running
from .scripted_node import until


async def test_a_hub_notices_another_with_its_host_id_and_says_it_once(broker: Broker, tmp_path: Path) -> None:
    first, second = (HubSettings(data=tmp_path / name, broker=broker.url, port=0) for name in ("one", "two"))
    first.data.mkdir()
    second.data.mkdir()
    async with running(first, broker) as one, running(second, broker) as two:
        await until(lambda: taken(one) or taken(two), "one that was thrown out and came back")
        noticed = one if taken(one) else two
        assert noticed.refused("host_id_taken") >= 1
        assert noticed.hub.parts.health.status().host_id_taken


async def test_a_hub_that_comes_back_to_its_broker_is_no_rival_of_itself(broker: Broker, tmp_path: Path) -> None:
    settings = HubSettings(data=tmp_path, broker=broker.url, port=0)
    for _ in range(2):
        async with running(settings, broker) as school:
            await broker.stop()
            await until(lambda school=school: not school.hub.host.connected, "the loss")  # type: ignore[misc] # mypy infers no lambda with a default
            await broker.start()
            await until(lambda school=school: school.hub.host.connected, "the return")  # type: ignore[misc] # mypy infers no lambda with a default
            assert not taken(school)


def taken(school: School) -> bool:
    return school.hub.host.id_taken
