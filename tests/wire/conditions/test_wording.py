"""A condition in the words of its reader, in either language."""

import pytest

from labkeeper_wire.conditions.parser import parse
from labkeeper_wire.conditions.wording import worded

NAMES = {"fan": "the fan runs", "gas": "combustible gas"}
NAMEN = {"fan": "通风已开", "gas": "可燃气体", "mode": "模式"}


@pytest.mark.parametrize(
    ("text", "zh", "en"),
    [
        ("fan", "通风已开", "the fan runs"),
        ("not fan", "并非“通风已开”", "not “the fan runs”"),
        ("fan and gas < 10 %{LEL}", "通风已开 且 可燃气体 < 10 %LEL", "the fan runs and combustible gas < 10 %LEL"),
        ("(fan or gas > 2) and x", "(通风已开 或 可燃气体 > 2) 且 x", "(the fan runs or combustible gas > 2) and x"),
        ("fan for 3 s", "通风已开 已持续 3 秒", "the fan runs for 3 s"),
        ("gas >= 2", "可燃气体 ≥ 2", "combustible gas ≥ 2"),
        ("gas rising by 8.5 Cel/min", "可燃气体 每分钟上升 8.5 °C 以上", "combustible gas rising by 8.5 °C/min"),
        ("gas falling by 2 [ppm]/h", "可燃气体 每小时下降 2 ppm 以上", "combustible gas falling by 2 ppm/h"),
        ("stale(gas)", "“可燃气体”没有新数据", "nothing recent is known of “combustible gas”"),
        ('mode == "eco"', "模式 = “eco”", "mode = “eco”"),
        ("fan != true", "通风已开 ≠ 是", "the fan runs ≠ yes"),
    ],
)  # fmt: skip
def test_a_condition_is_told_in_both_languages(text: str, zh: str, en: str) -> None:
    assert worded(parse(text), "zh", NAMEN) == zh
    assert worded(parse(text), "en", NAMES) == en
