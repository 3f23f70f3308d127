"""A page that loads nothing and lets nobody write into it."""

import base64
import hashlib
import re
import subprocess
import sys

import pytest

from labkeeper_hub.reports.document import Document, Fact, Line, Plot, Section, Table
from labkeeper_hub.reports.drawing import CannotDraw, Drawing
from labkeeper_hub.reports.html import POLICY, STYLE, page
from labkeeper_hub.reports.svg import LOOKS

TABLE = Table(title="Markers", header=("#", "What"), rows=(("1", "<script>alert(1)</script>"),), empty="none")
DOCUMENT = Document(
    language="zh",
    title='a "title" & more',
    subtitle="sub",
    facts=(Fact(name="who", value="p-1"),),
    sections=(Section(title="words", tables=(TABLE, TABLE.model_copy(update={"rows": (), "title": ""}))),),
    print_word="print",
)


def test_what_people_wrote_stays_text() -> None:
    told = page(DOCUMENT)
    assert "<script" not in told
    assert "&lt;script&gt;alert(1)" in told
    assert "<title>a &quot;title&quot; &amp; more</title>" in told
    assert 'lang="zh-CN"' in told
    assert "none" in told


def test_a_curve_without_a_reading_is_words_and_no_empty_plot() -> None:
    empty = Plot(title="magnet", summary="no readings", from_ms=0, to_ms=9, line=Line(times=(), values=(), gap_ms=1))
    drawn = empty.model_copy(update={"summary": "1 to 2", "line": Line(times=(1, 2), values=(1.0, 2.0), gap_ms=5)})
    told = page(DOCUMENT.model_copy(update={"sections": (Section(title="curves", plots=(empty, drawn)),)}))
    assert (told.count("no readings"), told.count("<svg")) == (1, 1)


def test_its_policy_names_its_very_style_and_allows_nothing_else() -> None:
    (style,) = re.findall(r"<style>(.*?)</style>", page(DOCUMENT), re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in POLICY
    assert POLICY.startswith("default-src 'none'")
    assert " style=" not in page(DOCUMENT)


def test_plots_look_on_their_own_as_the_style_has_them_on_paper() -> None:
    paper = dict(re.findall(r"(--\w+): (#\w+);", STYLE[STYLE.index("@media print") :]))
    for kind, attributes in LOOKS.items():
        (told,) = re.findall(rf"^(?:.* )?\.{kind.split()[0]} {{(.*?)}}", STYLE, re.MULTILINE)
        style = dict(re.findall(r"([\w-]+): ([^;]+);", told))
        for name, value in re.findall(r'([\w-]+)="(.*?)"', attributes):
            said = re.sub(r"var\((.*?)\)", lambda found: paper[found[1]], style[name])
            assert said.removesuffix("px") == value, (kind, name)


async def test_it_is_drawn_by_a_process_of_its_own() -> None:
    assert await Drawing().drawn(DOCUMENT) == page(DOCUMENT).encode()


async def test_a_process_that_fails_is_told_with_its_last_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Document, "model_dump_json", lambda _: "{")
    with pytest.raises(CannotDraw, match="Invalid JSON"):
        await Drawing().drawn(DOCUMENT)


def test_the_drawing_process_loads_neither_the_web_nor_the_database() -> None:
    heavy = "[one for one in ('fastapi', 'sqlalchemy', 'numpy') if one in sys.modules]"
    asked = f"import sys, labkeeper_hub.reports.__main__; print({heavy})"
    assert subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True).stdout == "[]\n"
