"""`python -m benchmarks.isolation_node CONFIG DATA`: the node of `benchmarks.isolation`, with its drivers."""

import asyncio
import logging
import sys
from functools import partial
from pathlib import Path

from benchmarks.isolation_drivers import LOADED
from labkeeper_edge.__main__ import main
from labkeeper_edge.settings import read_settings

if __name__ == "__main__":
    config, data = map(Path, sys.argv[1:])
    logging.basicConfig(level=logging.INFO)
    read = partial(read_settings, config)
    asyncio.run(main(read(), data, drivers=LOADED, source=str(config), read=read))
