"""From our dashboards to Grafana's, in one of the two languages."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import dashboard as models

from labkeeper_dashboards.model import Board, Variable
from labkeeper_dashboards.panels import panel_of
from labkeeper_dashboards.query import source
from labkeeper_sdk import Title

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")
Say = Callable[[Title], str]
ALL = ".*"
LANGUAGE = "language"  # a hidden constant, by which queries ask for names in the page's language
LINKS = Title("其他面板", "Other dashboards")


def speaker(language: Language) -> Say:
    """Return what picks a title's words."""
    return lambda title: title.zh if language == "zh" else title.en


def uid_of(board: Board, language: Language) -> str:
    """Return the fixed uid: links and pushes rely on it."""
    return f"lk-{language}-{board.name}"


def tag_of(language: Language) -> str:
    """Return the tag by which the dashboards of one language find each other."""
    return f"labkeeper-{language}"


def render(board: Board, language: Language) -> models.Dashboard:
    """Return the dashboard as Grafana's SDK has it."""
    say = speaker(language)
    made = (
        build.Dashboard(say(board.title))
        .uid(uid_of(board, language))
        .description(say(board.text))
        .tags(["labkeeper", tag_of(language)])
        .timezone("browser")
        .tooltip(models.DashboardCursorSync.CROSSHAIR)
        .time(board.since, "now")
        .refresh(board.refresh)
        .readonly()
        .link(_links(say, language))
    )
    made.with_variable(Hidden(LANGUAGE, language))
    for variable in board.variables:
        made.with_variable(_variable(variable, say))
    numbers = iter(range(1, 1000))
    for row in board.rows:
        made.with_row(build.Row(say(row.title)).id(next(numbers)))
        for panel in row.panels:
            made.with_panel(panel_of(panel, say).id(next(numbers)).datasource(source()))
    return made.build()


def as_json(board: Board, language: Language) -> str:
    """Return the file's text: what is checked in, provisioned and pushed."""
    return json.dumps(render(board, language), cls=JSONEncoder, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


@dataclass(frozen=True, slots=True)
class Hidden(Builder[models.VariableModel]):
    """A constant that is not shown; the SDK's builder always shows it."""

    name: str
    value: str

    def build(self) -> models.VariableModel:
        """Return the variable."""
        made = build.ConstantVariable(self.name).value(self.value).build()
        made.hide = models.VariableHide.HIDE_VARIABLE
        return made


def _links(say: Say, language: Language) -> build.DashboardLink:
    link = build.DashboardLink(say(LINKS)).type(models.DashboardLinkType.DASHBOARDS).tags([tag_of(language)])
    return link.as_dropdown(True).keep_time(True).include_vars(True)


def _variable(variable: Variable, say: Say) -> build.QueryVariable:
    made = (
        build.QueryVariable(variable.name)
        .label(say(variable.title))
        .description(say(variable.text))
        .query(variable.query)
        .datasource(source())
        .refresh(models.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(models.VariableSort.ALPHABETICAL_ASC)
    )
    if variable.many:
        made.multi(True).include_all(True).all_value(ALL)
        made.current(models.VariableOption(text="All", value="$__all", selected=True))
    return made
