"""A power switch: a command that is run with `off` or `on` behind it."""

import asyncio
import shlex
from asyncio.subprocess import DEVNULL, PIPE
from dataclasses import dataclass

SWITCHED_S = 30.0


class PowerFailed(Exception):
    """The command did not switch; the text has what it said."""


@dataclass(frozen=True, slots=True)
class PowerCommand:
    """Any switch that a command can switch: a smart plug, a USB hub, a relay of the test bench."""

    command: str

    async def off(self) -> None:
        """Run it with `off`; raises PowerFailed."""
        await self._run("off")

    async def on(self) -> None:
        """Run it with `on`; raises PowerFailed."""
        await self._run("on")

    async def _run(self, word: str) -> None:
        words = [*shlex.split(self.command), word]
        try:
            process = await asyncio.create_subprocess_exec(*words, stdin=DEVNULL, stdout=DEVNULL, stderr=PIPE)
        except OSError as error:
            raise PowerFailed(f"{self.command}: {error}") from error
        try:
            async with asyncio.timeout(SWITCHED_S):
                _, said = await process.communicate()
        except TimeoutError:
            process.kill()
            await process.wait()
            raise PowerFailed(f"{self.command} {word} does not end") from None
        if process.returncode:
            raise PowerFailed(
                f"{self.command} {word}: status {process.returncode}: {said.decode(errors='replace')[-200:]}"
            )
