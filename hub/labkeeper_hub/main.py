"""The hub as one process: opens things in order, runs its workers beside the HTTP server, closes in reverse."""

import asyncio
import errno
import json
import logging
import signal
import socket
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from fastapi import FastAPI
from sqlalchemy.exc import DBAPIError

from labkeeper_hub.accounts import Accounts, Action, open_accounts
from labkeeper_hub.accounts.rights import stands
from labkeeper_hub.accounts.staff import open_staff
from labkeeper_hub.api import build_app, keep_app, listen, make_server
from labkeeper_hub.api.server import Server
from labkeeper_hub.api.sight import place_of
from labkeeper_hub.audit import Audit, open_audit
from labkeeper_hub.commands.intents import open_intents
from labkeeper_hub.composing import Hub, now_ms, open_hub
from labkeeper_hub.folder import hold_folder
from labkeeper_hub.model import HeldLease
from labkeeper_hub.oidc.opening import open_oidc
from labkeeper_hub.settings import HubSettings
from labkeeper_hub.vault import open_vault
from labkeeper_sdk import BadConfiguration

log = logging.getLogger(__name__)
NOT_HERE = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)  # an address, but none of this machine's
END_S = 10.0  # a worker that does not end by then is left behind


async def main(
    settings: HubSettings, *, stop: asyncio.Event | None = None, when_ready: Callable[[], None] = lambda: None
) -> None:
    """Run the hub until SIGTERM, SIGINT or `stop`; a worker that dies ends it with its error. `when_ready` is called
    once it serves.
    """
    stop = stop or _stop_on_signals()
    with (
        settings.named(),
        hold_folder(settings.data),
        open_intents(settings.data / "commands.log") as intents,
    ):
        async with open_audit(settings.data, now_ms) as audit, open_hub(settings, intents, audit) as hub:
            staff = await open_staff(hub.parts.engine, now_ms, open_vault(settings.data))
            async with (
                open_accounts(
                    settings.data,
                    staff=staff,
                    guests=hub.floor,
                    walls=hub.parts.wall,
                    requires_factor=settings.second_factor == "required",
                ) as accounts,
                open_oidc(settings.oidc, accounts, staff, audit) as oidc,
            ):
                app = build_app(hub.parts, accounts, audit, oidc)
                await _run(settings, hub, accounts, audit, app, stop, when_ready)


async def _run(
    settings: HubSettings,
    hub: Hub,
    accounts: Accounts,
    audit: Audit,
    app: FastAPI,
    stop: asyncio.Event,
    when_ready: Callable[[], None],
) -> None:
    hub.recordings.audit = hub.automations.watch.audit = hub.pe.audit = audit
    accounts.lending, hub.bell.person, hub.bell.audit = hub.timetable, accounts.person_called, audit
    hub.leases.stands, hub.lessons.signed_in = partial(_stands, accounts), accounts.is_signed_in
    server = make_server(app)
    with _listening(settings) as listening:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(work, name=name) for name, work in hub.workers()]
            tasks.append(group.create_task(keep_app(app), name="api"))
            tasks.append(group.create_task(audit.keep(), name="audit"))
            serving = group.create_task(server.serve(sockets=[listening]), name="http")
            _say_ready(settings, accounts, listening.getsockname()[1])
            when_ready()
            await stop.wait()
            await _end(hub, server, serving, tasks)


def _stands(accounts: Accounts, lease: HeldLease) -> bool:
    person = accounts.holder(lease.holder)
    return person is not None and stands(person, Action.LEASE, place_of(lease), lease.until_ms, now_ms())


async def _end(hub: Hub, server: Server, serving: asyncio.Task[None], tasks: Sequence[asyncio.Task[None]]) -> None:
    """End in reverse: nobody asks any more, then nobody is heard, then everything heard is on disk."""
    server.should_exit = True
    await asyncio.wait([serving], timeout=END_S)
    committing, *others = tasks
    for task in reversed(others):
        task.cancel()
        await asyncio.wait([task], timeout=END_S)
    hub.journal.end()
    await asyncio.wait([committing], timeout=END_S)
    committing.cancel()
    for save in (hub.desk.save, hub.alarms.desk.save, hub.automations.watch.diary.save, hub.registry_records.save):
        await _last(save)


async def _last(save: Callable[[], Awaitable[None]]) -> None:
    """Save what is left. A database that refuses does not keep us: commands are in their log, nodes come again."""
    try:
        await save()
    except DBAPIError as error:
        log.error("registry: cannot be saved at the end (%s)", error.orig)  # noqa: TRY400 -- one line


def _listening(settings: HubSettings) -> socket.socket:
    try:
        return listen(settings.host, settings.port)
    except (OSError, UnicodeError) as error:  # the latter: what can be no name of a machine
        nowhere = not isinstance(error, OSError) or isinstance(error, socket.gaierror) or error.errno in NOT_HERE
        why = (error.strerror if isinstance(error, OSError) else None) or error
        address = f"{settings.host}:{settings.port}"
        raise BadConfiguration("host" if nowhere else "port", f"cannot listen on {address} ({why})") from error


def _say_ready(settings: HubSettings, accounts: Accounts, port: int) -> None:
    """Tell whoever started us, in one line of JSON."""
    url = f"http://{settings.host}:{port}"
    ready = {"ready": "hub", "url": url, "sign_in": f"{url}/#sign-in={accounts.issue_link()}"}
    if accounts.new_secret is not None:
        ready["owner_secret"] = accounts.new_secret
    print(json.dumps(ready), flush=True)  # noqa: T201 -- the one line of stdout


def _stop_on_signals() -> asyncio.Event:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop
