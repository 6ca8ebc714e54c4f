"""Two tenants' notes: a table of the tests' own, so that the kit is tested without any room."""

from typing import NamedTuple

from sqlalchemy import (
    Column,
    Integer,
    MetaData,
    Table,
    Text,
    bindparam,
    create_engine,
    insert,
    make_url,
    select,
    update,
)

from idp.kit.db import add_new, addition, command, own, query, tenant_id
from idp.kit.ids import TenantId
from idp.kit.postgres import ROLE

AOBA = TenantId("tnt_aoba")
MIDORI = TenantId("tnt_midori")

metadata = MetaData()
tenants = Table("tenants", metadata, Column("id", Text, primary_key=True), Column("slug", Text))
notes = Table(
    "notes",
    metadata,
    tenant_id(),
    Column("id", Text, primary_key=True),
    Column("text", Text, nullable=False),
    Column("number", Integer),
)


class Note(NamedTuple):
    id: str
    text: str


class Seen(NamedTuple):
    tenant_id: str
    id: str


class NewNote(NamedTuple):
    id: str
    text: str
    number: int | None


APPEND = addition(notes, NewNote)
ADD = command(insert(notes))
ADD_NEW = add_new(notes)
FIND = query(select(notes.c.id, notes.c.text).where(own(notes), notes.c.id == bindparam("id")), Note)
ALL = query(select(notes.c.id, notes.c.text).where(own(notes)).order_by(notes.c.id), Note)
ANY = query(select(notes.c.id, notes.c.text).where(own(notes)).order_by(notes.c.id).limit(1), Note)
RENUMBER = query(
    update(notes).where(own(notes)).values(number=bindparam("new")).returning(notes.c.id, notes.c.text), Note
)
REWRITE = command(update(notes).where(own(notes), notes.c.id == bindparam("note")).values(text=bindparam("new")))
RENAME = command(update(tenants).where(tenants.c.id == bindparam("tenant_id")).values(slug=bindparam("new")))
EVERYBODYS = query(select(notes.c.tenant_id, notes.c.id).order_by(notes.c.tenant_id, notes.c.id), Seen, platform=True)


def lay(url: str) -> None:
    engine = create_engine(make_url(url).set(drivername="sqlite" if url.startswith("sqlite") else "postgresql+psycopg"))
    with engine.begin() as connection:
        metadata.create_all(connection)
        connection.execute(insert(tenants), [{"id": AOBA, "slug": "aoba"}, {"id": MIDORI, "slug": "midori"}])
        if connection.dialect.name == "postgresql":  # what transactions run as
            connection.exec_driver_sql(f"GRANT SELECT, INSERT, UPDATE, DELETE ON notes, tenants TO {ROLE}")
    engine.dispose()
