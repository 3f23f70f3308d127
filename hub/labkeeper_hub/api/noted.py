"""What was refused is on record, as what was done is."""

from collections.abc import Iterator
from contextlib import contextmanager

from labkeeper_hub.api.problems import Refusal
from labkeeper_hub.api.state import Api


@contextmanager
def refusals_noted(api: Api, who: str, what: str, subject: str) -> Iterator[None]:
    """Record a refusal that is raised inside, with its code; never with what was typed."""
    try:
        yield
    except Refusal as refused:
        api.audit.note(who, what, subject, refused.code)
        raise
