"""How hard a heart works, against the highest rate that is expected at an age. An expectation, not a measurement."""

from enum import StrEnum

FEWEST_YEARS, MOST_YEARS = 5, 20


class Zone(StrEnum):
    """A share of the highest rate. Source: ACSM's Guidelines for Exercise Testing and Prescription, 11th edition."""

    REST = "rest"
    LIGHT = "light"
    MODERATE = "moderate"
    VIGOROUS = "vigorous"
    HIGHEST = "highest"


FROM: tuple[tuple[float, Zone], ...] = (
    (0.96, Zone.HIGHEST),
    (0.77, Zone.VIGOROUS),
    (0.64, Zone.MODERATE),
    (0.57, Zone.LIGHT),
)
MOVING = 0.57
"""From this share on somebody counts as moving: what is below, sitting and standing reach too."""


def highest_rate(years: int) -> float:
    """Return the rate per minute that hardly anybody of this age exceeds: 208 - 0.7 * age.

    Source: Tanaka, Monahan, Seals, J Am Coll Cardiol 37 (2001) 153. Of children and adolescents it says less wrong than
    220 - age: Mahon et al., Res Q Exerc Sport 81 (2010) 466.
    """
    return 208 - 0.7 * years


def zone_of(rate: int, highest: float) -> Zone:
    """Return the zone of a rate."""
    return next((zone for share, zone in FROM if rate >= share * highest), Zone.REST)


def is_moving(rate: int, highest: float) -> bool:
    """Tell whether a heart beats as one does that moves."""
    return rate >= MOVING * highest
