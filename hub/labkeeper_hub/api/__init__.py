"""The hub's HTTP and WebSocket side: REST, one live WebSocket, health, metrics and the page."""

from labkeeper_hub.api.app import build_app, keep_app
from labkeeper_hub.api.server import Server, listen, make_server

__all__ = ["Server", "build_app", "keep_app", "listen", "make_server"]
