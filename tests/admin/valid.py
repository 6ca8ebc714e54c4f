"""For each route that tenants or partners may use and that reads a document: one that is taken, with every member that
can name something. `{user}` and its like stand for the caller's own, `{n}` for a name that is used nowhere else."""

from typing import Any

_FORM = {
    "name": "{n}",
    "effect": "step_up",
    "services": ["{service}"],
    "when": {"all": [{"group": {"in": ["{group}"]}}, {"network": {"in": ["{network_name}", "192.0.2.0/24"]}}]},
    "require": ["mfa"],
    "report_only": True,
}
_PERSON = {
    "user_name": "{n}",
    "display_name": "{n}",
    "email": "{n}@aoba.example",
    "affiliation": "employee",
    "password": "correct battery staple",
    "groups": ["{group}"],
    "locale": "ja",
    "claims": {"given_name": "{n}"},
}
_RULE = {"any": [{"affiliation": {"in": ["officer"]}}, {"attribute": {"name": "{attribute}", "equals": "{n}"}}]}
_ATTRIBUTE = {"name": "{n}", "type": "string", "description": "{n}"}
_SERVICE = {
    "name": "{n}",
    "protocol": "oidc",
    "oidc": {
        "redirect_uris": ["https://s.example/{n}"],
        "resources": ["https://api.example/{n}"],
        "scope": "openid {n}",
    },
}
_SAML = {
    "name": "{n}",
    "protocol": "saml",
    "saml": {
        "entity_id": "https://sp.example/{n}",
        "acs": [{"url": "https://sp.example/acs", "binding": "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"}],
        "certificate_switch": {"from": "{kid}", "to": "{kid}"},
    },
}
_FROM_CATALOGUE = {"catalogue": "github_organization", "parameters": {"organization": "o{n}"}, "name": "{n}"}
_SUBJECT = {"subject": {"user": "{user}"}, "service": "{service}", "context": {"ip": "192.0.2.1"}}
_NETWORK = {"name": "{n}", "cidrs": ["192.0.2.0/24"]}
_WEBHOOK = {"name": "{n}", "url": "https://hooks.example/{n}", "events": ["user.*"], "enabled": True}
_KEY = {
    "name": "{n}",
    "permissions": ["users:read"],
    "expires_at": "2027-04-01T00:00:00Z",
    "description": "{n}",
    "networks": ["{network_name}", "192.0.2.0/24"],
}
_ROLE = {"name": "{n}", "description": "{n}", "permissions": ["users:read"]}
_APPLICATION = {
    "product": "ID_PLUS",
    "tenant": "{n}",
    "legal_form": "corporation",
    "legal_name": "{n}",
    "corporate_number": "7000012050002",
    "representative": "{n}",
    "admin_contact": {"name": "{n}", "email": "{n}@aoba.example", "affiliation": "employee"},
    "billing_contact": {"name": "{n}", "email": "{n}@aoba.example"},
    "ids": 5,
    "term_months": 12,
    "start_date": "2026-04-01",
    "auto_renewal": True,
    "partner": "{partner}",
    "plan": "{plan}",
}
_TENANT = "/tenants/{tenant}"

DOCUMENTS: dict[str, tuple[dict[str, Any], ...]] = {
    "POST /applications": (
        _APPLICATION,
        # nobody's present contract can be continued: it is refused alike whosever it is
        {name: value for name, value in _APPLICATION.items() if name != "plan"} | {"continues": "{contract}"},
    ),
    **{f"POST /applications/{{contract}}/{act}": ({"reason": "{n}"},) for act in ("screen", "approve", "withdraw")},
    "POST /applications/{contract}/reject": ({"reason": "{n}"},),
    "PUT /contracts/{contract}/non-renewal": ({"end_date": "2027-03-31", "reason": "{n}"},),
    "POST /contracts/{contract}/stop": ({"stop_date": "2026-09-30", "reason": "{n}"},),
    "POST /contracts/{contract}/ids": ({"ids": 2000, "from": "2026-04-01", "reason": "{n}"},),
    f"PATCH {_TENANT}": (
        {
            "legal_name": "{n}",
            "representative": "{n}",
            "admin_contact": {"name": "{n}", "email": "{n}@aoba.example"},
            "billing_contact": {"name": "{n}", "email": "{n}@aoba.example"},
            "display_name": "{n}",
            "help_text": "{n}",
        },
    ),
    f"PATCH {_TENANT}/settings": ({"appearance": {"display_name": "{n}", "help_text": "{n}"}, "oidc": {}},),
    f"POST {_TENANT}/users": (_PERSON,),
    f"PATCH {_TENANT}/users/{{user}}": (_PERSON,),
    f"POST {_TENANT}/groups": ({"name": "{n}"}, {"name": "{n}", "rule": _RULE}),
    f"POST {_TENANT}/groups/preview": ({"rule": _RULE},),
    f"PATCH {_TENANT}/groups/{{group}}": ({"name": "{n}"},),
    f"POST {_TENANT}/services": (_SERVICE, _SAML, _FROM_CATALOGUE),
    **{
        f"POST {_TENANT}/users/{{user}}/changes{act}": (
            {"at": "2027-04-01", "change": {"display_name": "{n}", "groups": ["{group}"]}, "reason": "{n}"},
        )
        for act in ("", "/preview")
    },
    f"POST {_TENANT}/attributes": (_ATTRIBUTE,),
    f"POST {_TENANT}/attributes/preview": (_ATTRIBUTE,),
    f"PATCH {_TENANT}/attributes/{{attribute}}": ({"description": "{n}"},),
    f"PATCH {_TENANT}/services/{{service}}": (_SERVICE,),
    f"PUT {_TENANT}/services/{{service}}": (_SERVICE,),
    f"POST {_TENANT}/services/{{service}}/secret": ({"overlap_seconds": 60},),
    f"POST {_TENANT}/services/{{service}}/verify": ({"confirm": False},),
    f"POST {_TENANT}/services/{{service}}/certificate": ({"to": "{kid}"},),
    **{f"POST {_TENANT}/services/{{service}}/metadata/{act}": ({"change": "{n}"},) for act in ("accept", "reject")},
    f"POST {_TENANT}/services/{{service}}/users/{{user}}/preview": ({"saml": {"nameid_format": "persistent"}},),
    f"POST {_TENANT}/services/{{service}}/assignments": ({"user": "{user}"}, {"group": "{group}"}),
    f"POST {_TENANT}/policies/simulate": (_SUBJECT | {"policies": [_FORM]},),
    f"POST {_TENANT}/policies/backtest": ({"policies": [_FORM], "from": "2026-03-01T00:00:00Z"},),
    f"POST {_TENANT}/policies": (
        _FORM,
        {"name": "{n}", "text": 'forbid(principal in Group::"{group}", action, resource);'},
    ),
    f"PATCH {_TENANT}/policies/{{policy}}": (_FORM,),
    f"PUT {_TENANT}/policies/{{policy}}": (_FORM,),
    f"POST {_TENANT}/policies/activate": ({"confirm_within_seconds": 600},),
    f"POST {_TENANT}/policies/confirm": ({"activation": "act_none"},),
    f"POST {_TENANT}/networks": (_NETWORK,),
    f"POST {_TENANT}/webhooks": (_WEBHOOK,),
    f"PATCH {_TENANT}/webhooks/{{webhook}}": (_WEBHOOK,),
    f"PATCH {_TENANT}/networks/{{network}}": (_NETWORK,),
    f"POST {_TENANT}/keys/rotate": ({"now": False},),
    f"POST {_TENANT}/keys/{{kid}}/revoke": ({"reason": "{n}"},),
    f"POST {_TENANT}/api-keys": (_KEY,),
    f"POST {_TENANT}/api-keys/{{key}}/rotate": ({"overlap_seconds": 0},),
    f"POST {_TENANT}/support-access": ({"hours": 1, "level": "read", "to": "operator", "reason": "{n}"},),
    f"POST {_TENANT}/roles": (_ROLE,),
    f"PATCH {_TENANT}/roles/{{role}}": (_ROLE,),
    "POST /terms/{version}/comparison": ({"against": "{version}", "wording_rules": [{"from": "a{n}", "to": "b"}]},),
    f"POST {_TENANT}/terms/accept": ({"version": "{version}"},),
    "POST /notices": ({"kind": "other", "title": "{n}", "body": "{n}", "effective_date": "2026-05-01"},),
}
