"""The product's schema, laid once in a run for each database and copied for each test."""

import importlib
import shutil
from pathlib import Path

from sqlalchemy import create_engine, insert, make_url
from tests.support.postgres import Cluster, locked
from tests.support.tree import PACKAGE

from idp.kit.db import metadata
from idp.kit.sealing import PLATFORM

_TEMPLATE = "idp_template"


def lay(url: str) -> None:
    """Every table that a room declares, and the row of the platform, in the empty database at `url`."""
    rooms = [path.parent.name for path in PACKAGE.glob("*/tables.py")]
    tables = {room: importlib.import_module(f"idp.{room}.tables") for room in rooms}
    engine = create_engine(make_url(url).set(drivername="sqlite" if url.startswith("sqlite") else "postgresql+psycopg"))
    with engine.begin() as connection:
        metadata.create_all(connection)
        connection.execute(insert(tables["tenants"].tenants).values(_PLATFORM_ROW))
    engine.dispose()


_PLATFORM_ROW = {
    "id": PLATFORM,
    "slug": "-",
    "display_name": "Warifu",
    "colour": "#3b49c8",
    "help_text": "",
    "time_zone": "Asia/Tokyo",
    "revision": 1,
    "generation": 1,
    "created_at": 0,
}


def copy_to(path: Path, *, home: Path) -> None:
    """A SQLite file with the schema at `path`."""
    template = home / "template.db"
    with locked(home / "template.db.lock"):
        if not template.exists():
            building = home / "building.db"
            lay(f"sqlite:///{building}")
            building.rename(template)
    shutil.copyfile(template, path)


def create_in(cluster: Cluster, *, home: Path) -> str:
    """The name of a new PostgreSQL database with the schema."""
    laid = home / "template.laid"
    with locked(home / "template.lock"):
        if not laid.exists():
            cluster.create(name=_TEMPLATE)
            lay(cluster.url(_TEMPLATE))
            laid.touch()
    return cluster.create(template=_TEMPLATE)
