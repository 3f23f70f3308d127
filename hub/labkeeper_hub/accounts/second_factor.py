"""A second factor: codes of an app (RFC 6238), each good once, and recovery codes for when the app is gone. Pure."""

import hmac
from dataclasses import dataclass, replace

from pyotp import TOTP

from labkeeper_hub.accounts.tokens import digest

STEP_MS = 30_000
SLACK_STEPS = 1  # a telephone's clock may be half a minute off, RFC 6238 section 5.2
RECOVERY_CODES = 10
ISSUER = "Labkeeper"


@dataclass(frozen=True, slots=True)
class SecondFactor:
    """One person's second factor: the app's secret as the vault has sealed it, the step of the last code that was
    taken, and the digests of the recovery codes that are left. It asks for nothing before it is `on`.
    """

    name: str
    sealed: str
    on: bool = False
    step: int = -1
    recovery: tuple[str, ...] = ()

    def by_code(self, secret: str, code: str, now_ms: int) -> "SecondFactor | None":
        """Return what is left after a code of the app; None for one that is wrong, or no newer than the last."""
        now = now_ms // STEP_MS
        said = plain(code)
        for step in range(max(self.step + 1, now - SLACK_STEPS), now + SLACK_STEPS + 1):
            if hmac.compare_digest(TOTP(secret).generate_otp(step).encode(), said.encode("utf-8", "surrogatepass")):
                return replace(self, step=step)
        return None

    def by_recovery(self, code: str) -> "SecondFactor | None":
        """Return what is left after a recovery code; None for one that is wrong or used."""
        used = digest(plain(code))
        if used not in self.recovery:
            return None
        return replace(self, recovery=tuple(one for one in self.recovery if one != used))


def plain(code: str) -> str:
    """Return a code as it is compared: case, blanks and hyphens do not matter."""
    return "".join(code.split()).replace("-", "").casefold()


def address(secret: str, who: str) -> str:
    """Return what an authenticator app reads from a QR code."""
    return TOTP(secret).provisioning_uri(name=who, issuer_name=ISSUER)
