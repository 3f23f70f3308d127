"""`labkeeper telling`: who is told of a hub's alarms, through what, and what became of every message."""

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeAlias

import httpx

from labkeeper_cli.asking import FAILED, add_hub_options, open_client, why

Json: TypeAlias = dict[str, Any]
ALL = "/api/v1/telling"
EPILOG = """\
examples:
  labkeeper telling list                                   channels, without what is secret of them
  labkeeper telling add duty webhook < configuration.json  secrets come from a file and are in no command line
  labkeeper telling test duty                              send a test message; 1 if it did not get through
  labkeeper telling plan > plan.json                       who is told; change the file, and give it back:
  labkeeper telling plan --file plan.json
  labkeeper telling messages --limit 20                    what was sent to whom, and what was not

The secret is read from LABKEEPER_SECRET or from a file (--secret-file).
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.description = "Set up who is told of a hub's alarms, try it, and look at what was sent."
    parser.epilog = EPILOG
    add_hub_options(parser, "the owner's secret")
    parser.add_argument("--json", action="store_true", help="print what the hub said as JSON")
    what = parser.add_subparsers(dest="what", required=True, metavar="list|add|test|remove|plan|messages")
    what.add_parser("list", help="channels and how they do")
    adding = what.add_parser("add", help="set up a channel; its configuration is JSON on the standard input")
    adding.add_argument("name", metavar="NAME", help="what the channel is to be called in rules")
    adding.add_argument("kind", metavar="KIND", help="apprise, webhook, or what a plugin brings")
    adding.add_argument("--language", choices=("zh", "en"), default="zh", help="of its messages (default zh)")
    for name, text in (("test", "send a test message now"), ("remove", "forget a channel and its secrets")):
        what.add_parser(name, help=text).add_argument("name", metavar="NAME", help="the channel, as in the list")
    plan = what.add_parser("plan", help="print who is told, or put a file in its place")
    plan.add_argument("--file", type=Path, metavar="FILE", help="the new plan, as JSON")
    messages = what.add_parser("messages", help="what became of the newest messages")
    messages.add_argument("--limit", type=int, default=50, metavar="N", help="how many (default 50)")


def run(options: argparse.Namespace) -> int:
    """Do it; returns 1 and says why when the hub refuses, and when a test message did not get through."""
    try:
        found = asyncio.run(_asked(options))
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        print(f"labkeeper telling: {why(error)}", file=sys.stderr)
        return FAILED
    except json.JSONDecodeError as error:
        print(f"labkeeper telling: that is not JSON: {error}", file=sys.stderr)
        return FAILED
    print(json.dumps(found) if options.json else "\n".join(_lines(options.what, found)))
    return FAILED if options.what == "test" and found["fate"] != "sent" else 0


async def _asked(options: argparse.Namespace) -> Json:
    method, path, body = _request(options)
    async with open_client(options) as client:
        answer = (await client.request(method, ALL + path, json=body)).raise_for_status()
        found: Json = answer.json() if answer.content else {}
        return found


def _request(options: argparse.Namespace) -> tuple[str, str, Json | None]:
    match options.what:
        case "add":
            channel = {"name": options.name, "kind": options.kind, "language": options.language}
            return "POST", "/channels", {**channel, "configuration": json.load(sys.stdin)}
        case "test":
            return "POST", f"/channels/{options.name}/test", None
        case "remove":
            return "DELETE", f"/channels/{options.name}", None
        case "plan" if options.file:
            return "PUT", "/plan", json.loads(options.file.read_text(encoding="utf-8"))
        case "messages":
            return "GET", f"/messages?limit={options.limit}", None
        case what:
            return "GET", "/plan" if what == "plan" else "/channels", None


def _lines(what: str, found: Json) -> Iterator[str]:
    match what:
        case "list":
            yield from (_channel(one) for one in found["channels"])
            yield f"kinds: {', '.join(one['kind'] for one in found['kinds'])}"
        case "add":
            yield f"{found['name']} is set up; try it with: labkeeper telling test {found['name']}"
        case "remove":
            yield "removed"
        case "messages":
            yield from (_message(one) for one in found["messages"])
        case "test":
            yield _message(found)
        case _:
            yield json.dumps(found, ensure_ascii=False, indent=2)


def _channel(one: Json) -> str:
    sent = "nothing sent since the start" if one["sent_ms"] is None else f"sent {_moment(one['sent_ms'])}"
    state = f"failed {one['failures']} times in a row: {one['error']}" if one["failures"] else sent
    return f"{one['name']:16}  {one['kind']:10}  {one['language']}  {state}"


def _message(one: Json) -> str:
    error = f" ({one['error']})" if one["error"] else ""
    return f"{_moment(one['made_ms'])}  {one['channel']:16}  {one['fate']:8}  {one['title']}{error}"


def _moment(time_ms: int) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(time_ms / 1000))
