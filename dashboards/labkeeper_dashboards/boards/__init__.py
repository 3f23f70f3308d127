"""The dashboards, one module each."""

from labkeeper_dashboards.boards import air, alarms, devices, district, electricity, lesson, overview, quality, safety
from labkeeper_dashboards.model import Board

BOARDS: tuple[Board, ...] = (
    overview.BOARD,
    air.BOARD,
    electricity.BOARD,
    safety.BOARD,
    devices.BOARD,
    quality.BOARD,
    alarms.BOARD,
    lesson.BOARD,
    district.BOARD,
)
