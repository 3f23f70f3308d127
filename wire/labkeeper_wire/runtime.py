"""The codec is only as fast as protobuf's C implementation: without it the process must not start."""

from google.protobuf.internal import api_implementation


class SlowProtobuf(ImportError):
    """protobuf runs in pure Python, 20 to 50 times slower; install a wheel for this platform."""


def require_upb(implementation: str) -> None:
    """Raise SlowProtobuf unless `implementation` (protobuf's own name of it) is upb, the C one."""
    if implementation != "upb":
        raise SlowProtobuf(
            f"protobuf runs as {implementation!r}, not as its C implementation 'upb': install a binary wheel of "
            "protobuf>=6.30 and unset PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION"
        )


def active_implementation() -> str:
    """Name the implementation protobuf has chosen: "upb" (C) or "python"."""
    return api_implementation.Type()
