"""The floor that knows nothing of identity: units of work, databases, sealing, time, ids, errors.

One way to reach the database, for hot and cold paths alike: SQLAlchemy Core statements, compiled once per dialect
and run on the raw driver through a `Unit`. There is no ORM: a second mapping beside the statements of the hot path
would be two truths about one row. Types are those on which both raw drivers agree (text, integers, booleans, bytes):
instants are microseconds since the epoch, contract dates ISO text, structures JSON text.

Every statement on a tenant's table filters by `tenant_id`, which the unit fills in; one that does not is refused when
it is compiled, before it can run.
"""
