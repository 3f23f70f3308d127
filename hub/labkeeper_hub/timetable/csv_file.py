"""A timetable as a table: CSV with Chinese or English headings, one slot a row. Pure."""

import csv
import io
import re
from collections.abc import Iterator, Mapping
from datetime import date, time

from labkeeper_hub.timetable.reading import MOST_FAULTS, MOST_SLOTS, Fault, Known, Read, Wrong, fault, whole_file
from labkeeper_hub.timetable.slots import EVERY_WEEK, Dated, Parity, Slot, Teaching, Weeks

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "lab": ("lab", "实验室"),
    "class": ("class", "班级"),
    "course": ("course", "课程"),
    "teacher": ("teacher", "教师"),
    "day": ("day", "星期"),
    "date": ("date", "日期"),
    "period": ("period", "节次"),
    "start": ("start", "开始"),
    "end": ("end", "结束"),
    "weeks": ("weeks", "周次"),
    "starts": ("starts", "自动上课"),
}
"""Every column, in both languages; the first name of each is what faults call it."""

DAYS = {
    **{str(at): at for at in range(1, 8)},
    **{name: at for at, name in enumerate(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), 1)},
    **{name: at for at, name in enumerate("一二三四五六日", 1)},
    "天": 7,
}
YES, NO = frozenset({"yes", "是", "1", "true"}), frozenset({"", "no", "否", "0", "false"})
WEEKS = re.compile(r"(?P<first>\d{1,2})(?:\s*[-–~]\s*(?P<last>\d{1,2}))?\s*周?\s*(?P<parity>odd|even|单|双)?周?")
PARITIES = {"odd": Parity.ODD, "单": Parity.ODD, "even": Parity.EVEN, "双": Parity.EVEN}
PERIODS = re.compile(r"(\d{1,2})(?:\s*[-–~]\s*(\d{1,2}))?")
DELIMITERS = ",;\t，"


def read_csv(text: str, known: Known) -> Read:
    """Return the slots of a table, and all that is wrong with it: a row with a fault gives no slot."""
    text = text.removeprefix("\ufeff")
    lines = csv.reader(io.StringIO(text), delimiter=_delimiter(text))
    try:
        rows = list(lines)
    except csv.Error as error:
        return whole_file(f"不是 CSV：{error}", f"is not CSV: {error}", lines.line_num)
    if not rows:
        return whole_file("文件是空的", "the file is empty")
    if len(rows) > MOST_SLOTS + 1:
        return whole_file(f"超过 {MOST_SLOTS} 行", f"has more than {MOST_SLOTS} rows", MOST_SLOTS + 2)
    headings = [_column(one) for one in rows[0]]
    wrong = tuple(_wrong_headings(rows[0], headings))
    return Read(faults=wrong) if wrong else _rows(rows[1:], headings, known)


def _delimiter(text: str) -> str:
    heading = text.partition("\n")[0]
    return max(DELIMITERS, key=heading.count)


def _column(heading: str) -> str:
    said = heading.strip().casefold()
    return next((name for name, names in COLUMNS.items() if said in names), "")


def _wrong_headings(said: list[str], found: list[str]) -> Iterator[Fault]:
    for at, (heading, column) in enumerate(zip(said, found, strict=True)):
        if not column and heading.strip():
            yield fault(1, Wrong(heading[:50], "不认识这一列", "is no column of a timetable"))
        elif column and column in found[:at]:
            yield fault(1, Wrong(column, "这一列有两次", "is there twice"))
    if "lab" not in found:
        yield fault(1, Wrong("lab", "缺少“实验室”列", "there is no column “lab”"))


def _rows(rows: list[list[str]], headings: list[str], known: Known) -> Read:
    slots, faults = list[tuple[Slot | Dated, int]](), list[Fault]()
    for number, row in enumerate(rows, 2):
        cells = {name: cell.strip() for name, cell in zip(headings, row, strict=False) if name}
        if not any(cells.values()):
            continue
        try:
            slots.append((_slot(cells, known), number))
        except Wrong as wrong:
            faults.append(fault(number, wrong))
    weekly = tuple(slot for slot, _ in slots if isinstance(slot, Slot))
    dated = tuple(slot for slot, _ in slots if isinstance(slot, Dated))
    return Read(weekly, dated, tuple(faults[:MOST_FAULTS]), tuple(slots))


def _slot(cells: Mapping[str, str], known: Known) -> Slot | Dated:
    lab = known.lab(cells.get("lab", ""))
    class_name, course = known.class_name(cells.get("class", "")), known.course(cells.get("course", ""))
    what = Teaching(class_name, course, known.teacher(cells.get("teacher", "")))
    start, end = _times(cells, known)
    starts = _starts(cells.get("starts", ""), what.teacher)
    if cells.get("date"):
        return Dated(lab, _date(cells["date"]), start, end, what, starts)
    return Slot(lab, _day(cells.get("day", "")), start, end, what, weeks_of(cells.get("weeks", "")), starts)


def _day(said: str) -> int:
    short = said.casefold().removeprefix("星期").removeprefix("周").removeprefix("礼拜")
    day = DAYS.get(short) or DAYS.get(short[:3])
    if day is None:
        raise Wrong("day", f"“{said}”不是星期", f"“{said}” is no day of the week")
    return day


def _date(said: str) -> date:
    try:
        return date(*(int(part) for part in re.split(r"[-/.]", said)))
    except (TypeError, ValueError) as error:
        raise Wrong("date", f"“{said}”不是日期，应写作 2026-09-01", f"“{said}” is no date, as in 2026-09-01") from error


def _times(cells: Mapping[str, str], known: Known) -> tuple[time, time]:
    if cells.get("period"):
        return _periods(cells["period"], known)
    start, end = _time("start", cells.get("start", "")), _time("end", cells.get("end", ""))
    if start >= end:
        raise Wrong("end", "结束不晚于开始", "is not after the start")
    return start, end


def _periods(said: str, known: Known) -> tuple[time, time]:
    found = PERIODS.fullmatch(said.removeprefix("第").removesuffix("节"))
    if found is None:
        raise Wrong("period", f"“{said}”不是节次，应写作 3 或 3-4", f"“{said}” is no period, as in 3 or 3-4")
    first, last = int(found[1]), int(found[2] or found[1])
    all_of_them = known.year.periods
    if not 1 <= first <= last <= len(all_of_them):
        raise Wrong("period", f"学年里没有第 {said} 节", f"the year has no period {said}")
    return all_of_them[first - 1].start, all_of_them[last - 1].end


def _time(column: str, said: str) -> time:
    found = re.fullmatch(r"(\d{1,2})[:：](\d{2})", said)
    try:
        return time(int(found[1]), int(found[2])) if found else _no_time(column, said)
    except ValueError:
        return _no_time(column, said)


def _no_time(column: str, said: str) -> time:
    raise Wrong(column, f"“{said}”不是时间，应写作 08:00", f"“{said}” is no time, as in 08:00")


def _starts(said: str, teacher: str) -> bool:
    if said.casefold() not in YES | NO:
        raise Wrong("starts", f"“{said}”既不是“是”也不是“否”", f"“{said}” is neither yes nor no")
    if said.casefold() in YES and not teacher:
        raise Wrong("starts", "自动上课需要写明教师", "a lesson that starts by itself needs a teacher")
    return said.casefold() in YES


def weeks_of(said: str) -> tuple[Weeks, ...]:
    """Return the weeks that a text names: `1-16`, `odd`, `1-8, 10`, `2-16双`; "": every week. Raises Wrong."""
    if not said:
        return EVERY_WEEK
    return tuple(_weeks(part.strip(), said) for part in re.split(r"[,，、;；]", said))


def weeks_said(weeks: tuple[Weeks, ...]) -> str:
    """Return how a table names weeks: what `weeks_of` reads as the same; "" for every week."""
    return "" if weeks == EVERY_WEEK else ",".join(_said(one) for one in weeks)


def _said(one: Weeks) -> str:
    parity = "" if one.parity is Parity.ALL else one.parity.value
    if not one.last:
        return parity
    return (str(one.first) if one.first == one.last else f"{one.first}-{one.last}") + parity


def _weeks(part: str, said: str) -> Weeks:
    alone = PARITIES.get(part.casefold().removesuffix("周"))
    if alone is not None:
        return Weeks(parity=alone)
    found = WEEKS.fullmatch(part.casefold())
    if found is None:
        raise Wrong(
            "weeks", f"“{said}”不是周次，应写作 1-16、单 或 1-8,10", f"“{said}” names no weeks, as in 1-16, odd"
        )
    first, last = int(found["first"]), int(found["last"] or found["first"])
    if not 1 <= first <= last:
        raise Wrong("weeks", f"“{said}”里没有任何一周", f"“{said}” has no week in it")
    return Weeks(first, last, PARITIES.get(found["parity"] or "", Parity.ALL))
