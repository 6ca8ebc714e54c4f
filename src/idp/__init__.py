"""Warifu: an OpenID Connect and SAML identity provider whose every token is only as good as the contract behind it.

The floors, top to bottom; imports go down only and names on one floor never import each other
(kept by import-linter, run by `tests/house`):

    cli | samples                                         operators' terminal | outside programs, over HTTP only
    main | migrate                                        composition root: settings in, one app out | schema changes
    settings | schema                                     every knob | all tables, for alembic
    oidc | saml | admin | signin | portal | apply | authzen | schedule | mail   DOORS: a protocol, or time, and no more
    configurations | conversions                          tenants' settings as a file | other providers' files as ours
    web                                                   the hallway: cookies, csrf, tenant from URL, templates, limits
    access                                                THE GATE: may this subject use this service now?
    backup                                                everything written to a file, and put back behind a fence
    billing | custody | erasure | imports | planning | webhooks
    contracts | sessions | terms                          ROOMS
    federation | credentials | partners | plans | approvals | support
    users
    tenants
    xml                                                   documents as SAML needs them: read, signed, verified
    audit | signing | delivery                            written by all / used by all / sent after commit
    kit                                                   unit, db, clock, ids, errors: knows nothing of identity
"""

__version__ = "0.1.0"
