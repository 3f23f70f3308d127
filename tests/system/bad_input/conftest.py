"""One real stack for the whole folder: bad input must not need a new one."""

from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from labkeeper_cli.stack import Wishes, open_stack
from labkeeper_sdk.testing import find_mosquitto
from labkeeper_wire import mqtt

from .bench import NAMES, Bench
from .lab import NODE, PLUG, Lab


@pytest_asyncio.fixture(loop_scope="session", scope="package")
async def lab(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Lab]:
    """The running lab, its devices online."""
    if find_mosquitto() is None:
        pytest.skip("Mosquitto is not installed: apt install mosquitto")
    folder = tmp_path_factory.mktemp("lab")
    witness = folder / "witness.jsonl"
    wishes = Wishes(folder, broker_kind="mosquitto", sim=("--only", "plug"), witness=witness)
    async with open_stack(wishes) as stack:
        address = mqtt.Address("127.0.0.1", stack.broker.port)
        headers = {"Authorization": f"Bearer {stack.secret}"}
        async with (
            mqtt.connect(address, "bench") as link,
            httpx.AsyncClient(base_url=stack.url, headers=headers, trust_env=False) as http,
        ):
            running = Lab(stack, Bench(link), witness, http)
            await running.bench.introduce()
            await running.until(lambda: _all_online(running), "the devices")
            await running.neighbour_says(1)
            yield running


async def _all_online(lab: Lab) -> bool:
    found = await lab.devices(NODE)
    return all(found.get(one, {}).get("online") for one in (*NAMES, PLUG.device))
