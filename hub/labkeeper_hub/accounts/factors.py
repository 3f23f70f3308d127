"""The second factors of a hub: in memory for every sign-in, in the registry's database, the app's secret sealed."""

import base64
import secrets
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace

import pyotp
from sqlalchemy import delete, insert, select

from labkeeper_hub.accounts.second_factor import RECOVERY_CODES, SecondFactor, plain
from labkeeper_hub.accounts.tokens import digest
from labkeeper_hub.registry.tables import second_factors
from labkeeper_hub.sql import AsyncEngine
from labkeeper_hub.vault import CannotOpen, Vault

RECOVERY_BYTES = 10  # 80 bits: cannot be guessed, so a fast digest protects them at rest


class WrongCode(Exception):
    """Tell the person: this code is not good, or was used."""


@dataclass(slots=True)
class Factors:
    """Everybody's second factor, the owner's too."""

    engine: AsyncEngine
    vault: Vault
    now_ms: Callable[[], int]
    _factors: dict[str, SecondFactor] = field(default_factory=dict)

    def on(self, name: str) -> bool:
        """Return whether this person is asked for a code."""
        return name in self._factors and self._factors[name].on

    def recovery_left(self, name: str) -> int:
        """Return how many recovery codes somebody has left."""
        return len(self._factors[name].recovery) if self.on(name) else 0

    async def begin(self, name: str) -> str:
        """Return the secret for a new app; nothing is asked of the person before `confirm`. Raises WrongCode for
        somebody whose second factor is on.
        """
        if self.on(name):
            raise WrongCode
        secret = pyotp.random_base32()
        await self._keep(SecondFactor(name, self.vault.seal(secret)))
        return secret

    async def confirm(self, name: str, code: str) -> tuple[str, ...]:
        """Turn the second factor on by the app's first code and return the recovery codes; raises WrongCode."""
        factor = self._factors.get(name)
        if factor is None or factor.on:
            raise WrongCode
        proved = self._by_app(factor, code)
        if proved is None:
            raise WrongCode
        return await self._with_recovery(replace(proved, on=True))

    async def prove(self, name: str, code: str) -> bool:
        """Use up a code of the app or a recovery code, and return whether it was the latter; raises WrongCode."""
        factor = self._factors.get(name)
        if factor is None or not factor.on:
            raise WrongCode
        by_app = self._by_app(factor, code)
        left = by_app or factor.by_recovery(code)
        if left is None:
            raise WrongCode
        await self._keep(left)
        return by_app is None

    async def new_recovery(self, name: str) -> tuple[str, ...]:
        """Return new recovery codes in the place of all that were left; raises WrongCode without a second factor."""
        if not self.on(name):
            raise WrongCode
        return await self._with_recovery(self._factors[name])

    async def remove(self, name: str) -> bool:
        """Forget a second factor and return whether there was one."""
        was_on = self.on(name)
        self._factors.pop(name, None)
        async with self.engine.begin() as connection:
            await connection.execute(delete(second_factors).where(second_factors.c.name == name))
        return was_on

    async def load(self) -> None:
        """Read what is kept."""
        async with self.engine.connect() as connection:
            rows = (await connection.execute(select(second_factors))).all()
        for row in rows:
            self._factors[row.name] = SecondFactor(row.name, row.sealed, row.on, row.step, tuple(row.recovery))

    def _by_app(self, factor: SecondFactor, code: str) -> SecondFactor | None:
        """Return what is left after a code of the app; with the vault's key gone, only recovery codes are good."""
        try:
            return factor.by_code(self.vault.open(factor.sealed), code, self.now_ms())
        except CannotOpen:
            return None

    async def _with_recovery(self, factor: SecondFactor) -> tuple[str, ...]:
        codes = tuple(_recovery_code() for _ in range(RECOVERY_CODES))
        await self._keep(replace(factor, recovery=tuple(digest(plain(code)) for code in codes)))
        return codes

    async def _keep(self, factor: SecondFactor) -> None:
        """Keep it in memory first: while the disk is written, the same code is not good a second time."""
        self._factors[factor.name] = factor
        async with self.engine.begin() as connection:
            await connection.execute(delete(second_factors).where(second_factors.c.name == factor.name))
            await connection.execute(insert(second_factors).values(**asdict(factor)))


def _recovery_code() -> str:
    text = base64.b32encode(secrets.token_bytes(RECOVERY_BYTES)).decode().lower()
    return "-".join(text[start : start + 4] for start in range(0, len(text), 4))
