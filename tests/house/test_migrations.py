"""The schema that migrations make is the one that the code declares, forwards and backwards, with rows in it."""

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, text

from idp import migrate
from idp.schema import metadata
from idp.settings import Settings, load

_CONTRACT = (
    "INSERT INTO contracts (tenant_id, id, slug, product, legal_form, legal_name, ids, term_months, start_date,"
    " auto_renewal, time_zone, created_at, version, changes, status, entered_by, renewals) VALUES ('tnt_1', 'con_1',"
    " 'aoba', 'ID_PLUS', 'corporation', 'A', 5, 12, '2026-04-01', TRUE, 'Asia/Tokyo', 0, 1, 1, 'applied', 'applied', 0)"
)
_APPROVAL = (
    "INSERT INTO approvals VALUES ('platform', 'apv_1', 'tnt_1', 'terminate', 'con_1', 1, 'p', 'o', 'd', 'h', 'k', 0,"
    " 1, 'pending', NULL, NULL)"
)
_COLUMNS = "id, slug, display_name, colour, help_text, time_zone, revision, generation, created_at, logo"
_DEVICE = (
    "INSERT INTO device_codes VALUES ('tnt_1', 'dc1', 'digest', 'mac', 'svc_1', 'openid', 'waiting', 5, NULL, 0,"
    " NULL, NULL, NULL, NULL, NULL, NULL, NULL)"
)
_TENANT = (
    f"INSERT INTO tenants ({_COLUMNS}) VALUES ('tnt_1', 'aoba', 'Aoba', '#3b4cca', '', 'Asia/Tokyo', 1, 1, 0, 'd1')",
    "INSERT INTO logos VALUES ('tnt_1', 'PNG', 0)",
    "INSERT INTO deliveries VALUES ('tnt_1', 'dlv_1', 'user.invited', 'usr_1', '{}', 0, NULL, 0, 0, NULL, NULL, NULL)",
    "INSERT INTO invitations VALUES ('tnt_1', 'inv_1', 'usr_1', 'digest', 0, 0)",
    "INSERT INTO factors VALUES ('tnt_1', 'fct_1', 'usr_1', 'totp', 'sealed', 0, 0, 0)",
    "INSERT INTO signing_keys VALUES ('tnt_1', 'k1', 'id_token', 'ES256', 'active', '{}', 'sealed', 0, 0, NULL, 0)",
    "INSERT INTO signing_keys VALUES ('tnt_1', 'k2', 'id_token', 'ES256', 'next', '{}', 'sealed', 0, NULL, NULL, NULL)",
    "INSERT INTO signing_keys VALUES ('tnt_1', 'k3', 'id_token', 'ES256', 'retiring', '{}', '', 0, 0, 0, 0)",
    _DEVICE,
    "INSERT INTO delegations VALUES ('tnt_1', 't2', 't1', 'k1', 'svc_1', '{}', 0)",
    "INSERT INTO consents VALUES ('tnt_1', 'usr_1', 'svc_1', 'openid', 0, 'https://a')",
    "INSERT INTO pushed_requests VALUES ('tnt_1', '1', 'digest', 'svc_1', 'sealed', 0, 0, NULL)",
    "INSERT INTO client_registrations VALUES ('tnt_1', '1', 'digest', 'svc_1', 0)",
    "INSERT INTO registration_changes VALUES ('tnt_1', 1, 0, 'key_1', 'api', 'sealed')",
    "INSERT INTO erasure_certificates VALUES ('tnt_1', 'con_1', 0, '{}')",
    "INSERT INTO seats VALUES ('tnt_1', 1)",
    _CONTRACT,
    _APPROVAL,
    "INSERT INTO networks VALUES ('tnt_1', 'net_1', 'office', '[]', 1, 0, 0)",
    "INSERT INTO operator_networks VALUES ('net_2', 'site', '[]', 1, 0, 0)",
    "INSERT INTO user_words VALUES ('tnt_1', 'path', 'usr_1')",
    "INSERT INTO groups VALUES ('tnt_1', 'grp_1', 'mac', 'sealed', 1, 0, 0, NULL)",
    "INSERT INTO group_nesting VALUES ('tnt_1', 'grp_2', 'grp_1')",
    "INSERT INTO person_attributes VALUES ('tnt_1', 'number', '{}', 1, 0, 0)",
    "INSERT INTO unique_values VALUES ('tnt_1', 'number', 'mac', 'usr_1')",
    "INSERT INTO planned_changes VALUES ('tnt_1', 'c', 'u', 0, 'enable', 's', 'planned', '{}', NULL, NULL, 0, NULL)",
    "INSERT INTO group_members VALUES ('tnt_1', 'mem_1', 'grp_1', 'user', 'usr_1', 0)",
    "INSERT INTO plans VALUES ('platform', 'pln_1', 'standard', 'ID_PLUS', 300, 'contracted_ids', '0.10', '[]', 0)",
    "INSERT INTO statements VALUES ('tnt_1', 1, '2026-04', NULL, 0, '{}')",
    "INSERT INTO statement_months VALUES ('platform', '2026-04', 0)",
    "INSERT INTO terms_versions VALUES ('1', 'T', '2026-04-01', 0, '[]', 'h', 1, 0, 0)",
    "INSERT INTO notices VALUES ('platform', 'ntc_1', '', '{}', 'h', TRUE, 1, 0)",
    "INSERT INTO receipts VALUES ('tnt_1', '1', 'terms', 'h', 0, 'outbox', 'dlv_1', '', NULL, NULL)",
    "INSERT INTO acceptances VALUES ('tnt_1', '1', 'h', 0, 'key_1')",
    "INSERT INTO application_terms VALUES ('platform', 'con_1', '1', 'h', 0, 'key_1')",
    "INSERT INTO fetched_keys VALUES ('tnt_1', 'svc_1', 'https://rp.example/jwks', '{}', 0, 0)",
    "INSERT INTO logout_requests VALUES ('tnt_1', '_r1', 'int_1', 0, 'svc_1', 0, NULL, FALSE)",
    "INSERT INTO used_proofs VALUES ('tnt_1', 'digest', 0)",
    "INSERT INTO seat_counts VALUES ('tnt_1', 0, 1, 1)",
    "INSERT INTO imports VALUES ('tnt_1', 'imp_1', 'mac', 501, 500, 499, 0, 0, 1, 0, 0)",
    "INSERT INTO import_faults VALUES ('tnt_1', 'imp_1', 7, 'sealed', 0)",
    "INSERT INTO roles VALUES ('tnt_1', 'rol_1', 'Reception', '', 'users:read', 1, 0, 0)",
    "INSERT INTO role_holders VALUES ('tnt_1', 'usr_1', 'rol_1', 'key_1', 0)",
    "INSERT INTO partner_people VALUES ('platform', 'usr_2', 'prt_1', 0)",
    "INSERT INTO account_hands VALUES ('platform', 'usr_2', 'host', 'made', 0)",
    "INSERT INTO support_grants VALUES ('tnt_1', 'sup_1', 'operator', '', 'sealed', 'usr_1', 0, 1, NULL)",
)


def _settings(database_url: str) -> Settings:
    return load(database_url=database_url, environment="test")


def test_migrations_make_the_declared_schema(database_url: str) -> None:
    settings = _settings(database_url)
    migrate.upgrade(settings)
    with migrate.connect(settings) as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_a_database_with_rows_goes_down_and_up_again(database_url: str) -> None:
    settings = _settings(database_url)
    assert migrate.upgrade(settings) == (None, migrate.head())
    with migrate.connect(settings) as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SET LOCAL idp.tenants = '*'"))
        for row in _TENANT:
            connection.execute(text(row))
        connection.commit()
    assert migrate.downgrade(settings, "base") == (migrate.head(), None)
    with migrate.connect(settings) as connection:
        assert inspect(connection).get_table_names() == ["alembic_version"]
    assert migrate.upgrade(settings)[1] == migrate.head()


def test_a_database_at_its_head_is_left_alone(database_url: str) -> None:
    settings = _settings(database_url)
    migrate.upgrade(settings)
    assert migrate.upgrade(settings) == (migrate.head(), migrate.head())


_CONTRACT = (
    "INSERT INTO contracts (tenant_id, id, slug, product, legal_form, legal_name, ids, term_months, start_date,"
    " auto_renewal, time_zone, created_at, version, changes, status, entered_by, renewals)"
    " VALUES ('tnt_1', '{0}', 'aoba', '{0}', 'corporation', 'Aoba', 1, 12, '2026-04-01',"
    " true, 'Asia/Tokyo', 0, 1, 1, '{0}', 'applied', 0)"
)


def test_a_contract_that_ran_before_there_was_a_schedule_is_looked_at(database_url: str) -> None:
    settings = _settings(database_url)
    migrate.upgrade(settings)
    migrate.downgrade(settings, "erasure")
    with migrate.connect(settings) as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SET LOCAL idp.tenants = '*'"))
        connection.execute(text(_TENANT[0]))
        for status in ("active", "ended", "suspended"):
            connection.execute(text(_CONTRACT.format(status)))
        connection.commit()
    migrate.upgrade(settings)
    with migrate.connect(settings) as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SET LOCAL idp.tenants = '*'"))
        found = connection.execute(text("SELECT status, due_at FROM contracts ORDER BY status")).fetchall()
    assert [tuple(row) for row in found] == [("active", 0), ("ended", None), ("suspended", 0)]


def test_what_was_in_the_outbox_before_anybody_sent_it_is_sent(database_url: str) -> None:
    settings = _settings(database_url)
    migrate.upgrade(settings)
    migrate.downgrade(settings, "decisions")
    with migrate.connect(settings) as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SET LOCAL idp.tenants = '*'"))
        connection.execute(text(_TENANT[0]))
        for name, at in (("dlv_1", "NULL"), ("dlv_2", "7")):
            row = f"INSERT INTO deliveries VALUES ('tnt_1', '{name}', 'contract.stopped', 'tenant', '{{}}', 0, {at}, 0)"
            connection.execute(text(row))
        connection.commit()
    migrate.upgrade(settings)
    with migrate.connect(settings) as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SET LOCAL idp.tenants = '*'"))
        found = connection.execute(text("SELECT id, next_at FROM deliveries ORDER BY id")).fetchall()
    assert [tuple(row) for row in found] == [("dlv_1", 0), ("dlv_2", None)]
