"""The HTTP server: uvicorn with limits, on sockets that give up on clients who take nothing."""

import logging
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import uvicorn
from fastapi import FastAPI

SEND_BUFFER = 256 * 1024  # what the kernel holds for one client; more would only be older news
GIVE_UP_MS = 30_000  # unacknowledged for this long: the client is gone
MOST_CONNECTIONS = 1_000
MOST_MESSAGE = 64 * 1024
BACKLOG = 512


class Server(uvicorn.Server):
    """A server that leaves signals to whoever runs it: set `should_exit` to end `serve(sockets=[...])`."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class _Denials(logging.Filter):
    """uvicorn calls it an error of ours when a WebSocket is answered 401: any stranger could fill the log."""

    def filter(self, record: logging.LogRecord) -> bool:
        return record.msg != "ASGI callable returned without completing handshake."


DENIALS: Final = _Denials()


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket (port 0: a free one); raises OSError."""
    family, kind, protocol, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    listening = socket.socket(family, kind, protocol)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
        if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux; inherited by every connection
            listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, GIVE_UP_MS)
        listening.bind(address)
        listening.listen(BACKLOG)
    except OSError:
        listening.close()
        raise
    return listening


def make_server(app: FastAPI) -> Server:
    """Return the server for this app; no client may claim another address through a header."""
    logging.getLogger("uvicorn.error").addFilter(DENIALS)
    return Server(
        uvicorn.Config(
            app,
            lifespan="off",
            ws="websockets-sansio",
            ws_max_size=MOST_MESSAGE,
            ws_per_message_deflate=False,  # a hundred tablets would each cost their own compression
            ws_ping_interval=20.0,
            ws_ping_timeout=20.0,
            limit_concurrency=MOST_CONNECTIONS,
            proxy_headers=False,
            server_header=False,
            access_log=False,
            log_config=None,
            timeout_graceful_shutdown=2,
        )
    )
