"""What stands for a value: words for the few it can be, a dash for none, a node's name for the hub's account of it."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from grafana_foundation_sdk.models import dashboard as models

from labkeeper_dashboards.drawing import CLEAR, quiet
from labkeeper_dashboards.model import Words
from labkeeper_sdk import Title

NOTHING = "—"
ACCOUNT = r"#hub/"
"""The hub keeps its figures about a node under this and the node's name."""


def of_words(words: Words, say: Callable[[Title], str]) -> models.ValueMap:
    """Return the words as Grafana has them."""
    return models.ValueMap(
        {
            value: models.ValueMappingResult(say(word.title), word.colour, index=place)
            for place, word in enumerate(words)
            for value in word.values
        }
    )


def of_cell(words: Words, say: Callable[[Title], str]) -> Iterator[models.ValueMapping]:
    """Yield what stands in a column: what has no value has no colour either, which would be that of the lowest one."""
    if words:
        yield of_words(tuple(replace(word, colour=quiet(word.colour)) for word in words), say)
    nothing = models.ValueMappingResult(NOTHING, CLEAR, index=len(words))
    yield models.SpecialValueMap(models.DashboardSpecialValueMapOptions(models.SpecialValueMatch.NULL_AND_NAN, nothing))


def of_node() -> models.RegexMap:
    """Return what names a node in a table of the hub's accounts."""
    named = models.ValueMappingResult("$1", index=0)
    return models.RegexMap(models.DashboardRegexMapOptions(f"^{ACCOUNT}(.*)$", named))


def called_by_node() -> models.DataTransformerConfig:
    """Return what names a node in a legend."""
    options = {"regex": f"^(.*){ACCOUNT}(.*)$", "renamePattern": "$1$2"}
    return models.DataTransformerConfig(id_val="renameByRegex", options=options)
