"""`labkeeper driver allow`: a key, hashes, a signed list, and what a node will make of it."""

import json
import stat
from pathlib import Path

import pytest

from labkeeper_cli.__main__ import main

LISTED = "pluggy"  # any distribution that pip has installed as files


def said(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    status = main(["driver", "allow", *words])
    out, err = capsys.readouterr()
    return status, out, err


def test_a_list_is_signed_and_verified_by_the_key_that_was_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key, path = tmp_path / "key.pem", tmp_path / "allow.json"
    status, public, _ = said(capsys, "key", str(key))
    assert status == 0
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    words = ("--key", str(key), "--name", "district-1", "--issuer", "Minhang", "--output", str(path))
    status, out, _ = said(capsys, "sign", LISTED, *words)
    assert (status, out.splitlines()[-1]) == (0, f'"district-1" = "{public.strip()}"')
    status, out, _ = said(capsys, "verify", str(path), "--trust", f"district-1={public.strip()}")
    assert status == 0
    (entry,) = json.loads(out)["drivers"]
    _, hashed, _ = said(capsys, "hash", LISTED)
    assert f'"{LISTED}" = "{entry["digest"]}"' in hashed
    path.write_text(path.read_text().replace("Minhang", "Xuhui"))
    status, _, err = said(capsys, "verify", str(path), "--trust", f"district-1={public.strip()}")
    assert (status, "the signature is not of this list by this key" in err) == (1, True)


def test_a_key_is_never_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    key = tmp_path / "key.pem"
    said(capsys, "key", str(key))
    before = key.read_bytes()
    assert said(capsys, "key", str(key))[0] == 1
    assert key.read_bytes() == before


@pytest.mark.parametrize("content", [b"nonsense", b""])
def test_what_is_no_key_signs_nothing(content: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "key.pem").write_bytes(content)
    words = ("--key", str(tmp_path / "key.pem"), "--name", "n", "--issuer", "i", "--output", str(tmp_path / "out"))
    status, _, err = said(capsys, "sign", LISTED, *words)
    assert (status, "key.pem: the key cannot be read" in err) == (1, True)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("name", "why"), [("no-such-thing", "is installed"), ("labkeeper", "editable")])
def test_what_cannot_be_hashed_is_named(name: str, why: str, capsys: pytest.CaptureFixture[str]) -> None:
    status, _, err = said(capsys, "hash", name)
    assert status == 1
    assert name in err
    assert why in err
