"""The written pages of this repository, and what stands in them."""

import re
import subprocess
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


class Block(NamedTuple):
    """A fenced block, without the indentation of the list it stands in."""

    language: str
    text: str


def pages() -> list[Path]:
    """Return every Markdown page that git has or would have."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / line for line in sorted(set(listed.splitlines())) if (ROOT / line).exists()]


def read(name: str) -> str:
    """Return a page's text, by its path from the root."""
    return (ROOT / name).read_text(encoding="utf-8")


def blocks(text: str) -> list[Block]:
    """Return the fenced blocks."""
    return [Block(language, _outdented(body, indent)) for indent, language, body in BLOCK.findall(text)]


def prose(text: str) -> str:
    """Return the text without its fenced blocks."""
    return BLOCK.sub("", text)


def links(text: str) -> list[str]:
    """Return where the text links to, pictures included."""
    return LINK.findall(prose(text))


def headings(text: str) -> list[str]:
    """Return the headings with their marks, blocks left out."""
    return [line for line in prose(text).splitlines() if line.startswith("#")]


def anchor(heading: str) -> str:
    """Return the anchor that a heading gets on the usual forges."""
    words = heading.lstrip("#").strip().lower()
    return "".join("-" if letter == " " else letter for letter in words if letter.isalnum() or letter in " -_")


def _outdented(body: str, indent: str) -> str:
    return "".join(line.removeprefix(indent) for line in body.splitlines(keepends=True))
