"""Names of strangers as names of ours; pure."""

import re

NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9_.-]+")
NOT_IN_AN_ID = re.compile(r"[^\w.:-]+")
LONGEST = 64


def name_of(part: str) -> str:
    """Return a part of a point's name: what a point's name may not hold becomes `_`."""
    return NOT_IN_A_NAME.sub("_", part).lstrip(".-")[:LONGEST] or "_"


def id_of(text: str) -> str:
    """Return a device's id: spaces, `/`, `+` and `#` become `_`, letters of every script stay."""
    return NOT_IN_AN_ID.sub("_", text)[:LONGEST] or "_"
