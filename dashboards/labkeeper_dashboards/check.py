"""Asking a running Grafana every question of its panels, as its page does: which have data, and why others cannot."""

import re
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from grafana_client.client import GrafanaBadInputError, GrafanaClientError, GrafanaServerError

from labkeeper_dashboards.boards import BOARDS
from labkeeper_dashboards.push import Grafana, Json, asking
from labkeeper_dashboards.render import Language, uid_of

EVERYTHING = ".*"
STEP_MS, POINTS = 240_000, 500  # what a panel of half a screen asks for
DASHBOARD = "the dashboard"
NOT_THERE = "is not there"


@dataclass(frozen=True, slots=True)
class Checked:
    """One panel, or a whole dashboard (`panel` says so) that is not there; `why` is what was said of a refusal."""

    uid: str
    panel: str
    state: Literal["filled", "empty", "refused"]
    why: str = ""


def check(grafana: Grafana, languages: Sequence[Language], hours: int) -> Iterator[Checked]:
    """Ask all schools' last hours, panel by panel; raises CannotPush where Grafana itself cannot be asked."""
    with asking():
        for language in languages:
            for board in BOARDS:
                uid = uid_of(board, language)
                there = grafana.dashboard(uid)
                if there is None:
                    yield Checked(uid, DASHBOARD, "refused", NOT_THERE)
                else:
                    yield from _panels(grafana, there, hours)


def _panels(grafana: Grafana, dashboard: Json, hours: int) -> Iterator[Checked]:
    variables = dashboard["templating"]["list"]
    for panel in dashboard["panels"]:
        if targets := panel.get("targets"):
            one = Checked(dashboard["uid"], panel["title"], "empty")
            yield _asked(grafana, one, [_query(target, variables) for target in targets], _telling(panel), hours)


def _telling(panel: Json) -> set[str]:
    """Return the questions that fill the panel: all, or in a table that leaves out rows the one whose column they need;
    names of devices come for every device, offline or not.
    """
    filters = [step["options"]["filters"] for step in panel.get("transformations", ()) if step["id"] == "filterByValue"]
    needed = {f'AS "{one["fieldName"]}"' for (one,) in filters}
    return {target["refId"] for target in panel["targets"] if all(name in target["query"] for name in needed)}


def _query(target: Json, variables: Sequence[Json]) -> Json:
    """Return what the page sends for a target: everything chosen, constants in their places."""
    text = target["query"]
    for one in variables:
        value = one["query"] if one["type"] == "constant" else EVERYTHING
        text = re.sub(rf"\$(?:{one['name']}\b|{{{one['name']}}})", value, text)
    return {**target, "query": text, "intervalMs": STEP_MS, "maxDataPoints": POINTS}


def _asked(grafana: Grafana, one: Checked, queries: Sequence[Json], telling: Container[str], hours: int) -> Checked:
    try:
        answer = grafana.ask(queries, hours)
    except (GrafanaBadInputError, GrafanaServerError) as error:
        return replace(one, state="refused", why=_said(error))
    results = answer["results"]
    if why := next((result["error"] for result in results.values() if result.get("error")), ""):
        return replace(one, state="refused", why=why)
    filled = any(_has_rows(result) for name, result in results.items() if name in telling)
    return replace(one, state="filled") if filled else one


def _has_rows(result: Json) -> bool:
    return any(values for frame in result.get("frames", ()) for values in frame["data"]["values"])


def _said(error: GrafanaClientError | GrafanaServerError) -> str:
    """Return the data source's words, which Grafana wraps into the answer of each question."""
    response: Any = error.response
    results: Mapping[str, Json] = response.get("results", {}) if isinstance(response, dict) else {}
    return next((str(result["error"]) for result in results.values() if result.get("error")), str(error.message))
