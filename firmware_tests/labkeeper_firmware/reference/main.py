"""`python -m labkeeper_firmware.reference.main KEY=VALUE …`; a board's own `main.py` calls `run([])`."""

import sys

from .board import Board, join
from .node import Node
from .settings import read
from .ticks import Ticks


def run(words: list[str], kind: type[Node] = Node) -> None:
    """Run the node until it is interrupted."""
    settings = read(words)
    board = Board()
    join(settings.wifi, settings.wifi_password)
    node = kind(settings, board, Ticks())
    try:
        while True:
            node.step()
    except KeyboardInterrupt:
        node.leave()


if __name__ == "__main__":
    run(sys.argv[1:])
