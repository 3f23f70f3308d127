"""The timetable's page: its year is one, its files are read without a fault, its columns are all there are."""

import json
from datetime import date

from labkeeper_hub.timetable.border import YearBody
from labkeeper_hub.timetable.csv_file import COLUMNS, read_csv
from labkeeper_hub.timetable.ics_file import read_ics
from labkeeper_hub.timetable.reading import Known

from .pages import blocks, read

PAGE = "docs/reference/timetable.md"


def fenced(language: str) -> list[str]:
    return [block.text for block in blocks(read(PAGE)) if block.language == language]


def known() -> Known:
    (text,) = fenced("json")
    return Known(YearBody.model_validate(json.loads(text)).noun(), {"lab-301": "lab-301"}, {"li": "p-1"})


def test_the_year_on_the_page_has_its_holidays_and_make_up_days() -> None:
    year = known().year
    assert len(year.holidays) == 8
    assert year.taught_like(date(2026, 10, 10)) == date(2026, 10, 7)


def test_the_tables_on_the_page_are_read_without_a_fault() -> None:
    first, second = (read_csv(text, known()) for text in fenced("csv"))
    assert (first.faults, second.faults) == ((), ())
    assert (len(first.weekly), len(second.weekly), len(second.dated)) == (2, 1, 1)


def test_the_calendar_on_the_page_is_read_without_a_fault() -> None:
    (text,) = fenced("ics")
    found = read_ics(text, known())
    assert found.faults == ()
    assert date(2026, 10, 5) not in {one.date for one in found.dated}
    assert len(found.dated) == 19


def test_every_column_is_described_in_both_languages() -> None:
    said = read(PAGE)
    assert [name for names in COLUMNS.values() for name in names if name not in said] == []
