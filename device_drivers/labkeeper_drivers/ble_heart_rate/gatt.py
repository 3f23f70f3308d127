"""The Heart Rate Service's measurement. Source: "GATT Specification Supplement", 3.116 (Bluetooth SIG).

Energy and the intervals between beats, which it may hold too, are not taken: nobody here has a use for them.
"""

from collections.abc import Sequence

from labkeeper_sdk import BadReading, Measure, Reading, State, Title

SERVICE = "0000180d-0000-1000-8000-00805f9b34fb"
MEASUREMENT = "00002a37-0000-1000-8000-00805f9b34fb"
BATTERY = "00002a19-0000-1000-8000-00805f9b34fb"
WIDE, CONTACT, CONTACT_KNOWN = 0x01, 0x02, 0x04
SLOWEST, FASTEST = 20, 250  # a heart's; what is beyond is a band that slips
MOST = 100  # percent
POINTS = (
    Measure(
        "heart-rate",
        type=int,
        unit="/min",
        minimum=SLOWEST,
        maximum=FASTEST,
        title=Title("心率", "Heart rate"),
        personal=True,
    ),
    State("contact", title=Title("贴合皮肤", "On the skin"), personal=True),
    Measure("battery", type=int, unit="%", minimum=0, maximum=MOST, title=Title("电量", "Battery")),
)


def measured(data: bytes) -> Sequence[Reading]:
    """Return what a measurement says; raises BadReading. A band that is off the skin has no rate."""
    flags = data[0] if data else 0
    if len(data) < (3 if flags & WIDE else 2):
        raise BadReading("a measurement that is cut short")
    rate = int.from_bytes(data[1:3], "little") if flags & WIDE else data[1]
    contact = [Reading("contact", bool(flags & CONTACT))] if flags & CONTACT_KNOWN else []
    if rate == 0 or (contact and not contact[0].value):
        return contact
    if not SLOWEST <= rate <= FASTEST:
        raise BadReading(f"a heart rate of {rate}")
    return [Reading("heart-rate", rate), *contact]


def charged(data: bytes) -> Sequence[Reading]:
    """Return what the battery level says; raises BadReading."""
    if len(data) != 1 or data[0] > MOST:
        raise BadReading("a battery level that is no percentage")
    return [Reading("battery", data[0])]
