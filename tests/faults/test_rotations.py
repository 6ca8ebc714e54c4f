"""Keys are rotated while tokens are issued; who verifies them keeps the published keys, and asks again for an unknown
one alone. `ROTATIONS` says how often (`make rotations`: sixty times)."""

import asyncio
import os
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest
from tests.support.installation import Installation, demo
from tests.support.relying import Relying, Request
from tests.support.wire import Line

from idp import signing
from idp.signing import PublicKey

ROTATIONS = int(os.environ.get("ROTATIONS", "4"))
ALGS = ("ES256", "EdDSA", "RS256")
LINES = 2
BETWEEN = 0.1


@dataclass
class Verifier:
    """A resource server with a cache of its own: it fetches keys when it meets an unknown one, and never otherwise."""

    line: Line
    jwks: str
    keys: dict[str, PublicKey] = field(default_factory=dict)
    verified: int = 0
    fetched: int = 0

    async def check(self, token: str) -> None:
        kid = signing.key_id(token)
        if kid not in self.keys:
            answer = await self.line.send(Request("GET", self.jwks))
            assert answer.status == 200
            assert "max-age=" in answer.headers["cache-control"]
            self.keys = {key.kid: key for key in signing.read_jwks(answer.json())}
            self.fetched += 1
        signing.verify(token, [self.keys[str(kid)]], typ="at+jwt")
        self.verified += 1


@dataclass
class Load:
    installation: Installation
    services: list[Relying]
    verifiers: list[Verifier] = field(default_factory=list)
    done: bool = False

    async def keep_asking(self, service: Relying) -> None:
        here = self.installation
        host = here.base_url.partition("://")[2]
        async with Line(here.port, host) as line, Line(here.port, host) as fetching:
            verifier = Verifier(fetching, urlsplit(here.issuer).path + "/jwks")
            self.verifiers.append(verifier)
            while not self.done:
                answer = await line.send(service.client_credentials())
                assert answer.status == 200, answer
                await verifier.check(answer.json()["access_token"])

    async def rotate(self) -> None:
        while not all(verifier.verified for verifier in self.verifiers) or len(self.verifiers) < len(ALGS) * LINES:
            await asyncio.sleep(BETWEEN)  # keys are made when they are first needed
        for _ in range(ROTATIONS):
            reply = await asyncio.to_thread(self.installation.call, "POST", "/tenants/aoba/keys/rotate", {"now": True})
            assert reply.status == 200, reply
            await asyncio.sleep(BETWEEN)
        self.done = True

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            for service in self.services:
                for _ in range(LINES):
                    group.create_task(self.keep_asking(service))
            group.create_task(self.rotate())


@pytest.mark.meets("K3")
@pytest.mark.attack("J15")
@pytest.mark.slow
def test_no_honest_verifier_ever_meets_a_token_that_it_cannot_verify(tmp_path: Path) -> None:
    with demo(tmp_path / "demo", workers=2) as installation:
        url = f"http://127.0.0.1:{installation.port}/t/aoba/.well-known/openid-configuration"
        host = {"host": installation.base_url.partition("://")[2]}
        metadata = httpx2.get(url, headers=host, trust_env=False).json()
        services = []
        for alg in ALGS:
            registered = installation.add_service(
                alg,
                grant_types=["client_credentials"],
                access_token_signed_response_alg=alg,
                scope="api",
            )
            services.append(Relying.of(installation.issuer, metadata, registered, ""))
        load = Load(installation, services)
        asyncio.run(load.run())
    verified = sum(verifier.verified for verifier in load.verifiers)
    fetched = [verifier.fetched for verifier in load.verifiers]
    print(f"{ROTATIONS} rotations, {verified} verifications, {sum(fetched)} fetches of keys: none failed")
    assert verified > ROTATIONS * len(fetched)
    assert all(1 < times <= ROTATIONS + 1 for times in fetched), fetched
