"""Topics strangers tell us to hear or to speak on; pure."""

OURS = ("spBv1.0", "labkeeper", "$SYS", "$share")
LONGEST = 512


def ours_or_wild(topic: str) -> bool:
    """Whether a device may not choose this topic: a pattern, or one of the platform's own.

    Whoever may announce a device must not be able to make the node speak as a node.
    """
    first = topic.partition("/")[0]
    return not topic or len(topic) > LONGEST or first in OURS or any(sign in topic for sign in "+#\0")
