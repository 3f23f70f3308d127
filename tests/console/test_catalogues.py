import json
import re

from labkeeper_hub.alarms.catalogue import shipped
from labkeeper_hub.alarms.words import KINDS
from labkeeper_hub.console import STATIC

SOURCES = "\n".join(path.read_text() for path in STATIC.rglob("*.js") if path.parent.name != "vendor")


def catalogue(language: str) -> dict[str, str]:
    """The words of a language, the page's first and then those that come when they are asked for; a key given twice is
    an error.
    """
    files = sorted((STATIC / "i18n").glob(f"*{language}.json"), key=lambda path: (len(path.name), path.name))
    pairs: list[tuple[str, str]] = [
        pair for path in files for pair in json.loads(path.read_text(), object_pairs_hook=lambda found: found)
    ]
    assert len(pairs) == len(dict(pairs))
    return dict(pairs)


def used() -> set[str]:
    """Keys named in the page's sources, as an argument of `t` or as a word handed on to it."""
    return set(re.findall(r'"([a-z_]+\.[a-z0-9_]+)"', SOURCES)) | set(re.findall(r'\bt\("([^"]+)"', SOURCES))


def families() -> set[str]:
    """Families whose ids come from the wire."""
    return set(re.findall(r'\bword\((?:text, )?"([a-z]+)"', SOURCES))


def test_chinese_and_english_say_the_same_things() -> None:
    zh, en = catalogue("zh"), catalogue("en")
    assert list(zh) == list(en)
    for key, text in zh.items():
        assert text.strip()
        assert en[key].strip()
        assert sorted(re.findall(r"\{\w+\}", text)) == sorted(re.findall(r"\{\w+\}", en[key])), key


def test_every_word_the_page_asks_for_exists() -> None:
    asked = set(re.findall(r'\bt\("([^"]+)"', SOURCES))
    asked |= set(re.findall(r'"((?:sign_in|lab|chart|outcome|reason)\.[a-z0-9_]+)"', SOURCES))
    assert asked - set(catalogue("zh")) == set()


def test_every_word_of_the_catalogues_is_asked_for() -> None:
    named, from_the_wire = used(), families()
    unused = {key for key in catalogue("zh") if key not in named and key.split(".")[0] not in from_the_wire}
    assert unused == set()


def test_whatever_the_alarms_catalogue_says_by_a_word_has_one() -> None:
    rules = shipped().rules.values()
    asked = {f"alarmlevel.{level.name}" for rule in rules for level in rule.levels}
    asked |= {f"alarmrole.{rule.told.role}" for rule in rules} | {f"alarmkind.{kind}" for kind in KINDS}
    assert asked - set(catalogue("zh")) == set()


def test_chinese_is_chinese() -> None:
    latin = {key for key, text in catalogue("zh").items() if not re.search(r"[一-鿿]", text)}
    assert latin == {"point.pm25", "point.pm10"}
