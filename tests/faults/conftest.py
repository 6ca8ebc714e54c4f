"""Two processes on each database, for all the races that only want them."""

from collections.abc import Iterator

import pytest
from tests.faults.pairs import Pair, full_disc, full_tablespace, two_processes
from tests.support import postgres
from tests.support.databases import BOTH


@pytest.fixture(scope="package", params=BOTH)
def pair(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    home = tmp_path_factory.mktemp("pair")
    if request.param == "sqlite":
        with two_processes(home, f"sqlite:///{home / 'idp.db'}", full_disc) as made:
            yield made
        return
    cluster: postgres.Cluster = request.getfixturevalue("cluster")
    name = cluster.create()
    try:
        with two_processes(home, cluster.url(name), full_tablespace(cluster, name)) as made:
            yield made
    finally:
        cluster.drop(name)
