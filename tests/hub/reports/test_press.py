"""PDFs made beside the hub: they fetch nothing, take their turn, end in time, and say what they lack."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from html import escape
from pathlib import Path

import pytest

from labkeeper_hub.reports.document import Document, Section, Table
from labkeeper_hub.reports.html import page
from labkeeper_hub.reports.press import MOST_ASKED, PAPER, CannotPrint, Lack, Press, TooManyPrints
from tests.hub.reports.pdfs import a_maker, makers, needs_pango, pdf_of, words_of

pytestmark = needs_pango
HOSTILE = "<img src=file:///etc/passwd>"
FONTS = "/usr/share/fonts/truetype/dejavu"
SMALL = b"<p>one"


@pytest.fixture
async def site() -> AsyncIterator[tuple[str, list[str]]]:
    """A web server and whoever has come to it."""
    came: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        came.append((await reader.readline()).decode())
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", came


async def test_whatever_a_page_names_nothing_is_fetched_and_no_file_is_read(
    site: tuple[str, list[str]], tmp_path: Path
) -> None:
    address, came = site
    secret = tmp_path / "secret.txt"
    secret.write_text("top secret")
    told = "".join(
        f"<link rel=stylesheet href={one}><link rel=attachment href={one}><img src={one}>"
        f"<object data={one}></object><a rel=attachment href={one}>a</a><embed src={one}>"
        f"<style>@import url({one}); @font-face {{ font-family: x; src: url({one}) }}"
        f"body {{ background: url({one}); font-family: x }}</style>"
        f"<svg xmlns='http://www.w3.org/2000/svg'><image href='{one}'/><use href='{one}#a'/></svg>"
        for one in (address, secret.as_uri(), "file:///etc/passwd")
    )
    pdf = pdf_of(await Press().printed(f"<!doctype html>{told}<p>一页 one page".encode()))
    assert came == []
    assert pdf.attachments == {}
    assert "一页 one page" in words_of(pdf)
    assert not {"root:", "top secret"} & set(words_of(pdf).split())
    assert list(pdf.pages[0].images) == []


async def test_ten_thousand_words_and_names_meant_to_do_harm_are_words() -> None:
    rows = tuple((str(at), f"{HOSTILE} 第{at}行") for at in range(60))
    document = Document(
        language="zh",
        title=HOSTILE,
        subtitle="",
        sections=(Section(title="表", tables=(Table(title="", header=("#", "名"), rows=rows, empty=""),)),),
        foot="言 word " * 5_000,
        print_word="打印",
    )
    html = page(document)
    assert escape(HOSTILE) in html
    pdf = pdf_of(await Press().printed(html.encode()))
    words = words_of(pdf)
    assert len(words.split()) > 10_000
    assert "第59行" in words
    assert "root:" not in words
    assert pdf.metadata is not None
    assert pdf.metadata.title == HOSTILE


@pytest.fixture
async def waiting() -> asyncio.Task[bytes]:
    """A PDF that is being made."""
    task = asyncio.create_task(Press().printed(b"<p>much " * 20_000))
    await a_maker()
    return task


async def test_whoever_does_not_wait_any_more_ends_it(waiting: asyncio.Task[bytes]) -> None:
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert makers() == []


async def test_what_takes_too_long_is_ended() -> None:
    with pytest.raises(CannotPrint, match="longer than") as refused:
        await Press(longest_s=0.01).printed(SMALL)
    assert refused.value.lack is Lack.FAILED
    assert makers() == []


async def test_two_at_once_are_made_one_after_the_other() -> None:
    press = Press()
    both = asyncio.gather(press.printed(SMALL), press.printed(b"<p>two"))
    while not both.done():
        assert len(makers()) <= 1
        await asyncio.sleep(0.05)
    assert [words_of(pdf_of(one)) for one in await both] == ["one", "two"]


def test_few_may_wait_and_a_place_is_free_again() -> None:
    press = Press()
    for _ in range(2):
        places = [press.place() for _ in range(MOST_ASKED)]
        for one in places:
            one.__enter__()
        with pytest.raises(TooManyPrints), press.place():
            pass
        for one in places:
            one.__exit__(None, None, None)


def test_memory_has_an_end() -> None:
    little = f"import sys, {PAPER} as paper; paper.MOST_MEMORY = 40 << 20; sys.exit(paper.main())"
    ended = subprocess.run([sys.executable, "-c", little], input=SMALL, capture_output=True, check=False)
    assert ended.returncode != 0
    assert ended.stdout == b""


async def test_a_machine_that_has_everything_is_tried_once(monkeypatch: pytest.MonkeyPatch) -> None:
    press = Press()
    assert set(await asyncio.gather(press.lacks(), press.lacks())) == {None}
    monkeypatch.setattr(sys, "executable", "/nowhere")
    assert await press.lacks() is None


@pytest.fixture(params=["ModuleNotFoundError('weasyprint')", "OSError('cannot load libpango-1.0-0')"])
def without_library(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a WeasyPrint that ends as the real one does where it, or what it wants of the system, is missing."""
    (tmp_path / "weasyprint.py").write_text(f"raise {request.param}\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))


@pytest.mark.usefixtures("without_library")
async def test_where_the_library_is_missing_that_is_said() -> None:
    assert await Press().lacks() is Lack.LIBRARY
    with pytest.raises(CannotPrint, match=r"weasyprint|libpango") as refused:
        await Press().printed(SMALL)
    assert refused.value.lack is Lack.LIBRARY


@pytest.fixture
def without_chinese(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have no font but one that has no Chinese."""
    file = tmp_path / "fonts.conf"
    file.write_text(f"<fontconfig><dir>{FONTS}</dir><cachedir>{tmp_path}</cachedir></fontconfig>")
    monkeypatch.setenv("FONTCONFIG_FILE", str(file))


@pytest.mark.usefixtures("without_chinese")
async def test_where_no_font_is_chinese_that_is_said() -> None:
    assert await Press().lacks() is Lack.FONT
    assert words_of(pdf_of(await Press().printed(SMALL))) == "one"


async def test_a_try_that_fails_is_no_last_word(monkeypatch: pytest.MonkeyPatch) -> None:
    press = Press(longest_s=0.01)
    assert await press.lacks() is Lack.FAILED
    monkeypatch.setattr(press, "longest_s", 60.0)
    assert await press.lacks() is None


def test_the_hub_itself_loads_nothing_of_it() -> None:
    asked = "import sys, labkeeper_hub.main; print([one for one in sys.modules if one.startswith('weasyprint')])"
    assert subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True).stdout == "[]\n"
