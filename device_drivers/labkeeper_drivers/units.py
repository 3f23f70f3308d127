"""Unit spellings that devices use, as UCUM codes (The Unified Code for Units of Measure, version 2.2, case sensitive).

The spellings are those of the Homie 5 convention ("Units") and of the definitions Zigbee2MQTT ships
(zigbee-herdsman-converters 26.112). Text in braces is a UCUM annotation: for people, without dimension.
"""

import re

UCUM = {
    # temperature and light
    "°C": "Cel", "℃": "Cel", "ºC": "Cel", "C": "Cel", "°F": "[degF]", "℉": "[degF]", "K": "K",
    "mired": "MK-1", "MK⁻¹": "MK-1", "lx": "lx", "lux": "lx", "Lx": "lx",
    # shares
    "%": "%", "‰": "[ppth]", "ppm": "[ppm]", "ppb": "[ppb]", "%LEL": "%{LEL}", "LEL %": "%{LEL}", "LEL": "%{LEL}",
    # electricity
    "V": "V", "volt": "V", "Volt": "V", "mV": "mV", "A": "A", "mA": "mA", "W": "W", "w": "W", "watt": "W", "mW": "mW",
    "mWt": "mW", "kW": "kW", "kWh": "kW.h", "Wh": "W.h", "VA": "V.A", "kVA": "kV.A", "VAR": "V.A{reactive}",
    "VAr": "V.A{reactive}", "VArh": "V.A.h{reactive}", "kVArh": "kV.A.h{reactive}", "Hz": "Hz",
    "μS/cm": "uS/cm", "µS/cm": "uS/cm",
    # air, water, pressure
    "µg/m³": "ug/m3", "μg/m³": "ug/m3", "ug/m3": "ug/m3", "mg/m³": "mg/m3", "mg/L": "mg/L", "#/cm³": "{count}/cm3",
    "Pa": "Pa", "hPa": "hPa", "kPa": "kPa", "bar": "bar", "psi": "[psi]", "hPa/h": "hPa/h", "pH": "[pH]",
    # time
    "ms": "ms", "s": "s", "S": "s", "sec": "s", "Sec": "s", "sec.": "s", "seconds": "s", "Seconds": "s",
    "min": "min", "min.": "min", "minute": "min", "minutes": "min", "h": "h", "H": "h", "Hr": "h", "hour": "h",
    "hours": "h", "Hours": "h", "d": "d", "day": "d", "Day": "d", "days": "d", "month": "mo", "year": "a",
    "10 ms": "10.ms", "10s": "10.s",
    # length, volume, mass, movement
    "m": "m", "meters": "m", "cm": "cm", "mm": "mm", "µm": "um", "ft": "[ft_i]", "m³": "m3", "m3": "m3", "L": "L",
    "liter": "L", "gal": "[gal_us]", "g": "g", "gg": "g", "°": "deg", "m/s": "m/s", "mm/s": "mm/s", "kn": "[kn_i]",
    "m³/h": "m3/h", "L/h": "L/h", "gal/min": "[gal_us]/min", "mm/h": "mm/h", "rpm": "/min",
    # sound, radio, radiation
    "dB": "dB", "dBA": "dB{A}", "dBm": "dB{mW}", "dB/m": "dB/m", "μR/h": "uR/h",
    # counts and indices
    "#": "{count}", "times": "{count}", "lqi": "{lqi}", "index": "{index}", "VOC Index points": "{voc_index}",
    "VOC index points": "{voc_index}", "NOx Index points": "{nox_index}", "PM2.5 Index": "{pm25_index}",
    "breaths/min": "{breaths}/min",
}  # fmt: skip
ANNOTATION = re.compile(r"[!-z|~]+")  # UCUM annotations: printable ASCII without braces
LONGEST = 32


def to_ucum(spelling: str) -> str:
    """Return the UCUM code of a unit; one nobody knows becomes an annotation, one that cannot be one becomes ""."""
    text = spelling.strip()
    if text in UCUM:
        return UCUM[text]
    annotation = "_".join(text.split())[:LONGEST]
    return f"{{{annotation}}}" if ANNOTATION.fullmatch(annotation) else ""
