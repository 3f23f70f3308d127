"""The hub of the conformance kit goes with a word or without one."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager

import pytest

from labkeeper_cli.driver.host import Host, open_host, open_host_to_be_cut
from labkeeper_sdk.testing import open_broker
from labkeeper_wire import mqtt
from labkeeper_wire.state import HostState, parse_state, state_topic


async def states(messages: AsyncIterator[mqtt.Message], *, online: bool) -> HostState:
    """Return the next state of the host that is one or the other."""
    async with asyncio.timeout(10):
        while (state := parse_state((await anext(messages)).payload)).online is not online:
            pass
    return state


@pytest.mark.parametrize(("opened", "says_goodbye"), [(open_host, True), (open_host_to_be_cut, False)])
async def test_a_cut_link_leaves_the_last_word_to_the_will(
    opened: Callable[[str], AbstractAsyncContextManager[Host]],
    says_goodbye: bool,  # noqa: FBT001 -- a column of the table
) -> None:
    async with open_broker() as broker, mqtt.connect(mqtt.Address.parse(broker.url), "listener") as link:
        await link.subscribe((state_topic("labkeeper"), 1))
        messages = link.messages()
        async with opened(broker.url) as host:
            await states(messages, online=True)
            while time.time_ns() // 1_000_000 <= host.session.connect_ms:
                await asyncio.sleep(0.001)  # a goodbye has the time of now, the will that of the CONNECT
        offline = await states(messages, online=False)
        assert (offline.time_ms != parse_state(host.session.will.payload).time_ms) is says_goodbye
