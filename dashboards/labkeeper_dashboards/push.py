"""Putting the dashboards into a running Grafana through its HTTP API; what is the same already is left alone."""

import difflib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

from grafana_client.api import GrafanaApi
from grafana_client.client import GrafanaClientError, GrafanaException, GrafanaUnauthorizedError, TokenAuth

from labkeeper_dashboards.build import files
from labkeeper_dashboards.render import Language

Json = Mapping[str, Any]
PRECONDITION_FAILED, CONFLICT = 412, 409
ABSENT = (404, 403)  # an administrator hears 404; who has no right on what is not there hears that
GRAFANAS_OWN = ("id", "version")  # numbers of one server, which are no part of a dashboard
FOLDERS: Mapping[Language, str] = {"zh": "智慧实验室", "en": "Labkeeper"}
TIMEOUT_S = 30.0


class CannotPush(Exception):
    """Grafana cannot be asked; the message says why, and never holds the token."""


@dataclass(frozen=True, slots=True)
class Pushed:
    """What became of one dashboard: `diff` is what stands there against what shall, line by line."""

    uid: str
    state: Literal["new", "changed", "same"]
    diff: str


@dataclass(frozen=True, slots=True)
class Grafana:
    """A server, and the right to change it."""

    api: GrafanaApi

    def ensure_folder(self, language: Language) -> None:
        """Make the folder of a language unless it is there."""
        try:
            self.api.folder.get_folder(folder_of(language))
        except GrafanaClientError as error:
            if error.status_code not in ABSENT:
                raise
            self.api.folder.create_folder(FOLDERS[language], uid=folder_of(language))

    def dashboard(self, uid: str) -> Json | None:
        """Return a dashboard without what is Grafana's own, None if there is none."""
        try:
            found = self.api.dashboard.get_dashboard(uid)["dashboard"]
        except GrafanaClientError as error:
            if error.status_code not in ABSENT:
                raise
            return None
        return {key: value for key, value in found.items() if key not in GRAFANAS_OWN}

    def put(self, dashboard: Json, language: Language) -> None:
        """Store a dashboard over what is there."""
        body = {"dashboard": {**dashboard, "id": None}, "folderUid": folder_of(language), "overwrite": True}
        self.api.dashboard.update_dashboard({**body, "message": "labkeeper dashboards push"})

    def ask(self, queries: Sequence[Json], hours: int) -> Json:
        """Put questions about the last hours to their data source; return its answers by `refId`."""
        body = {"queries": list(queries), "from": f"now-{hours}h", "to": "now"}
        answer: Json = self.api.client.POST("/ds/query", json=body)
        return answer


def folder_of(language: Language) -> str:
    """Return the uid of a language's folder, the same as the provisioned one's."""
    return f"labkeeper-{language}"


@contextmanager
def connect(url: str, token: str) -> Iterator[Grafana]:
    """Hold connections to the server at `url`; nothing is asked yet."""
    api = GrafanaApi.from_url(url, credential=TokenAuth(token), timeout=TIMEOUT_S)
    with api.client.s:
        yield Grafana(api)


def push(grafana: Grafana, languages: Sequence[Language], *, dry_run: bool = False) -> Iterator[Pushed]:
    """Bring every dashboard up to date, one after the other; raises CannotPush. A dry run changes nothing."""
    with asking():
        for language in languages:
            if not dry_run:
                grafana.ensure_folder(language)
            for of_language, _, text in files():
                if of_language == language:
                    yield _one(grafana, json.loads(text), language, dry_run=dry_run)


@contextmanager
def asking() -> Iterator[None]:
    """Turn the libraries' errors into CannotPush."""
    try:
        yield
    except GrafanaException as error:
        raise CannotPush(_why(error)) from None
    except OSError as error:  # of the HTTP library, whose errors are all of this kind
        raise CannotPush(f"Grafana does not answer ({type(error).__name__})") from None


def _one(grafana: Grafana, wanted: Json, language: Language, *, dry_run: bool) -> Pushed:
    uid = wanted["uid"]
    before = grafana.dashboard(uid)
    if before == wanted:
        return Pushed(uid, "same", "")
    if not dry_run:
        grafana.put(wanted, language)
        left = difference(grafana.dashboard(uid), wanted)
        if left:
            raise CannotPush(f"{uid}: Grafana keeps something else than it was given\n{left}")
    return Pushed(uid, "changed" if before else "new", difference(before, wanted))


def difference(before: Json | None, after: Json) -> str:
    """Return a unified diff of two dashboards, empty if they are the same."""
    lines = difflib.unified_diff(_lines(before), _lines(after), "in Grafana", "ours", n=2, lineterm="")
    return "\n".join(lines)


def _lines(dashboard: Json | None) -> list[str]:
    return [] if dashboard is None else json.dumps(dashboard, indent=1, ensure_ascii=False, sort_keys=True).split("\n")


def _why(error: GrafanaException) -> str:
    if isinstance(error, GrafanaUnauthorizedError):
        return "Grafana does not accept the token (a service account with the role Editor is needed)"
    if error.status_code in (CONFLICT, PRECONDITION_FAILED):
        return f"Grafana refuses to overwrite (provisioned from files?): {error.message}"
    return f"Grafana: {error.message}"
