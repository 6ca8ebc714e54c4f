"""Every page of every list comes in time, however many there are of everything, and costs the worker no memory."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx2
import pytest
from tests.scale.filling import SMALL, Filled, Size, fill
from tests.scale.walking import PROMISED, Walk
from tests.support.installation import Installation, Program, free_port, serve
from tests.support.processes import tree

from idp import settings

# `make scale`: 2,000 tenants with a million IDs.
SIZE = Size(
    tenants=int(os.environ.get("TENANTS", "20")),
    ids=int(os.environ.get("IDS", "2000")),
    rows=int(os.environ.get("ROWS", "40")),
    named=int(os.environ.get("NAMED", "10")),
)
KEPT = os.environ.get("SCALE_HOME", "")  # a directory to keep, and to find again
KEPT_DATABASE = os.environ.get("SCALE_DATABASE", "")
MEGABYTES = 48  # that a worker may grow by while everything is asked of it

pytestmark = [pytest.mark.slow, pytest.mark.timeout(7200)]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return Path(KEPT) if KEPT else tmp_path / "home"


@pytest.fixture
def url(installed_url: str) -> str:
    return KEPT_DATABASE or installed_url


@pytest.fixture
def left(home: Path, url: str) -> Installation:
    """As a demonstration leaves one that was ended."""
    port = free_port()
    wanted = {
        "IDP_DATA_DIR": str(home),
        "IDP_DATABASE_URL": url,
        "IDP_BASE_URL": f"http://127.0.0.1:{port}",
        "IDP_ENVIRONMENT": "test",
        "IDP_RATE_LIMITS": "observe",
        "IDP_LOG_LEVEL": "warning",
    }
    return Installation(port, home, "", wanted, None)  # type: ignore[arg-type]


@pytest.fixture
def filled(left: Installation) -> Filled:
    wanted = {name.removeprefix("IDP_").lower(): value for name, value in left.settings.items()}
    return fill(settings.load(**wanted), SIZE)


def resident(program: Program) -> int:
    """Megabytes, of the workers and whoever keeps them."""
    total = 0
    for pid in tree(program.pid):
        status = Path(f"/proc/{pid}/status").read_text()
        total += int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS")))
    return total // 1024


@pytest.fixture
def served(left: Installation, filled: Filled) -> Iterator[Installation]:
    with serve(left) as running:
        yield running


def names_of(walker: httpx2.Client, tenant: str) -> dict[str, str]:
    """One of everything that stands in the path of a list: the first that has something in it."""

    def first(where: str, name: str = "id") -> str:
        reply = walker.get(f"{where}?limit=1")
        assert reply.status_code == 200, (where, reply.text)
        items = reply.json()["items"]
        return str(items[0][name]) if items else "none"

    below = f"/api/v1/tenants/{tenant}"
    found = {"tenant": tenant, "contract": first("/api/v1/contracts")}
    for name in ("user", "group", "service"):
        found[name] = first(f"{below}/{name}s")
    listed = walker.get("/api/v1/partners?limit=1")
    ours = {}
    if listed.status_code == 200:
        ours = {f"system {name}": first(f"/api/v1/system/{name}s") for name in ("user", "service")}
    return {**found, **ours, "partner": listed.json()["items"][0]["id"] if listed.status_code == 200 else "none"}


def test_every_page_comes_in_time_and_costs_no_memory(served: Installation, filled: Filled) -> None:
    base = f"http://127.0.0.1:{served.port}"
    description = httpx2.get(f"{base}/api/openapi.json", trust_env=False).json()
    callers = ((filled.operator, "aoba"), (filled.large, "aoba"), (filled.small, SMALL), (filled.partner, "aoba"))
    with ExitStack() as clients:
        walks = []
        for bearer, tenant in callers:
            headers = {"authorization": f"Bearer {bearer}"}
            with httpx2.Client(base_url=base, headers=headers, trust_env=False) as client:
                names = names_of(client, tenant)
            walks.append(clients.enter_context(Walk(base, bearer, names, description)))
        walks[0].go()  # what is compiled and remembered once
        before = resident(served.program)
        for walk in walks:
            walk.took.clear()
            walk.go()
        after = resident(served.program)
    told(walks)
    print(f"resident: {before} MB before, {after} MB after")
    assert walks[0].unwalked == []
    assert set(walks[0].took) == {path for path, _ in walks[0].lists()}
    late = [one for walk in walks for pages in walk.took.values() for one in pages if one[0] >= PROMISED]
    assert sorted(late, reverse=True) == []
    assert after - before < MEGABYTES


def told(walks: list[Walk]) -> None:
    for walk in walks:
        for path, pages in sorted(walk.took.items()):
            took = sorted(spent for spent, _ in pages)
            worst = max(pages)
            p95 = took[int(len(took) * 0.95)]
            figures = f"p95 {p95 * 1000:6.1f} ms  worst {worst[0] * 1000:6.1f} ms"
            print(f"{path.removeprefix('/api/v1'):50} {len(pages):5} pages  {figures}  {worst[1]}")
