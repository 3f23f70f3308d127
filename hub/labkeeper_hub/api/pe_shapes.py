"""PE classes as the API tells them."""

from typing import Any, Literal

from pydantic import BaseModel

from labkeeper_hub.api.answers import Json
from labkeeper_hub.api.models import shape
from labkeeper_hub.pe.board import Board, Tile
from labkeeper_hub.pe.roster import Entry, Roster

TILE = {"number": 7, "rate": 152, "zone": "moderate", "trend": 1, "lost": False, "advice": "none", "seen": False}
FIGURES = {"heard": 1, "mean": 152.0, "mean_so_far": 141.5, "group_density": 0.78, "each_density": 0.56}
BOARD: dict[str, Any] = {
    "id": "1f0c8e0e-6f7c-4d29-9d3f-0d8f6a4f4d11",
    "code": "4-2",
    "started_ms": 1767225600000,
    "now_ms": 1767226200000,
    "highest": 201.0,
    "tiles": [TILE],
    "waiting": [12],
    "figures": FIGURES,
}
BAND: dict[str, Any] = {"number": 7, "consent_by": "guardian", "cap": None}
KEPT_BAND: dict[str, Any] = BAND | {"recorded_ms": 1767225600000, "recorded_by": "p-1"}
ROSTER: dict[str, Any] = {"code": "4-2", "years": 10, "bands": [KEPT_BAND]}


class BandShape(BaseModel):
    """A band of a class."""

    model_config = shape(KEPT_BAND)
    number: int
    consent_by: str | None
    recorded_ms: int | None
    recorded_by: str | None
    cap: int | None


class RosterShape(BaseModel):
    """A class."""

    model_config = shape(ROSTER)
    code: str
    years: int
    bands: list[BandShape]


class RosterList(BaseModel):
    """The classes of a lab."""

    model_config = shape({"classes": [ROSTER]})
    classes: list[RosterShape]


class TileShape(BaseModel):
    """One band; `rate` null: not known."""

    model_config = shape(TILE)
    number: int
    rate: int | None
    zone: Literal["rest", "light", "moderate", "vigorous", "highest"] | None
    trend: int
    lost: bool
    advice: Literal["none", "ease", "look"]
    seen: bool


class FiguresShape(BaseModel):
    """The class as a whole; null: nothing is known."""

    model_config = shape(FIGURES)
    heard: int
    mean: float | None
    mean_so_far: float | None
    group_density: float | None
    each_density: float | None


class BoardShape(BaseModel):
    """A class that is on; `waiting` are bands without a consent, of which nothing is shown."""

    model_config = shape(BOARD)
    id: str
    code: str
    started_ms: int
    now_ms: int
    highest: float
    tiles: list[TileShape]
    waiting: list[int]
    figures: FiguresShape


class BoardAnswer(BaseModel):
    """The board; null: no class is on."""

    model_config = shape({"board": BOARD})
    board: BoardShape | None


def roster_json(roster: Roster) -> dict[str, Json]:
    return {"code": roster.key.code, "years": roster.years, "bands": [_band(one) for one in roster.entries]}


def _band(entry: Entry) -> dict[str, Json]:
    consent = entry.consent
    return {
        "number": entry.number,
        "consent_by": None if consent is None else consent.by.value,
        "recorded_ms": None if consent is None else consent.recorded_ms,
        "recorded_by": None if consent is None else consent.recorded_by,
        "cap": entry.cap,
    }


def board_json(board: Board | None) -> Json:
    if board is None:
        return None
    figures = board.figures
    return {
        "id": board.id,
        "code": board.key.code,
        "started_ms": board.started_ms,
        "now_ms": board.now_ms,
        "highest": board.highest,
        "tiles": [_tile(one) for one in board.tiles],
        "waiting": board.waiting,
        "figures": {name: getattr(figures, name) for name in FIGURES},
    }


def _tile(tile: Tile) -> dict[str, Json]:
    return {
        "number": tile.number,
        "rate": tile.rate,
        "zone": None if tile.zone is None else tile.zone.value,
        "trend": tile.trend,
        "lost": tile.lost,
        "advice": tile.advice.name.lower(),
        "seen": tile.seen,
    }
