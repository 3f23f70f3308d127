"""A lesson's worth of devices for the fake hub: every kind of point, two labs, one thing broken."""

from .fake_hub import FakeHub, now_ms, point

PI = "pi-301"


def title(zh: str, en: str) -> dict[str, str]:
    return {"zh": zh, "en": en}


def furnish(hub: FakeHub) -> None:
    hub.add_lab("lab-301", "301 科创实验室", "Lab 301", PI)
    hub.add_lab("lab-302", "302 机器人实验室", "Robot lab 302", "pi-302")
    add_room(hub)
    for bench in ("1", "2", "3"):
        add_bench(hub, bench)
    hub.add_device("pi-302", "arm", ("机械臂", "Robot arm"), [point("power", "switch", "bool")], bench="1")
    hub.put("pi-302", "arm", "power", value=False)


def add_room(hub: FakeHub) -> None:
    air = [
        point("temperature", "measure", unit="Cel"),
        point("humidity", "measure", unit="%"),
        point("co2", "measure", unit="[ppm]"),
        point("pm25", "measure", unit="ug/m3"),
        point("occupancy", "state", "bool"),
        point("contact", "state", "bool"),
    ]
    hub.add_device(PI, "air", ("空气质量", "Air quality"), air, make="Sonoff", model="SNZB-02D")
    for name, value in (("temperature", 21.46), ("humidity", 48.2), ("co2", 742.0), ("pm25", 17.3)):
        hub.put(PI, "air", name, value)
    hub.put(PI, "air", "occupancy", value=True)
    hub.put(PI, "air", "contact", value=False)
    conditioner = [
        point("power", "switch", "bool", title=title("电源", "Power")),
        point("target", "setpoint", unit="Cel", minimum=16, maximum=30, step=0.5, title=title("目标温度", "Target")),
        point("mode", "setpoint", "str", options=["auto", "cool", "heat", "dry"], title=title("模式", "Mode")),
        point("fan", "setpoint", "str", options=["auto", "low", "medium", "high", "quiet", "turbo"],
              title=title("风速", "Fan speed")),
    ]  # fmt: skip
    hub.add_device(PI, "hvac", ("空调", "Air conditioner"), conditioner, make="Midea", model="KFR-72")
    hub.put(PI, "hvac", "power", value=True)
    hub.put(PI, "hvac", "target", 24.0)
    hub.put(PI, "hvac", "mode", "cool")
    hub.put(PI, "hvac", "fan", "low")
    remote = [point("action", "event", "str"), point("battery", "measure", "int", unit="%")]
    hub.add_device(PI, "remote", ("遥控器", "Remote"), remote, make="Aqara", model="WXKG11LM")
    hub.put(PI, "remote", "action", "single")
    hub.put(PI, "remote", "battery", 87)


def add_bench(hub: FakeHub, bench: str) -> None:
    strip = [
        point("power", "measure", unit="W"),
        point("energy", "measure", unit="kW.h"),
        point("state", "switch", "bool", title=title("插座", "Outlet")),
    ]
    hub.add_device(PI, f"strip-{bench}", (f"插线板 {bench}", f"Power strip {bench}"), strip, bench=bench, make="Tuya")
    hub.put(PI, f"strip-{bench}", "power", 36.4)
    hub.put(PI, f"strip-{bench}", "energy", 12.08)
    hub.put(PI, f"strip-{bench}", "state", bench != "2")
    lamp = [
        point("state", "switch", "bool", title=title("灯", "Light")),
        point("brightness", "setpoint", "int", unit="%", minimum=0, maximum=100, step=1),
        point("identify", "action", "bool"),
    ]
    hub.add_device(PI, f"lamp-{bench}", (f"台灯 {bench}", f"Desk lamp {bench}"), lamp, bench=bench, make="IKEA")
    hub.put(PI, f"lamp-{bench}", "state", value=True)
    hub.put(PI, f"lamp-{bench}", "brightness", 60)


def break_lamp_3(hub: FakeHub) -> None:
    """The lamp of bench 3 has been away for five minutes."""
    then = now_ms() - 300_000
    hub.devices[PI, "lamp-3"].update(online=False, since_ms=then)
    for name, value in (("state", True), ("brightness", 60)):
        hub.put(PI, "lamp-3", name, value, stale=True, quality=500, time_ms=then)
