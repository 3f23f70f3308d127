"""The checked-in protobuf module is what the checked-in .proto says."""

import runpy
from pathlib import Path

import pytest

from labkeeper_wire import generate


def test_generating_again_gives_the_same_files(tmp_path: Path) -> None:
    generate.generate(tmp_path)
    for name in generate.GENERATED:
        assert (tmp_path / name).read_bytes() == (generate.PACKAGE / name).read_bytes(), name


def test_one_command_writes_both_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["generate", str(tmp_path)])
    runpy.run_path(generate.__file__, run_name="__main__")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(generate.GENERATED)
    assert str(tmp_path) in capsys.readouterr().out


def test_the_module_does_not_tie_anyone_to_our_compiler() -> None:
    assert "untime_version" not in (generate.PACKAGE / "sparkplug_b_pb2.py").read_text(encoding="utf-8")


def test_a_broken_proto_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "labkeeper_wire"
    package.mkdir()
    (package / "sparkplug_b.proto").write_text("this is no schema", encoding="utf-8")
    monkeypatch.setattr(generate, "PACKAGE", package)
    with pytest.raises(generate.CompilerFailed, match="status 1"):
        generate.generate(tmp_path)
