"""Each kind of panel, made with Grafana's SDK; what all of them need is said once."""

from collections.abc import Callable, Mapping
from string import ascii_uppercase
from typing import TypeAlias, TypeVar

from grafana_foundation_sdk.builders import bargauge, common, dashboard, stat, statetimeline, table, timeseries
from grafana_foundation_sdk.cog.builder import Builder as Cog
from grafana_foundation_sdk.models import common as looks
from grafana_foundation_sdk.models import dashboard as models

from labkeeper_dashboards import mappings, tables
from labkeeper_dashboards.drawing import Limits, quiet
from labkeeper_dashboards.model import Kind, Look, Order, Panel, Ranked
from labkeeper_dashboards.query import InfluxQueryBuilder
from labkeeper_sdk import Title

Say: TypeAlias = Callable[[Title], str]
AnyPanel: TypeAlias = timeseries.Panel | stat.Panel | table.Panel | statetimeline.Panel | bargauge.Panel
P = TypeVar("P", timeseries.Panel, stat.Panel, table.Panel, statetimeline.Panel, bargauge.Panel)
COLUMN = Title("{}：{}", "{}: {}")
LINE_PX, BAND_PX = 38, 13
AROUND_BANDS_PX = 124
"""Of a panel of Grafana 11: its gap, heading, times below, legend, and the numbers of the pages."""
SORTED_BY: Mapping[Ranked, str] = {Ranked.LOWEST: "Last *", Ranked.MOST: "Total"}
"""What Grafana's legend calls its columns, in every language, and sorts by."""
LEAST_COLUMN_PX = 80
"""Grafana would give a column 150 at least, and put those that are too many on a laptop where one has to scroll."""
NO_DATA = Title("无数据", "no data")


def panel_of(panel: Panel, say: Say) -> AnyPanel:
    """Return the panel, its queries named A, B, C …, without id and place."""
    return MAKERS[panel.kind](panel, say)


def chart(panel: Panel, say: Say) -> timeseries.Panel:
    """Lines over time, the limits drawn across."""
    look = panel.look
    style = looks.GraphThresholdsStyleMode.DASHED if look.limits.drawn else looks.GraphThresholdsStyleMode.OFF
    made = (
        _common(timeseries.Panel(), panel, say)
        .thresholds_style(common.GraphThresholdsStyleConfig().mode(style))
        .legend(_legend() if look.ranked is None else _ranking(look.ranked))
        .tooltip(common.VizTooltipOptions().mode(looks.TooltipDisplayMode.MULTI))
        .line_width(2)
        .fill_opacity(_fill(panel))
        .show_points(looks.VisibilityMode.AUTO)
        .span_nulls(False)
        .draw_style(looks.GraphDrawStyle.BARS if look.bars else looks.GraphDrawStyle.LINE)
    )
    for line in look.lines:
        changed = [models.DynamicConfigValue("displayName", say(line.title))]
        if line.colour:
            colour = {"mode": models.FieldColorModeId.FIXED, "fixedColor": line.colour}
            changed.append(models.DynamicConfigValue("color", colour))
        made.override_by_name(line.name, changed)
    if look.stacked:
        made.stacking(common.StackingConfig().mode(looks.StackingMode.NORMAL).group("A"))
    return made


def number(panel: Panel, say: Say) -> stat.Panel:
    """One big number for each line, on the colour of its limit."""
    return (
        _common(stat.Panel(), panel, say)
        .reduce_options(_last())
        .color_mode(looks.BigValueColorMode.BACKGROUND_SOLID)
        .graph_mode(looks.BigValueGraphMode.NONE)
        .text_mode(looks.BigValueTextMode.AUTO)
    )


def bars(panel: Panel, say: Say) -> bargauge.Panel:
    """A horizontal bar for each line."""
    return (
        _common(bargauge.Panel(), panel, say)
        .reduce_options(_last())
        .orientation(looks.VizOrientation.HORIZONTAL)
        .display_mode(looks.BarGaugeDisplayMode.BASIC)
        .name_placement(looks.BarGaugeNamePlacement.LEFT)
        .value_mode(looks.BarGaugeValueMode.TEXT)  # in the limit's colour a yellow number on white is hard to read
    )


def states(panel: Panel, say: Say) -> statetimeline.Panel:
    """A coloured band for each line, one colour a state; more than can be read beside each other are on a next page."""
    return (
        _common(statetimeline.Panel(), panel, say)
        .merge_values(True)
        .show_value(looks.VisibilityMode.NEVER)
        .row_height(0.8)
        .per_page(bands_of(panel.height))
        .line_width(0)
        .fill_opacity(70)
        .legend(_legend())
        .tooltip(common.VizTooltipOptions().mode(looks.TooltipDisplayMode.SINGLE))
    )


def bands_of(height: int) -> int:
    """Return how many bands can be read in a panel of so many lines: their names are 12 pixels high."""
    return (LINE_PX * height - AROUND_BANDS_PX) // BAND_PX


def sheet(panel: Panel, say: Say) -> table.Panel:
    """A table; the answers of its queries are joined by the columns they share."""
    made = _common(table.Panel(), panel, say).filterable(True).transformations(tables.joined(panel, say))
    made.min_width(LEAST_COLUMN_PX).sort_by(_sorted(panel, say))
    for column in panel.look.columns:
        properties = [models.DynamicConfigValue("unit", column.unit)]
        if column.decimals is not None:
            properties.append(models.DynamicConfigValue("decimals", column.decimals))
        if column.width_px is not None:
            properties.append(models.DynamicConfigValue("custom.width", column.width_px))
        if column.limits is not None:
            steps = _thresholds(column.limits, quiet).build()
            properties.append(models.DynamicConfigValue("thresholds", steps))
            cell = {"type": looks.TableCellDisplayMode.COLOR_BACKGROUND, "mode": "basic"}
            properties.append(models.DynamicConfigValue("custom.cellOptions", cell))
            properties.append(models.DynamicConfigValue("mappings", [*mappings.of_cell(column.words, say)]))
        if column.name == "node":
            properties.append(models.DynamicConfigValue("mappings", [mappings.of_node()]))
        made.override_by_name(say(column.title), properties)
    return made


def _sorted(panel: Panel, say: Say) -> list[Cog[looks.TableSortByFieldState]]:
    titles = {column.name: say(column.title) for column in panel.look.columns}
    return [
        common.TableSortByFieldState().display_name(titles[name]).desc(order is Order.MOST)
        for name, order in panel.look.order
    ]


def _common(made: P, panel: Panel, say: Say) -> P:
    look = panel.look
    (
        made.title(say(panel.title))
        .description(_described(panel, say))
        .span(panel.width)
        .height(panel.height)
        .unit(look.unit)
        .no_value(say(NO_DATA))
        .thresholds(_thresholds(look.limits))
        .color_scheme(dashboard.FieldColor().mode(_colour(panel)))
    )
    for reference, query in zip(ascii_uppercase, panel.queries, strict=False):
        made.with_target(InfluxQueryBuilder(reference, query, say(query.legend)))
    if panel.kind is not Kind.TABLE and any("node" in query.by for query in panel.queries):
        made.transformations([mappings.called_by_node()])
    _ranged(made, look)
    if look.words:
        made.mappings([mappings.of_words(look.words, say)])
    return made


def _described(panel: Panel, say: Say) -> str:
    """Return what it shows, what its limits are, and for a table those of its columns."""
    columns = ((say(one.title), say(one.limits.source)) for one in panel.look.columns if one.limits is not None)
    told = (say(COLUMN).format(title, source) for title, source in columns)
    return " ".join(filter(None, (say(panel.text), say(panel.look.limits.source), *told)))


def _ranged(made: AnyPanel, look: Look) -> None:
    if look.decimals is not None:
        made.decimals(look.decimals)
    if look.minimum is not None:
        made.min(look.minimum)
    if look.maximum is not None:
        made.max(look.maximum)


def _colour(panel: Panel) -> models.FieldColorModeId:
    # a band of states that is coloured by limits shows them instead of what its values stand for
    by_limit = panel.kind not in (Kind.CHART, Kind.STATES)
    return models.FieldColorModeId.THRESHOLDS if by_limit else models.FieldColorModeId.PALETTE_CLASSIC


def _thresholds(limits: Limits, shade: Callable[[str], str] = str) -> dashboard.ThresholdsConfig:
    steps = [models.Threshold(value, shade(colour)) for value, colour in ((None, limits.base), *limits.steps)]
    return dashboard.ThresholdsConfig().mode(models.ThresholdsMode.ABSOLUTE).steps(steps)


def _legend() -> common.VizLegendOptions:
    legend = common.VizLegendOptions().display_mode(looks.LegendDisplayMode.LIST)
    return legend.placement(looks.LegendPlacement.BOTTOM).show_legend(True)


def _ranking(by: Ranked) -> common.VizLegendOptions:
    """A table of what each line came to, those first that need a look: of forty names nobody finds the one."""
    legend = _legend().display_mode(looks.LegendDisplayMode.TABLE).calcs([by])
    return legend.sort_by(SORTED_BY[by]).sort_desc(by is Ranked.MOST)


def _fill(panel: Panel) -> int:
    """Return how much of the colour is below a line, in hundredths: below many, it hides the others."""
    if panel.look.bars:
        return 80
    return 0 if any(query.by for query in panel.queries) else 8


def _last() -> common.ReduceDataOptions:
    return common.ReduceDataOptions().calcs(["lastNotNull"]).values(False)


MAKERS: Mapping[Kind, Callable[[Panel, Say], AnyPanel]] = {
    Kind.CHART: chart,
    Kind.NUMBER: number,
    Kind.TABLE: sheet,
    Kind.STATES: states,
    Kind.BARS: bars,
}
