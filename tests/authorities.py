"""Certificate authorities that sign for 127.0.0.1: one as the system has it, by hash in a folder; one of a school."""

import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

REQUEST = ("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2")
SELF = ("-addext", "subjectAltName=IP:127.0.0.1")


def _openssl(*words: str) -> None:
    subprocess.run(["openssl", *words], check=True, capture_output=True)


@dataclass(frozen=True, slots=True)
class Authority:
    """A certificate that is its own authority, and a server that shows it."""

    certificate: Path
    key: Path

    def server(self) -> ssl.SSLContext:
        """Return what a server of it serves with."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        return context


def authority(folder: Path, name: str) -> Authority:
    """Make one."""
    made = Authority(folder / f"{name}.pem", folder / f"{name}.key")
    _openssl(*REQUEST, *SELF, "-subj", f"/CN={name}", "-keyout", str(made.key), "-out", str(made.certificate))
    return made


def believed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Authority, Authority]:
    """Return the system's authority and the school's, believed as the shipped units have it."""
    system = folder / "system"
    system.mkdir()
    public, school = authority(system, "public"), authority(folder, "school")
    _openssl("rehash", str(system))
    monkeypatch.setenv("SSL_CERT_DIR", str(system))  # where Debian's are, unless it is said otherwise
    monkeypatch.setenv("SSL_CERT_FILE", str(school.certificate))
    return public, school
