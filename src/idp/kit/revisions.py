"""The revision of the schema that a database is at."""

from idp.kit.units import Unit


def schema_revision(unit: Unit) -> str:
    row = unit.lane.execute("SELECT version_num FROM alembic_version", {}).fetchone()
    return str(row[0])
