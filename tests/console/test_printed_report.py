"""The room's report as the PDF a browser prints of it, and as the one that the hub makes: the same pages and words."""

import pytest
from playwright.async_api import Browser

from labkeeper_hub.model import Cursor, Page, ReadingsQuery, Row
from labkeeper_hub.reports.document import Language
from labkeeper_hub.reports.html import page as drawn
from labkeeper_hub.reports.press import Press
from labkeeper_hub.reports.room import Asked, day_window, document
from labkeeper_hub.steps import DAY_MS, HOUR_MS, MINUTE_MS
from tests.hub.recordings.made import START_MS, point
from tests.hub.reports.pdfs import needs_pango, pdf_of, unembedded_fonts

from .printed import pages_of

pytestmark = pytest.mark.asyncio(loop_scope="session")
MADE = {"zh": "生成于", "en": "made"}
A4_POINTS = (595, 842)
POINTS = [
    point("co2", unit="[ppm]"),
    point("occupancy", "eye", "bool"),
    point("state", "lamp", "bool").model_copy(update={"kind": "switch"}),
    point("energy", "plug", unit="kW.h"),
]


class Readings:
    """A room's week: CO2 that breathes, a lamp and a person in the morning, a meter that counts."""

    async def page(self, query: ReadingsQuery) -> Page:
        first = -(-query.from_ms // HOUR_MS) * HOUR_MS
        hours = range(first, min(query.to_ms, START_MS + 7 * DAY_MS), HOUR_MS)
        rows = [Row(hour_ms, self._value(query.key.point, hour_ms)) for hour_ms in hours]
        after: Cursor | None = query.after
        return Page(tuple(row for row in rows if after is None or row.time_ms > after.time_ms), None)

    def _value(self, name: str, hour_ms: int) -> float | bool:
        hour = hour_ms // HOUR_MS % 24
        values = {"co2": 450.0 + 30 * hour, "energy": hour_ms / HOUR_MS / 10}
        return values.get(name, 8 <= hour < 12)


@needs_pango
@pytest.mark.parametrize("days", [1, 7])
@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("zh", ("2026-01-01", "平均", "有人", "用电", "打印本页")),
        ("en", ("301·report", "mean", "Occupied", "Energy", "ForaPDF")),
    ],
)
async def test_a_rooms_day_and_week_are_a_pdf_of_few_pages_with_its_words(
    browser: Browser, language: Language, words: tuple[str, ...], days: int
) -> None:
    window = day_window(START_MS, days, 480)
    asked = Asked(language, 480, *window, days, "301", START_MS + days * DAY_MS + MINUTE_MS)
    html = drawn(await document(Readings(), POINTS, [], asked))
    tab = await browser.new_page(java_script_enabled=False)
    try:
        await tab.set_content(html)
        shown = await tab.locator("body").inner_text()
        pages = pages_of(await tab.pdf(format="A4"))
    finally:
        await tab.close()
    made = pdf_of(await Press().printed(html.encode()))
    assert 1 <= len(pages) == len(made.pages) <= 3
    words_made = ["".join(one.extract_text().split()) for one in made.pages]
    assert [word for word in words[:-1] if word not in "".join(words_made)] == []
    assert words[-1] not in "".join(words_made)
    for number, (page, text) in enumerate(zip(made.pages, words_made, strict=True), 1):
        assert tuple(map(round, page.mediabox[2:])) == A4_POINTS
        assert f"{number}/{len(pages)}" in text
        assert f"{number}/{len(pages)}" in pages[number - 1]
        assert f"{MADE[language]}2026-01-0{days + 1}08:01" in text, "each page says when it was made"
    assert unembedded_fonts(made) == []
    printed = "".join(pages)
    assert [word for word in words[:-1] if word not in printed] == []
    assert words[-1] in shown.replace(" ", "")
    assert words[-1] not in printed, "how to print is not printed"
