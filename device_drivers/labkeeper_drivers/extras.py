"""Libraries a driver needs and a Pi may lack: imported at the first connection, in a thread, missed with advice."""

import asyncio
from importlib import import_module

from labkeeper_sdk import BadConfiguration


async def need(extra: str, *modules: str) -> None:
    """Import these modules without holding up the loop; raises BadConfiguration naming the extra that has them."""
    for module in modules:
        try:
            await asyncio.to_thread(import_module, module)
        except ImportError as error:
            advice = f"pip install 'labkeeper[{extra}]'"
            raise BadConfiguration("driver", f"needs {error.name or module}, which is not here: {advice}") from error
