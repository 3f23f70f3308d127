"""Numbers as bytes that compress well: the lowest bytes of all, then the next, and so on."""

import numpy as np
import numpy.typing as npt

from labkeeper_hub.timeseries.columns import U8

WIDTHS = (np.uint8, np.uint16, np.uint32, np.uint64)


def pack_planes(values: npt.NDArray[np.unsignedinteger]) -> bytes:
    """Return the lowest bytes of all values, then the next, and so on."""
    return values.view(np.uint8).reshape(len(values), -1).T.tobytes()


def unpack_planes(planes: U8, size: int) -> npt.NDArray[np.unsignedinteger]:
    """Return the values of `size` bytes whose bytes were laid apart."""
    return np.ascontiguousarray(planes.reshape(size, -1).T).view(f"<u{size}").reshape(-1)
