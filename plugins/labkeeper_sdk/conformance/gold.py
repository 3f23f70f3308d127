"""Gold, as far as it needs no node: titles in both languages, safe values, recordings that are replayed."""

import re
from pathlib import Path

from labkeeper_sdk.conformance.levels import Check, Level
from labkeeper_sdk.conformance.outcomes import Fault, Spared, Untried
from labkeeper_sdk.conformance.trial import Trial, is_actuator
from labkeeper_sdk.drivers import Nonsense
from labkeeper_sdk.errors import DeviceUnreachable
from labkeeper_sdk.points import Action, Point, Risk, Setpoint, Title
from labkeeper_sdk.testing.benches import Bench, Stand
from labkeeper_sdk.testing.recordings import BadRecording, Recording, Source, read_recording
from labkeeper_sdk.testing.watching import Watched, open_driver

REPLAY_S = 10.0
HAN = re.compile(r"[\u3400-\u9fff]")
ABBREVIATION = re.compile(r".[A-Z]|\d")


async def titled(trial: Trial) -> None:
    """Everything a person reads has a name in Chinese and in English."""
    _both("the driver", trial.driver.title)
    for name, field in trial.driver.configuration.model_fields.items():
        extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
        said = extra.get("lk:title")
        _both(f"the setting {name}", Title(**said) if isinstance(said, dict) else Title())  # type: ignore[arg-type] # JSON Schema's extras are any JSON; a wrong title fails this check
    async with trial.bench.open() as stand, trial.watch(stand) as watched:
        for device, point in watched.points:
            if watched.is_gateway and not point.title:
                raise Fault(f"{device}/{point.name} has no title", f"{point.name} 没有标题")
            if not watched.is_gateway:
                _both(f"the point {point.name}", point.title)


def _both(what: str, title: Title) -> None:
    if not (title.zh and title.en):
        missing = "Chinese" if title.en else "English" if title.zh else "Chinese and no English"
        raise Fault(f"{what} has no {missing} title", f"{what} 缺少标题")
    if not is_chinese(title.zh):
        raise Fault(
            f"{what} has no Chinese title: {title.zh!r} has no Chinese character and is no abbreviation",
            f"{what} 的中文标题 {title.zh!r} 没有汉字，也不是缩写",
        )


def is_chinese(text: str) -> bool:
    """Tell whether a text may stand in Chinese: it has a Chinese character, or each of its words is an abbreviation.

    Chinese writes ROS, CO2, pH and PM2.5 as English does; such a word has a capital behind its first letter, or a
    digit. English words, also at the beginning of a sentence, have neither.
    """
    return bool(HAN.search(text)) or all(ABBREVIATION.search(word) for word in text.split())


async def safe_values(trial: Trial) -> None:
    """Every actuator says what is safe and how long it may be left alone."""
    async with trial.bench.open() as stand, trial.watch(stand) as watched:
        actuators = [(device, point) for device, point in watched.points if needs_safe_value(watched, point)]
        if not any(is_actuator(point) for _, point in watched.points):
            raise Spared
        for device, point in actuators:
            _safe(stand, device, point)


def needs_safe_value(watched: Watched, point: Point) -> bool:
    """Whether a point must say what is safe: a switch or number of a driver's own, anything that can hurt anywhere.

    What a gateway finds at run time says no more than its hardware does; there the school's file adds safe values.
    """
    if not is_actuator(point) or isinstance(point, Action):
        return False
    if isinstance(point, Setpoint) and point.type is str and point.risk is Risk.NONE:
        return False
    return not watched.is_gateway or point.risk is not Risk.NONE


def _safe(stand: Stand, device: str, point: Point) -> None:
    said = stand.overrides.get(device, {}).get(point.name, {})
    if point.safe_value is None and "safe_value" not in said:
        raise Fault(f"{point.name} has no safe value", f"{point.name} 没有安全值")
    forgetful = point.link_loss_s is None and "link_loss_s" not in said
    if forgetful and point.risk is not Risk.NONE:
        raise Fault(
            f"{point.name} can do harm ({point.risk}) and forgets a lost link: it has no link_loss_s",
            f"{point.name} 有危险（{point.risk}），却没有 link_loss_s",
        )


# --- recordings -------------------------------------------------------------------------------------------------------
async def recorded(trial: Trial) -> None:
    """What a real device said (or its documents say it says) makes the readings it is to make."""
    found = recordings(trial.bench)
    if not found:
        raise Fault("there are no recordings of a device", "没有设备的录制文件")
    if trial.bench.replay is None:
        raise Fault("the bench's Bench has no `replay`", "测试台没有 replay")
    for path, recording in found:
        if not recording.trusted:
            raise Fault(
                f"{path.name} is {recording.header.source}: neither hardware, nor a device named by its `device.model`"
                " and published at its `address`, nor a program with a version and a `reason`, nor documents that its"
                " `reason` names",
                f"{path.name} 既非录制自真实设备，也没有注明型号与公布网址（address）、软件版本与数据来源（reason）"
                "或文档依据（reason）",
            )
        await _replayed(trial, path, recording)
    seen = {recording.header.source for _, recording in found}
    trial.notes["fixtures"] = ", ".join(source for source in Source if source in seen)


def recordings(bench: Bench) -> list[tuple[Path, Recording]]:
    """Return the driver's recordings by path; raises Fault for one that cannot be read."""
    paths = sorted(bench.fixtures.glob("*.jsonl")) if bench.fixtures is not None else []
    try:
        return [(path, read_recording(path)) for path in paths]
    except BadRecording as bad:
        raise Fault(f"a recording cannot be read: {bad}", f"录制文件无法读取：{bad}") from bad


async def _replayed(trial: Trial, path: Path, recording: Recording) -> None:
    if not recording.expected:
        raise Fault(f"{path.name} expects no reading", f"{path.name} 没有期望的读数")
    if trial.bench.replay is None:
        raise Untried
    async with (
        trial.bench.replay(recording) as stand,
        open_driver(trial.driver, stand.settings, trial.services(stand)) as watched,
    ):
        try:
            await watched.until(lambda: not missing(watched, recording), REPLAY_S)
        except (TimeoutError, DeviceUnreachable) as error:
            first = next(iter(missing(watched, recording)), f"an end: {error}")
            raise Fault(f"replaying {path.name}: no {first}", f"回放 {path.name}：缺少 {first}") from error
        nonsense = [event for event in watched.events if isinstance(event, Nonsense)]
        if nonsense:
            raise Fault(
                f"replaying {path.name}: {nonsense[0].reason} {nonsense[0].detail}",
                f"回放 {path.name}：{nonsense[0].reason}",
            )


def missing(watched: Watched, recording: Recording) -> list[str]:
    """Return the expected readings that have not come."""
    return [
        f"{it.device}/{it.point} = {it.value!r}"
        for it in recording.expected
        if not any(reading.value == it.value for reading in watched.readings(it.device, it.point))
    ]


CHECKS = (
    Check(
        "titles", Level.GOLD, Title("中英文标题", "Titles in Chinese and English"),
        Title(
            "为驱动、设置与测点写 Title(zh=…, en=…)",
            "Write Title(zh=…, en=…) for the driver, its settings (form(…)) and its points",
        ),
        titled,
    ),
    Check(
        "safe_values", Level.GOLD, Title("安全值", "Safe values"),
        Title(
            "为每个执行器写 safe_value 与 link_loss_s",
            "Give each actuator safe_value and link_loss_s, and its risk",
        ),
        safe_values,
    ),
    Check(
        "fixtures", Level.GOLD, Title("真实设备的录制", "Recordings of real devices"),
        Title(
            "用 labkeeper driver record 录制；他人公布的须写 address，来自文档的须写 reason",
            "Record with `labkeeper driver record`; what an owner published says where in `address`, what comes from"
            " documents says which in `reason`",
        ),
        recorded,
    ),
)  # fmt: skip
