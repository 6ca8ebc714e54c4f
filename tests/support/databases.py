"""Both databases. A test that takes `database_url` runs once on each, always on an empty database of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support import postgres

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
