"""Topics strangers tell us to hear or to speak on; pure."""

OURS = ("spBv1.0", "labkeeper", "$SYS", "$share")
LONGEST = 512


def ours_or_wild(topic: str) -> bool:
    """Whether a device may not choose this topic: a pattern, or one of the platform's own.

    Whoever may announce a device must not be able to make the node speak as a node.
    """
    first = topic.partition("/")[0]
    return not topic or len(topic) > LONGEST or first in OURS or any(sign in topic for sign in "+#\0")


def may_be_heard(topic: str) -> bool:
    """Whether a device may choose this topic to be heard on: single levels of it may be open (`+`), not all of them.

    OpenMQTTGateway announces its sensors so, whichever gateway hears them: `+/+/BTtoMQTT/<MAC>`.
    """
    levels = topic.split("/")
    named = [level for level in levels if level != "+"]
    return any(named) and not ours_or_wild("/".join(named)) and len(topic) <= LONGEST


def fits(topic: str, announced: str) -> bool:
    """Whether a topic is the announced one, whose levels may be open; no open level stands for the platform's own."""
    said, wanted = topic.split("/"), announced.split("/")
    return (
        said[0] not in OURS
        and len(said) == len(wanted)
        and all(level in ("+", each) for level, each in zip(wanted, said, strict=True))
    )
