"""What the tests of the host's session share."""

import pytest

from labkeeper_wire.datatypes import DataType
from labkeeper_wire.payload import Metric

from .host_side import Node, online


@pytest.fixture
def node() -> Node:
    """A node that is born with the device `probe`; its next seq is 2."""
    edge = Node(online())
    edge.born(Metric("load", 0.5, DataType.DOUBLE, alias=9))
    edge.device_born(1)
    return edge
