"""Addresses as QR codes (ISO/IEC 18004), for the page to draw."""

from labkeeper_hub.api.answers import Json


def rows_of(address: str) -> list[Json]:
    """Return the code's rows, "1" where it is dark, without the quiet zone; 15 % of it may be lost (level M)."""
    import segno  # noqa: PLC0415 -- few hubs draw one in their first seconds

    return ["".join(map(str, row)) for row in segno.make(address, micro=False, error="m").matrix]
