"""What argparse's `add_subparsers` returns, for which it has no public name."""

import argparse
from typing import Protocol


class Actions(Protocol):
    """Takes the commands that follow a word of the command line."""

    def add_parser(self, name: str, *, help: str, description: str) -> argparse.ArgumentParser:  # noqa: A002 -- argparse's own word
        """Add a command and return the parser of what follows it."""
