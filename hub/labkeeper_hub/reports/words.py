"""What reports say, in Chinese and English; a test holds the two together."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Final

from labkeeper_hub.console import STATIC
from labkeeper_hub.reports.document import Language

WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "recording": ("实验记录", "Recording"),
    "lab": ("实验室", "Lab"),
    "from": ("开始", "From"),
    "to": ("结束", "To"),
    "still_running": ("仍在记录", "still running"),
    "length": ("时长", "Length"),
    "samples": ("样本数", "Samples"),
    "points": ("测点数", "Points"),
    "rate": ("采样", "Rate"),
    "every_reading": ("每个读数", "every reading"),
    "every": ("每 {s} 秒", "every {s} s"),
    "started_by": ("记录人", "Recorded by"),
    "owner": ("所有者", "owner"),
    "curves": ("曲线", "Curves"),
    "words": ("文字与事件", "Words and events"),
    "more_points": (
        "另有 {n} 个测点没有画出，文件里有。",
        "{n} more points are not drawn; the files have them.",
    ),
    "marks": ("标记", "Markers"),
    "no_marks": ("没有标记。", "No markers."),
    "commands": ("命令", "Commands"),
    "no_commands": ("没有命令。", "No commands."),
    "alarms": ("报警", "Alarms"),
    "no_alarms": ("没有报警。", "No alarms."),
    "and_more": ("另有 {n} 条", "and {n} more"),
    "time": ("时间", "Time"),
    "what": ("内容", "What"),
    "who": ("人", "Who"),
    "where": ("位置", "Where"),
    "value": ("值", "Value"),
    "state": ("状态", "State"),
    "rule": ("规则", "Rule"),
    "kind": ("事件", "Event"),
    "sealed": ("封存于 {time}，记录的 SHA-256：{digest}", "Sealed {time}; SHA-256 of the record: {digest}"),
    "unsealed": ("尚未封存：迟到的读数可能还会到。", "Not sealed yet: late readings may still come."),
    "summary": ("最低 {low}　平均 {mean}　最高 {high} {unit}", "lowest {low}, mean {mean}, highest {high} {unit}"),
    "no_readings": ("没有读数", "no readings"),
    "print": (
        "要 PDF：打印本页，目标选“另存为 PDF”。",
        "For a PDF, print this page and choose “Save as PDF”.",
    ),
    "room_day": ("{lab} · {day} 日报", "{lab} · report of {day}"),
    "room_week": ("{lab} · {day} 起一周报告", "{lab} · report of the week from {day}"),
    "made": ("生成于 {time}", "made {time}"),
    "room_foot": (
        "数值为每一步的平均，浅色带是最低到最高。采集有缺口处曲线断开。有人和开启的时间：一个状态算到下一次上报，最多一天。",
        (
            "Values are means of each step; the band goes from lowest to highest. Lines break where data are missing. "
            "Occupied and on: a state counts until the next word about it, for a day at most."
        ),
    ),
    "air": ("空气", "Air"),
    "light": ("光照", "Light"),
    "noise": ("噪声", "Noise"),
    "use": ("使用", "Use"),
    "energy": ("用电", "Energy"),
    "no_points": ("这个实验室没有这类测点。", "This lab has no points of this kind."),
    "used_for": ("有人时间", "Occupied for"),
    "switched_on_for": ("开启时间", "On for"),
    "used": ("用电量", "Used"),
    "alarms_raised": ("触发报警", "Alarms raised"),
    "point": ("测点", "Point"),
    "lowest": ("最低", "Lowest"),
    "mean": ("平均", "Mean"),
    "highest": ("最高", "Highest"),
    "queued": ("等待中", "waiting"),
    "sent": ("已发出", "sent"),
    "accepted": ("已接受", "accepted"),
    "done": ("已完成", "done"),
    "rejected": ("被拒绝", "refused"),
    "failed": ("失败", "failed"),
    "expired": ("超时未执行", "too late"),
    "unknown": ("结果未知", "outcome unknown"),
    "became": ("{state}：{why}", "{state}: {why}"),
    "since": ("{why}；自 {time} 起", "{why}; since {time}"),
    "hours": ("{h} 小时 {m} 分", "{h} h {m} min"),
}
SIGNS: Final[Mapping[str, str]] = {
    "Cel": "°C", "[ppm]": "ppm", "[ppb]": "ppb", "kW.h": "kWh", "W.h": "Wh", "dB[SPL]": "dB", "m/s2": "m/s²", "1": "",
    "ug/m3": "µg/m³", "mg/m3": "mg/m³",
}  # fmt: skip
SECOND_MS: Final = 1000


def say(language: Language, key: str, **parts: object) -> str:
    """Return a sentence in a language."""
    return WORDS[key][0 if language == "zh" else 1].format(**parts)


def moment(time_ms: int, offset_min: int) -> str:
    """Return date and time of day where the report is read."""
    return _local(time_ms, offset_min).strftime("%Y-%m-%d %H:%M:%S")


def duration(length_ms: int) -> str:
    """Return a length as h:mm:ss."""
    minutes, seconds = divmod(length_ms // SECOND_MS, 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{seconds:02d}"


def hours(language: Language, length_ms: float) -> str:
    """Return a length in hours and minutes."""
    whole, minutes = divmod(round(length_ms / 60_000), 60)
    return say(language, "hours", h=whole, m=minutes)


def sign(unit: str) -> str:
    """Return a UCUM unit as people write it."""
    return SIGNS.get(unit, unit.replace("{", "").replace("}", "").replace("[", "").replace("]", ""))


def titled(language: Language, zh: str, en: str, fallback: str) -> str:
    """Return a title; either language stands in for the other."""
    return (zh or en if language == "zh" else en or zh) or fallback


def point_word(language: Language, point: str, zh: str, en: str) -> str:
    """Return what people call a point, as the page does: its title, but for one that repeats the id; our own word."""
    given, leaf = zh if language == "zh" else en, point.rsplit("/", 1)[-1]
    if given and _plain(given) not in (_plain(point), _plain(leaf)):
        return given
    known = _page_words(language)
    word = known.get(f"point.{point}") or known.get(f"point.{leaf}") or titled(language, zh, en, point)
    group = point.removesuffix(leaf).strip("/")
    return f"{_plain(group)} {word}" if group and word != point else word


@cache
def _page_words(language: Language) -> Mapping[str, str]:
    words: Mapping[str, str] = json.loads((STATIC / "i18n" / f"{language}.json").read_text(encoding="utf-8"))
    return words


def _plain(words: str) -> str:
    return re.sub(r"[_/.\s-]+", " ", words).strip().lower()


def _local(time_ms: int, offset_min: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=time_ms, minutes=offset_min)
