"""A hub whose people may come in by a provider: somebody else's real one, or a scripted one that does wrong."""

import asyncio
import json
import shutil
import time
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import pytest_asyncio

from labkeeper_hub.accounts import open_accounts
from labkeeper_hub.accounts.staff import Staff, open_staff
from labkeeper_hub.api import build_app
from labkeeper_hub.audit import Audit, open_audit
from labkeeper_hub.oidc.desk import OidcDesk
from labkeeper_hub.oidc.opening import open_oidc
from labkeeper_hub.oidc.settings import OidcSettings
from labkeeper_hub.registry.database import open_database
from labkeeper_hub.vault import open_vault
from labkeeper_sdk.testing import free_port

from ..api.conftest import Hands, _serving  # noqa: TID252 - tests are not packages, so nothing absolute leads there
from ..api.doubles import SmallHub  # noqa: TID252 - same

SECRET = "the client's secret: +/&"
PASSWORD = "three oxen under plum"
ENTER = "/api/v1/session/oidc"
TEACHER = {"role": "teacher", "school": "demo", "lab": "lab-301"}
ROLES = ({"claim": "groups", "value": "teacher", "role": "teacher", "school": "demo"},)


@dataclass
class School:
    """A running hub that knows a provider, and the provider's address."""

    url: str
    issuer: str
    owner_secret: str
    desk: OidcDesk
    staff: Staff
    audit: Audit
    hands: Hands
    data: Path

    def browser(self) -> httpx.AsyncClient:
        """Return somebody's browser: it keeps cookies and follows nothing by itself."""
        return httpx.AsyncClient(base_url=self.url, timeout=30, headers={"Origin": self.url})

    def owner(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            base_url=self.url, timeout=30, headers={"Authorization": f"Bearer {self.owner_secret}"}
        )

    async def noted(self, what: str) -> list[tuple[str, str]]:
        """Return who did this, and with what result, as the record has it."""
        await self.audit.save()
        lines = [json.loads(line) for line in (self.data / "audit.jsonl").read_text("utf-8").splitlines()]
        return [(line["who"], line["result"]) for line in lines if line["what"] == what]

    async def counted(self, outcome: str) -> float:
        async with self.owner() as owner:
            text = (await owner.get("/metrics")).text
        (line,) = [
            row for row in text.splitlines() if row.startswith(f'labkeeper_oidc_attempts_total{{outcome="{outcome}"')
        ]
        return float(line.rpartition(" ")[2])


@asynccontextmanager
async def open_school(folder: Path, issuer: str, port: int, **more: Any) -> AsyncIterator[School]:  # noqa: ANN401 - settings
    """Run a hub at 127.0.0.1, by a clock that stands still unless a test moves it."""
    url, hub, hands = f"http://127.0.0.1:{port}", SmallHub(data=folder), Hands(time.time())
    secret = folder / "client-secret"
    secret.write_text(SECRET + "\n", encoding="utf-8")
    settings = OidcSettings(issuer=issuer, client_id="labkeeper", client_secret_file=secret, hub_url=url, **more)
    clocks = hands.clocks()
    async with hub, open_database(f"sqlite+aiosqlite:///{folder / 'registry.sqlite'}") as engine:
        staff = await open_staff(engine, clocks.now_ms, open_vault(folder))
        async with (
            open_audit(folder, clocks.now_ms) as audit,
            open_accounts(folder, clocks, staff) as accounts,
            open_oidc(settings, accounts, staff, audit) as desk,
        ):
            assert desk is not None
            app = build_app(hub.parts(data=folder), accounts, audit, desk)
            async with _serving(app, port):
                yield School(url, issuer, accounts.new_secret or "", desk, staff, audit, hands, folder)


@asynccontextmanager
async def open_provider(issuer: str, hub_url: str, kid: str = "k1", *, in_token: bool = False) -> AsyncIterator[None]:
    """Run panva's oidc-provider; each start makes its keys anew."""
    if shutil.which("node") is None or not (Path(__file__).parents[3] / "node_modules/oidc-provider").is_dir():
        pytest.skip("needs node and npm ci")
    told = {
        "issuer": issuer,
        "callback": f"{hub_url}{ENTER}/callback",
        "left": f"{hub_url}{ENTER}/left",
        "ended": f"{hub_url}{ENTER}/back-channel-logout",
        "kid": kid,
        "claimsInToken": in_token,
    }
    script = str(Path(__file__).parent / "provider.mjs")
    process = await asyncio.create_subprocess_exec("node", script, json.dumps(told), stdout=PIPE)
    try:
        assert process.stdout is not None
        async with asyncio.timeout(60):
            while (line := await process.stdout.readline()) != b"ready\n":
                assert line, "the provider ended"
        yield
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def there(browser: httpx.AsyncClient, address: str, login: str, stop: str = ENTER) -> str:
    """Go to the provider, sign in as `login`, and return the address it sends the browser back to."""
    answer = await browser.get(address)
    while stop not in (onward := answer.headers.get("location", "")):
        if answer.is_redirect:
            answer = await browser.get(httpx.URL(address).join(onward))
            continue
        assert answer.status_code == 200, answer.text
        answer = await browser.post(answer.url, data={"login": login})
    return str(onward)


async def begin(browser: httpx.AsyncClient, back: str = "#/alarms") -> str:
    """Press the button; return where the browser is sent."""
    answer = await browser.post(ENTER, json={"back": back})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["address"])


async def come_in(browser: httpx.AsyncClient, login: str) -> str:
    """Sign in by the provider; return where in the page one arrives."""
    onward = await there(browser, await begin(browser), login)
    return str((await browser.get(onward)).headers["location"])


def query_of(address: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


@dataclass(frozen=True)
class Places:
    """Where the hub of a module's tests and its provider are: `localhost` is another site than 127.0.0.1."""

    hub_port: int
    issuer: str

    @property
    def hub_url(self) -> str:
        return f"http://127.0.0.1:{self.hub_port}"

    def school(self, folder: Path, **more: Any) -> AbstractAsyncContextManager[School]:  # noqa: ANN401 - settings
        return open_school(folder, self.issuer, self.hub_port, **more)


@pytest.fixture(scope="module")
def places() -> Places:
    return Places(free_port(), f"http://localhost:{free_port()}")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def provided(places: Places) -> AsyncIterator[Places]:
    """One real provider for all tests of a module: it takes seconds to start."""
    async with open_provider(places.issuer, places.hub_url):
        yield places
