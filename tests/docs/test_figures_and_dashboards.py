"""The hub's figures and the dashboards are described, each of them."""

import re

from labkeeper_dashboards.boards import BOARDS
from labkeeper_hub.alarms.rules import Role
from labkeeper_hub.figures import catalogue

from .pages import read


def test_every_figure_of_the_hub_is_described_with_its_device() -> None:
    page = read("docs/reference/hub-figures.md")
    figures = {*catalogue.OF_LEDGER, *catalogue.OF_PRESENCE, *catalogue.OF_DEVICE}
    figures |= {figure.name for group in catalogue.OF_HUB.values() for figure in group}
    figures |= {*catalogue.OF_ALARMS, *catalogue.OF_NODE_ALARMS, *catalogue.OF_ROLE_ALARMS}
    devices = {catalogue.ALARMS, catalogue.ALARMS_OF_NODE}
    devices |= {catalogue.alarms_of_role(role) for role in Role}
    devices |= {*catalogue.OF_HUB, catalogue.REFUSALS, catalogue.LEDGER, catalogue.NODE, catalogue.ITSELF}
    assert not [name for name in sorted(figures | devices) if f"`{name}`" not in page]


def test_every_series_that_a_dashboard_asks_the_hub_for_is_described() -> None:
    page = read("docs/reference/hub-figures.md")
    questions = [query.text for board in BOARDS for panel in board.panels for query in panel.queries]
    asked = {name for text in questions for name in re.findall(r"\"(?:device|point)\" = '([^']+)'", text)}
    assert {"#ledger", "alarms", "forwarder", "standing"} <= asked
    assert not [name for name in sorted(asked) if f"`{name}`" not in page and name != "title_${language}"]


def test_every_dashboard_is_described_in_both_languages() -> None:
    page = read("docs/reference/dashboards.md")
    for board in BOARDS:
        assert f"| `lk-zh-{board.name}`, `lk-en-{board.name}` |" in page


def test_both_pages_name_the_same_empty_panels_as_the_dashboards_call_them() -> None:
    english, chinese = (empty_panels(f"docs/reference/dashboards{end}.md") for end in ("", ".zh-CN"))
    called = {title.en: title.zh for title in (panel.title for board in BOARDS for panel in board.panels)}
    assert len(english) == 4
    assert chinese == ["全部" if title == "all" else called[title] for title in english]


def empty_panels(page: str) -> list[str]:
    rows = [row for row in read(page).splitlines() if row.startswith("| `lk-*-")]
    return [row.split("|")[2].strip() for row in rows]
