"""`python -m tests.edge.edge_process --config FILE --data DIR`: the edge with the test driver, as a process to kill."""

import argparse
import asyncio
import logging
from functools import partial
from pathlib import Path

from labkeeper_edge.__main__ import main
from labkeeper_edge.settings import read_settings
from tests.edge.bench_driver import LOADED

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO)
    read = partial(read_settings, options.config)
    asyncio.run(main(read(), options.data, drivers=LOADED, source=str(options.config), read=read))
