"""`python -m labkeeper_sdk.testing.embedded_broker HOST PORT`: amqtt as a process of its own, for the demo.

amqtt keeps sessions in memory and is 12-17 times slower than Mosquitto: enough to try Labkeeper, not to run a school.
"""

import asyncio
import logging
import signal
import sys
from collections.abc import Iterator

from amqtt.broker import Broker
from amqtt.session import Session


def configuration(host: str, port: int) -> dict[str, object]:
    """One loopback listener, anonymous clients; nothing else of amqtt's defaults."""
    return {
        "listeners": {"default": {"type": "tcp", "bind": f"{host}:{port}", "max_connections": 200}},
        "plugins": {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}},
    }


class Subscriptions(dict[str, list[tuple[Session, int]]]):
    """Gone through as they stand at the beginning: amqtt awaits meanwhile, and clients come and go."""

    def __iter__(self) -> Iterator[str]:
        return iter(tuple(self.keys()))


class EmbeddedBroker(Broker):  # type: ignore[misc] # amqtt has no types
    """amqtt (0.12), mended where it ends the session of one of two clients that come at once, and where it gives a new
    client the retained messages that others have subscribed to.
    """

    def __init__(self, config: dict[str, object]) -> None:
        super().__init__(config)
        self._subscriptions = Subscriptions()

    async def _publish_retained_messages_for_subscription(self, wanted: tuple[str, int], session: Session) -> None:
        if any(one.client_id == session.client_id for one, _ in self._subscriptions.get(wanted[0], ())):
            await super()._publish_retained_messages_for_subscription(wanted, session)


async def main(host: str, port: int) -> None:
    """Serve until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    broker = EmbeddedBroker(configuration(host, port))
    await broker.start()
    await stop.wait()
    await broker.shutdown()


if __name__ == "__main__":
    logging.basicConfig(level=logging.ERROR)
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
