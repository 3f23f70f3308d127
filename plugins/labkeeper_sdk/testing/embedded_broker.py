"""`python -m labkeeper_sdk.testing.embedded_broker HOST PORT`: amqtt as a process of its own, for the demo.

amqtt keeps sessions in memory and is 12-17 times slower than Mosquitto: enough to try Labkeeper, not to run a school.
"""

import asyncio
import logging
import signal
import sys

from amqtt.broker import Broker


def configuration(host: str, port: int) -> dict[str, object]:
    """One loopback listener, anonymous clients; nothing else of amqtt's defaults."""
    return {
        "listeners": {"default": {"type": "tcp", "bind": f"{host}:{port}", "max_connections": 200}},
        "plugins": {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}},
    }


async def main(host: str, port: int) -> None:
    """Serve until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    broker = Broker(configuration(host, port))
    await broker.start()
    await stop.wait()
    await broker.shutdown()


if __name__ == "__main__":
    logging.basicConfig(level=logging.ERROR)
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
