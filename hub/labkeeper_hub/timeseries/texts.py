"""Texts as bytes: how many, how long each is, then all of them in UTF-8."""

from collections.abc import Sequence

import numpy as np


def pack_texts(texts: Sequence[str]) -> bytes:
    """Return b"" for no texts."""
    if not texts:
        return b""
    encoded = [text.encode(errors="surrogatepass") for text in texts]
    lengths = np.array([len(text) for text in encoded], np.uint32)
    return b"".join((len(encoded).to_bytes(4, "little"), lengths.tobytes(), *encoded))


def unpack_texts(body: bytes) -> list[str]:
    """Return what was packed."""
    if not body:
        return []
    count = int.from_bytes(body[:4], "little")
    lengths = np.frombuffer(body, np.uint32, count, 4).tolist()
    texts, at = [], 4 + 4 * count
    for length in lengths:
        texts.append(body[at : at + length].decode(errors="surrogatepass"))
        at += length
    return texts
