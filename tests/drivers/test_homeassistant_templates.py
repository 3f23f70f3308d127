"""Templates of strangers: what devices use works, and what has no end is not offered."""
# ruff: noqa: E501 -- tables of templates

import pytest

from labkeeper_drivers.homeassistant.templates import NothingSaid, Templates
from labkeeper_sdk import BadReading, CommandRejected

TEMPLATES = Templates()


def rendered(source: str, payload: str | bytes = "") -> str:
    return TEMPLATES.reading(source)(payload.encode() if isinstance(payload, str) else payload)


@pytest.mark.parametrize(
    ("source", "payload", "text"),
    [
        ("", "21.5", "21.5"),
        ("{{ value }}", "21.5", "21.5"),
        ("{{ value_json.temperature }}", '{"temperature": 21.5}', "21.5"),
        ("{{ value_json['a']['b'] | float(0) | round(1) }}", '{"a": {"b": "3.14"}}', "3.1"),
        ("{{ value_json.x }}", "{}", ""),
        ("{% if value_json.s == 'on' %}ON{% else %}OFF{% endif %}", '{"s": "on"}', "ON"),
        ("{{ 'ON' if value | int > 3 else 'OFF' }}", "5", "ON"),
        ("{{ ['off', 'low', 'high'][value_json.m] }}", '{"m": 2}', "high"),
        ("{{ {'0': 'off', '1': 'on'}[value] | default('?') }}", "1", "on"),
        ("{{ {'0': 'off'}[value] | default('?') }}", "9", "?"),
        ("{{ value.split(',')[1] }}", "a,b", "b"),
        ("{{ value_json.a ~ '-' ~ value_json.b }}", '{"a": 1, "b": 2}', "1-2"),
        ("{{ value | replace('x', 'yy') }}{{ value.replace('x', '') }}", "axb", "ayybab"),
        ("{% set a = value %}{{ a ~ a }}", "q", "qq"),
        ("{{ (value_json.v / 10) | round(2) }}", '{"v": 234}', "23.4"),
        ("{{ value_json.v * 9 / 5 + 32 }}", '{"v": 20}', "68.0"),
        ("{% for i in value_json.l %}{{ i }};{% endfor %}", '{"l": [1, 2]}', "1;2;"),
        ("{{ value_json.a is defined and value_json.a in ['x', 'y'] }}", '{"a": "x"}', "True"),
        ("{{ value_json.t | timestamp_utc }}", '{"t": 0}', "1970-01-01T00:00:00+00:00"),
        ("{{ as_timestamp('1970-01-01T00:01:00') | int }}", "", "60"),
        ("{{ as_timestamp('x', 7) }}{{ value | timestamp_local('no') }}", "x", "7no"),
        ("{{ now().year > 2000 and utcnow().year > 2000 }}", "", "True"),
        ("{{ value | float(-1) }} {{ value | int(5) }} {{ float('2') }}", "x", "-1 5 2.0"),
        (
            "{{ value | round(1, 'ceil') }} {{ value | round(0, 'floor') }} {{ value | round(0, 'half') }}",
            "2.31",
            "2.4 2 2",
        ),
        ("{{ value | round(0, 'common', 9) }}", "x", "9"),
        ("{{ value | bool }} {{ 'x' | bool(3) }} {{ 'off' | bool }}", "on", "True 3 False"),
        ("{{ is_number(value) }} {{ 'x' | is_number }}", "3", "True False"),
        ("{{ iif(value == 'a', 'yes', 'no') }} {{ (1 > 2) | iif }}", "a", "yes False"),
        (
            "{{ value_json | length }} {{ value_json | first }} {{ value_json | last }} {{ value_json | max }}",
            "[3, 1]",
            "2 3 1 3",
        ),
        (
            "{{ value_json | sort | join(',') }} {{ value_json | sum }} {{ value_json | reverse | join }}",
            "[3, 1]",
            "1,3 4 13",
        ),
        ("{{ [] | first }}{{ value | from_json | length }}{{ 'x' | from_json(0) }}", "[1]", "10"),
        ("{{ value | upper }}{{ value | lower | trim | title }}{{ value | capitalize }}", "aB", "ABAbAb"),
        (
            "{{ value | multiply(2) | add(1) }} {{ 9 | sqrt }} {{ 8 | log(2) }} {{ 6 | bitwise_and(3) }}",
            "2",
            "5.0 3.0 3.0 2",
        ),
        ("{{ 7 % 4 }} {{ 2 ** 3 }} {{ 7 // 2 }} {{ 'a' + 'b' }}", "", "3 8 3 ab"),
        ("{{ value_json.get('a', 4) }} {{ value_json.items() | length }}", "{}", "4 0"),
        ("{{ value | d('x', true) }}", "", "x"),
        ("{{ value_json | tojson }}", '{"a": 1}', '{"a": 1}'),
        ("{{ range(3) | list | join }}", "", "012"),
    ],
)
def test_what_devices_use_works(source: str, payload: str, text: str) -> None:
    assert rendered(source, payload) == text


@pytest.mark.parametrize(
    "source",
    [
        "{{ 'a' * 1000000000 }}", "{{ [1] * 100000 }}", "{{ 9 ** 9 ** 9 }}", "{{ 2 ** 65 }}", "{{ range(10 ** 9) | list }}",
        "{{ '%0999999999d' % 5 }}", "{{ value.format(1) }}", "{{ 'a'.center(10 ** 9) }}", "{{ lipsum(10) }}",
        "{% set ns = namespace(s='a') %}", "{% set a = 'x' %}" + "{% set a = a ~ a %}" * 60 + "{{ a }}",
        "{% set a = 'x' %}" + "{% set a = a + a %}" * 60 + "{{ a }}", "{% set a = 3 %}" + "{% set a = a * a %}" * 60 + "{{ a }}",
        "{% for i in range(1000) %}{{ value | upper | lower | upper }}{% endfor %}",
        "{% for i in value %}x{% endfor %}", "{{ value | replace('', 'xxxxxxxxxxxxxxxxxxxxxx') }}",
        "{{ value.replace('x', 'xxxxxxxxxxxxxxxxxxx') }}", "{{ self.__init__.__globals__ }}", "{{ value.encode() }}",
        "{{ ' '.join(value) }}", "{{ now().strftime('%999999d') }}", "{{ states('sensor.x') }}", "{{ 1 / 0 }}",
        "{{ value | int }}", "{{ 'x' | bool }}", "{{ 'x' | round }}", "{{ 'x' | as_timestamp }}", "{{ 'x' | timestamp_utc }}",
        "{{ '{' | from_json }}", "{{ value_json.a.b }}", "{{ (value ~ value) ~ (value ~ value) ~ (value ~ value) }}",
        "{% for i in range(900) %}{{ value }}{% endfor %}", "{{ 1e308 * 10 * 0 }}",
    ],
)  # fmt: skip
def test_what_has_no_end_or_makes_no_sense_is_a_bad_reading(source: str) -> None:
    with pytest.raises(BadReading) as error:
        rendered(source, "x" * 16_000)
    assert error.value.reason == "bad_template"


@pytest.mark.parametrize(
    "source",
    [
        "{% for a in value %}{% for b in value %}x{% endfor %}{% endfor %}", "{% for a in b recursive %}{% endfor %}",
        "{% macro a() %}{{ a() }}{% endmacro %}", "{% include 'x' %}", "{% import 'x' as y %}", "{% extends 'x' %}",
        "{% block a %}{% endblock %}", "{% set a %}x{% endset %}", "{% with a = 1 %}{% endwith %}",
        "{% filter upper %}x{% endfilter %}", "{% set a = [value, value] %}", "{% set a = (value, value) %}",
        "{% set a = {'a': value} %}", "{% set ns.a = 1 %}", "{{ value | attr('x') }}", "{{ value | nonsense }}",
        "{{ value is nonsense }}", "{{ ", "{% if %}", "x" * 5_000, "{%if a%}x{%endif%}" * 200, "{{ " + "(" * 300 + "1" + ")" * 300 + " }}",
    ],
)  # fmt: skip
def test_what_is_not_offered_is_refused_when_it_is_announced(source: str) -> None:
    with pytest.raises(ValueError, match="template"):
        TEMPLATES.compiled(source)


def test_the_sandbox_shows_nothing_of_python() -> None:
    for source in ("{{ ''.__class__ }}", "{{ value_json.__class__ }}", "{{ cycler.__init__ }}", "{{ ().__class__ }}"):
        assert rendered(source, "{}") == ""


@pytest.mark.parametrize(("payload", "reason"), [(b"\xff", "not_utf8"), (b"x" * 20_000, "too_large")])
def test_a_payload_that_is_no_text_is_not_rendered(payload: bytes, reason: str) -> None:
    with pytest.raises(BadReading) as error:
        rendered("{{ value }}", payload)
    assert error.value.reason == reason


def test_a_message_that_is_not_about_the_entity_says_nothing() -> None:
    with pytest.raises(NothingSaid):
        rendered("{{ value_json.x | is_defined }}", "{}")


def test_a_command_is_put_into_the_devices_words() -> None:
    assert TEMPLATES.asking("")(3.0) == b"3"
    assert TEMPLATES.asking("")("eco") == b"eco"
    assert TEMPLATES.asking('{"level": {{ value }}}')(3.0) == b'{"level": 3}'
    assert TEMPLATES.asking_with("on,{{ brightness }}", "brightness")(12.5) == b"on,12.5"


def test_a_command_template_that_breaks_is_refused() -> None:
    with pytest.raises(CommandRejected) as error:
        TEMPLATES.asking("{{ value | nonsense_free | int }}".replace("nonsense_free", "lower"))("x")
    assert error.value.code == "bad_template"


def test_one_message_is_parsed_once_for_all_its_templates() -> None:
    templates = Templates()
    read = templates.reading("{{ value_json.a }}")
    for number in range(10):
        assert read(b'{"a": %d}' % number) == str(number)
    assert len(templates._parsed) <= 4
