"""What a hub and an InfluxDB answer a doctor over HTTP; apart from it, for a node of its own has no client of HTTP."""

import time
from collections.abc import Iterable
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from pathlib import Path

import httpx

from labkeeper_cli.inside import Finding, of_clocks, of_nodes, of_status
from labkeeper_sdk.at_work import at_work


def of_hub(url: str) -> Iterable[Finding]:
    """Ask a hub whether it is there and ready; anybody may."""
    with httpx.Client(base_url=url, timeout=5, trust_env=False) as http:
        there = _page(http, "hub", "/healthz", "start it with `labkeeper hub`, or give its address with --hub", url)
        yield there
        if there.well:
            yield _page(http, "hub ready", "/readyz", "look at the hub's log: its broker or its disk is not there", url)


def of_inside(url: str, secret_file: Path) -> Iterable[Finding]:
    """Ask the hub what only its owner is told."""
    try:
        headers = {"Authorization": f"Bearer {secret_file.read_text().strip()}"}
        client = httpx.Client(base_url=url, headers=headers, timeout=10, trust_env=False)
        with at_work(f"asking {url} inside"), client as http:
            status, nodes = (http.get(f"/api/v1/{what}").raise_for_status() for what in ("status", "nodes"))
    except (OSError, httpx.HTTPError) as error:
        yield Finding("the hub's own word", False, str(error), "give the file with the owner's secret, and --hub")
        return
    hub_s = parsedate_to_datetime(nodes.headers["date"]).timestamp()
    yield from (*of_status(status.json()), *of_nodes(nodes.json()["nodes"]), of_clocks(time.time(), hub_s))


def of_influx(url: str) -> Finding:
    """Ask an InfluxDB of any version who it is; that needs no credentials."""
    about, remedy = f"InfluxDB {url}", "start it, or check influx.url in the hub's settings"
    try:
        with at_work("asking InfluxDB"):
            answer = httpx.get(f"{url.rstrip('/')}/ping", timeout=5, trust_env=False)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return Finding(about, False, str(error), remedy)
    version = answer.headers.get("X-Influxdb-Version", "")
    closed = answer.status_code == HTTPStatus.UNAUTHORIZED  # 3.x may want a token even for this
    return Finding(about, closed or (answer.is_success and bool(version)), f"version {version or '?'}", remedy)


def _page(http: httpx.Client, about: str, path: str, remedy: str, url: str) -> Finding:
    try:
        with at_work(f"asking {url}{path}"):
            answer = http.get(path)
    except httpx.HTTPError as error:
        return Finding(about, False, f"{url}: {error}", remedy)
    if "host_id_taken" in answer.text:
        remedy = "two hubs have one host id at this broker: stop one of them, or start it with another --host-id"
        return Finding(about, False, "another hub uses this hub's host id", remedy)
    return Finding(about, answer.is_success, f"{url}{path} answers {answer.status_code}", remedy)
