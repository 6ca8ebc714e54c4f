"""The product's schema, laid once in a run for each database and copied for each test."""

import shutil
from pathlib import Path

from tests.support.postgres import Cluster, locked

from idp import migrate, settings

_TEMPLATE = "idp_template"


def lay(url: str) -> None:
    """By the migrations, as every installation gets it: with the walls between tenants on PostgreSQL."""
    migrate.upgrade(settings.load(database_url=url, environment="test"))


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
    return cluster.create(template=template_in(cluster, home=home))


def template_in(cluster: Cluster, *, home: Path) -> str:
    """The name of a PostgreSQL database with the schema, to which nobody may connect: it is there to be copied."""
    laid = home / "template.laid"
    with locked(home / "template.lock"):
        if not laid.exists():
            cluster.create(name=_TEMPLATE)
            lay(cluster.url(_TEMPLATE))
            laid.touch()
    return _TEMPLATE
