"""Both databases. A test that takes one of the fixtures below runs once on each, on a database of its own.

`database_url` is empty; `installed_url` has the schema.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support import postgres, schema
from tests.support.pool import Pool

BOTH = ["sqlite", "postgresql"]


@pytest.fixture(scope="session")
def cluster(run_home: Path, request: pytest.FixtureRequest) -> postgres.Cluster:
    worker_input = getattr(request.config, "workerinput", {"workerid": "main"})
    return postgres.join(run_home, member=worker_input["workerid"])


@pytest.fixture(params=BOTH)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'idp.db'}"
        return
    cluster: postgres.Cluster = request.getfixturevalue("cluster")
    name = cluster.create()
    yield cluster.url(name)
    cluster.drop(name)


@pytest.fixture(scope="session")
def installed(cluster: postgres.Cluster, run_home: Path) -> Pool:
    return Pool(cluster, schema.template_in(cluster, home=run_home))


@pytest.fixture(params=BOTH)
def installed_url(request: pytest.FixtureRequest, tmp_path: Path, run_home: Path) -> Iterator[str]:
    if request.param == "sqlite":
        schema.copy_to(tmp_path / "idp.db", home=run_home)
        yield f"sqlite:///{tmp_path / 'idp.db'}"
        return
    installed: Pool = request.getfixturevalue("installed")
    with installed.lend() as url:
        yield url
