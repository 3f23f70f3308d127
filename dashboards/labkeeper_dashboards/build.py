"""`python -m labkeeper_dashboards.build`: write the dashboards' JSON, which is checked in."""

from collections.abc import Iterator
from pathlib import Path

from labkeeper_dashboards.boards import BOARDS
from labkeeper_dashboards.render import LANGUAGES, Language, as_json

FOLDER = Path(__file__).parent / "json"


def files() -> Iterator[tuple[Language, str, str]]:
    """Yield language, file name and text of every dashboard."""
    for language in LANGUAGES:
        for board in BOARDS:
            yield language, f"{board.name}.json", as_json(board, language)


def write(folder: Path, languages: tuple[Language, ...] = LANGUAGES) -> list[Path]:
    """Write them below `folder`, a folder per language; return what was written."""
    written = []
    for language, name, text in files():
        if language in languages:
            file = folder / language / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
            written.append(file)
    return written


if __name__ == "__main__":
    write(FOLDER)
