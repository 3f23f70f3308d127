"""`labkeeper firmware`: reports, exit status, wrong use; and what is behind `--power` and `--serial`."""

import asyncio
import json
import os
import re
import stat
import sys
import tty
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from labkeeper_cli.__main__ import main
from labkeeper_firmware import page
from labkeeper_firmware.checks import CHECKS
from labkeeper_firmware.drivers.console import read_serial
from labkeeper_firmware.drivers.power import PowerCommand, PowerFailed
from labkeeper_firmware.findings import Finding, verdict
from labkeeper_firmware.places import Place
from labkeeper_firmware.profile import Profile, read_profile
from labkeeper_firmware.report import Report, line
from labkeeper_sdk import BadConfiguration, Title
from labkeeper_sdk.conformance.outcomes import Outcome

from .several import examined


def test_the_reference_passes_from_the_command_line_and_leaves_its_reports(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = ("--report", str(tmp_path / "out.html"), "--junit", str(tmp_path / "out.xml"))
    assert main(["firmware", "test", "--reference", "--only", "announces", "--only", "long_run", *files]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "reference-1: passes"
    assert "自我说明<br>announces itself" in (tmp_path / "out.html").read_text(encoding="utf-8")
    suite = ET.parse(tmp_path / "out.xml").getroot()  # noqa: S314 -- our own
    assert [case.get("name") for case in suite] == ["announces", "long_run"]
    assert suite.get("skipped") == "1"


def test_a_device_that_is_not_there_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "profile.toml").write_text("boot_s = 0.2\ngrace_s = 0\n")
    words = ["firmware", "test", "--device", "nobody", "--profile", str(tmp_path / "profile.toml"), "--lang", "zh"]
    assert main([*words, "--only", "announces", "--only", "will"]) == 1
    said = capsys.readouterr().out
    assert "启动 0.2 秒后没有 $state" in said
    assert "nobody：未通过（announces、will）" in said


@pytest.mark.parametrize(("by_line", "last"), [(False, ": there is no such key"), (True, "")])
async def test_a_program_that_ends_by_itself_is_named_with_its_last_words(*, by_line: bool, last: str) -> None:
    program = (sys.executable, "-c", "print('begins', flush=True); raise SystemExit('there is no such key')")
    place = Place("it", Profile.model_validate({}), run=program, by_line=by_line)
    (finding,) = await examined(place, ["announces"])
    assert re.fullmatch(rf"there is no \$\w+; the program has ended by itself \(status 1\){last}", finding.seen.en)
    assert re.fullmatch(rf"没有 \$\w+；程序自己结束了（状态 1）{last}", finding.seen.zh)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ([], "--device"),
        (["--device", "d", "--only", "nothing"], "there is no check nothing"),
        (["--device", "d", "--listen", "1884"], "is not HOST:PORT"),
        (["--device", "d", "--broker", "amqp://x"], "is not mqtt://HOST:PORT"),
        (["--device", "d", "--run", "'"], "--run"),
        (["--device", "d", "--serial", "/nonexistent/tty"], "--serial"),
        (["--device", "d", "--profile", "/nonexistent/profile.toml"], "profile.toml"),
    ],
)
def test_wrong_use_is_status_2_and_names_the_option(
    words: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["firmware", "test", *words]) == 2
    assert says in capsys.readouterr().err


def test_the_checks_are_listed_in_both_languages(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["firmware", "checks"]) == 0
    assert main(["firmware", "checks", "--lang", "zh"]) == 0
    said = capsys.readouterr().out
    assert all(check.tried.en in said and check.tried.zh in said for check in CHECKS)


def test_the_reference_page_is_what_the_checks_say() -> None:
    assert page.PAGE.read_text(encoding="utf-8") == page.page(), "run: python -m labkeeper_firmware.page"
    chinese = page.PAGE_IN_CHINESE.read_text(encoding="utf-8")
    assert chinese == page.page(page.CHINESE), "run: python -m labkeeper_firmware.page"


def test_what_checks_need_and_keys_mean_is_said_in_chinese_and_nothing_is_left_over() -> None:
    assert page.chinese_words().keys() == page.said_in_english()


def test_every_check_speaks_both_languages() -> None:
    words = [title for check in CHECKS for title in (check.title, check.tried, check.remedy)]
    assert all(title.zh and title.en for title in words)


@pytest.mark.parametrize(
    ("wrong", "key"), [("boots_s = 1", "boots_s"), ("boot_s = -1", "boot_s"), ("[clock]", "clock.point")]
)
def test_a_wrong_profile_names_its_key(tmp_path: Path, wrong: str, key: str) -> None:
    (tmp_path / "profile.toml").write_text(wrong)
    with pytest.raises(BadConfiguration) as caught:
        read_profile(tmp_path / "profile.toml")
    assert caught.value.key == key


def finding(outcome: Outcome, *, seen: str = "") -> Finding:
    return Finding(CHECKS[0], outcome, Title(zh=f"见 {seen}", en=seen) if seen else Title())


def test_what_was_not_tried_passes_unless_strict_and_nothing_at_all_never_does() -> None:
    both = [finding(Outcome.PASSED), finding(Outcome.UNTRIED)]
    assert verdict(both)
    assert not verdict(both, strict=True)
    assert verdict([finding(Outcome.PASSED), finding(Outcome.SPARED)], strict=True)
    assert not verdict([finding(Outcome.UNTRIED)])
    assert not verdict([finding(Outcome.PASSED), finding(Outcome.FAILED)])


def test_a_report_says_what_was_seen_and_what_to_do_and_escapes_it() -> None:
    report = Report("d", [finding(Outcome.FAILED, seen="<b> & 'x'"), finding(Outcome.UNTRIED, seen="no switch")])
    html = report.html()
    assert "&lt;b&gt; &amp;" in html
    assert "<b> &" not in html
    assert CHECKS[0].remedy.zh in html
    failure = ET.fromstring(report.junit()).find("testcase/failure")  # noqa: S314 -- our own
    assert failure is not None
    assert failure.get("message") == "<b> & 'x'"
    assert CHECKS[0].remedy.en in str(failure.text)
    assert report.summary("en") == "d: fails (announces); 1 could not be tried"
    assert line(report.findings[0], "zh").endswith(f"→ {CHECKS[0].remedy.zh}")


async def test_a_power_command_is_run_with_off_and_on(tmp_path: Path) -> None:
    switch = tmp_path / "switch"
    switch.write_text(f'#!/bin/sh\necho "$@" >> "{tmp_path}/log"\n[ "$2" != broken ]\n')
    switch.chmod(switch.stat().st_mode | stat.S_IXUSR)
    power = PowerCommand(f"{switch} port-3")
    await power.off()
    await power.on()
    assert (tmp_path / "log").read_text() == "port-3 off\nport-3 on\n"
    with pytest.raises(PowerFailed, match="status 1"):
        await PowerCommand("sh -c 'exit 1' x").on()
    with pytest.raises(PowerFailed, match="nonexistent"):
        await PowerCommand("/nonexistent/switch").on()


async def test_levels_are_read_from_a_serial_port_and_all_else_is_ignored() -> None:
    device, port = os.openpty()
    tty.setraw(port)
    try:
        async with read_serial(os.ttyname(port), 115_200) as console:
            os.write(device, b"rst:0x1 (POWERON)\r\n@relay/power=tr")
            os.write(device, b"ue\r\n@Relay=x\n@motor/speed=-0.5\n")
            async with asyncio.timeout(10):
                while "motor/speed" not in console.latest:
                    await asyncio.sleep(0.01)
            assert [(it.name, it.text) for it in console.levels] == [("relay/power", "true"), ("motor/speed", "-0.5")]
    finally:
        os.close(device)
        os.close(port)


async def test_a_speed_or_a_file_that_is_none_of_a_serial_port_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text(json.dumps({}))
    for path, baud, key in ((str(tmp_path / "file"), 115_200, "--serial"), (str(tmp_path / "file"), 7, "--baud")):
        with pytest.raises(BadConfiguration) as caught:
            async with read_serial(path, baud):
                pass
        assert caught.value.key == key
