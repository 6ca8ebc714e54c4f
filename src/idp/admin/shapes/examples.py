"""What the description shows of documents: whole ones where members belong together, and words for members by name.

Whatever is not named here is made from the schema itself: see `idp.admin.examples`. Nobody in them exists.
"""

from collections.abc import Mapping
from typing import Any

_MINTED = "01a204235eaa6e6e41fb718ebe115efb"


def minted(kind: str) -> str:
    """An id, or a reference, as they look."""
    return f"{kind}_{_MINTED}"


_FORM = {
    "name": "No nights",
    "effect": "deny",
    "services": ["*"],
    "when": {"all": [{"affiliation": {"in": ["dispatched"]}}, {"not": {"network": {"in": ["head office"]}}}]},
}
_SUBJECT = {"user": minted("usr")}
_CONTEXT = {"ip": "203.0.113.7", "authentication": {"methods": ["pwd"], "age_seconds": 5}}
_RULES = [{"id": minted("pol"), "name": "No nights", "effect": "deny", "result": "match", "report_only": False}]
_SENTENCE = {
    "code": "policy_denied",
    "ja": "規則により利用できません。",
    "en": "The rules of your organisation forbid this.",
}
_PERSON = {"name": "山田 太郎", "email": "taro@kaede.example"}
_ARTICLES = [{"article": "第7条", "provisions": [{"number": "3", "text": "IDを第三者に利用させてはなりません。"}]}]
_CERTIFICATE = "MIIC…"

_RULE = {
    "id": minted("pol"),
    "source": "form",
    **_FORM,
    "report_only": False,
    "text": 'forbid (principal, action, resource) when { context.affiliation == "dispatched" };',
}
_CLIENT = {
    "client_id": minted("cli"),
    "client_id_issued_at": 1795365648,
    "redirect_uris": ["https://tana.example/callback"],
    "token_endpoint_auth_method": "client_secret_basic",
    "grant_types": ["authorization_code", "refresh_token"],
    "response_types": ["code"],
    "scope": "openid profile email address phone offline_access",
    "security_profile": "modern",
}

WHOLE: Mapping[str, Any] = {
    "Accept": {"version": "2026-10"},
    "AdminContact": {**_PERSON, "affiliation": "officer"},
    "Backtest": {"policies": [_FORM], "from": "2026-11-01T00:00:00Z"},
    "BillingContact": {"name": "経理部", "email": "billing@kaede.example"},
    "BothLanguages": {"en": "Your workspace", "ja": "ワークスペース"},
    "ChangeIds": {"ids": 120, "from": "2026-10-01"},
    "Compare": {"against": "2025-04", "wording_rules": [{"from": "使用", "to": "利用"}]},
    "Decision": {"digest": "5f0c" * 16},
    "FieldProblem": {
        "pointer": "/oidc/redirect_uris/0",
        "code": "invalid_format",
        "detail": "http is for loopback addresses only.",
        "found": "http://tana.example/callback",
        "expected": "https",
    },
    "MetadataDecision": {"change": "5f0c2a"},
    "NewApplication": {
        "product": "ID_PLUS",
        "tenant": "kaede",
        "legal_form": "corporation",
        "legal_name": "株式会社かえで",
        "corporate_number": "7000012050002",
        "representative": "楓 花子",
        "admin_contact": {**_PERSON, "affiliation": "officer"},
        "billing_contact": {"name": "経理部", "email": "billing@kaede.example"},
        "ids": 50,
        "term_months": 12,
        "start_date": "2026-04-01",
        "auto_renewal": True,
        "plan": "standard",
    },
    "NewAssignment": {"user": minted("usr")},
    "NewKey": {"name": "HR system", "permissions": ["users:read", "users:write"], "expires_at": "2027-04-01T00:00:00Z"},
    "NewOperatorKey": {"name": "Backup", "permissions": ["*:read"]},
    "NewPolicy": _FORM,
    "NewService": {
        "name": "Tana",
        "protocol": "oidc",
        "assignment_required": False,
        "oidc": {
            "redirect_uris": ["https://tana.example/callback"],
            "grant_types": ["authorization_code", "refresh_token"],
        },
    },
    "NewTerms": {"version": "2026-10", "title": "利用規約", "effective_date": "2026-10-01", "articles": _ARTICLES},
    "NewUser": {
        "user_name": "ume@kaede.example",
        "display_name": "青葉 梅子",
        "email": "ume@kaede.example",
        "affiliation": "employee",
        "locale": "ja",
        "claims": {"given_name": "梅子", "family_name": "青葉"},
    },
    "PartnerChange": {"name": "さくら販売株式会社"},
    "PolicyChange": {"report_only": True},
    "PreviewAsked": {"saml": {"nameid_format": "persistent"}},
    "Publish": {"against": "2025-04", "wording_rules": [{"from": "使用", "to": "利用"}]},
    "ServiceChange": {"name": "Tana 2", "oidc": {"redirect_uris": ["https://tana.example/callback"]}},
    "SettingsChange": {"oidc": {"dynamic_registration": True}},
    "Simulate": {"subject": _SUBJECT, "service": minted("svc"), "context": _CONTEXT, "policies": [_FORM]},
    "TenantChange": {"display_name": "かえで", "help_text": "ヘルプデスク 03-0000-0000"},
    "TermsChange": {"title": "利用規約", "articles": _ARTICLES},
    "UserChange": {"display_name": "青葉 梅", "locale": "en"},
    "GroupChange": {"name": "Sales, Tokyo"},
    "NetworkChange": {"cidrs": ["203.0.113.0/24", "2001:db8::/32"]},
    "CertificateChange": {"at": "2026-12-01T00:00:00+09:00"},
    "OidcClient": _CLIENT,
    "StepResult": {"step": "signature", "result": "passed"},
    "Sentence": _SENTENCE,
    "Simulated": {"decision": "deny", "missing": [], "rules": _RULES, "reason": _SENTENCE},
    "RuleInForce": _RULE,
}
"""By the names of the models."""

PARTS: Mapping[str, Mapping[str, Any]] = {
    "AddOn": {"name": "Support", "price_per_month": 5000},
    "Application": {
        "name": "Slack",
        "protocol": "saml",
        "documentation": "https://slack.example/help/saml",
        "sources": ["https://slack.example/help/saml"],
    },
    "Assignment": {"group": None},
    "Backtested": {
        "evaluated": 1840,
        "newly_denied": 2,
        "newly_permitted": 0,
        "newly_step_up": 31,
        "users": [minted("usr")],
    },
    "CatalogueParameter": {"pattern": "^[a-z0-9-]+$", "example": "kaede"},
    "Change": {"event": "suspended", "from": "active", "to": "suspended", "actor": "operator", "reason": "Unpaid"},
    "ComparisonRow": {"before": "使用", "after": "利用", "change": "wording_only", "number": "3"},
    "Contract": {
        "status": "active",
        "term": {"number": 1, "start_date": "2026-04-01", "end_date": "2027-03-31"},
        "last_day_to_ask": "2027-02-28",
        "next_possible_end_date": "2027-03-31",
        "established_at": "2026-03-20T02:00:00Z",
        "auto_renewal": True,
        "ids_used": 12,
        "id_changes": [],
        "accepted_terms": "2026-10",
    },
    "Delivery": {
        "event": "contract.reminder",
        "receiver": "administrators",
        "status": "delivered",
        "delivered_at": "2026-04-01T00:00:01Z",
    },
    "Entry": {
        "chain": minted("tnt"),
        "event": "user.disabled",
        "actor": {"kind": "tenant", "id": minted("key")},
        "source": "api",
    },
    "Explanation": {"decision": "deny", "reason": _SENTENCE, "missing": [], "rules": _RULES, "moment": "authorization"},
    "FieldChange": {"field": "legal_name", "from": "かえで株式会社", "to": "株式会社かえで"},
    "Group": {"name": "Sales"},
    "ImportFault": {
        "line": 3,
        "column": "affiliation",
        "code": "unknown_value",
        "detail": "This value is not known.",
        "found": "guest",
        "expected": ["officer", "employee", "dispatched"],
    },
    "ImportReport": {"key": "user_name", "rows": 2, "created": 1, "changed": 0, "unchanged": 0, "failed": 1},
    "InForce": {"activated_at": "2026-04-01T00:00:00Z", "confirmed_at": "2026-04-01T00:03:00Z"},
    "Key": {"name": "HR system"},
    "MadeKey": {"name": "HR system"},
    "MadeOperatorKey": {"name": "Backup"},
    "MetadataState": {"failures": 0},
    "NewGroup": {"name": "Sales"},
    "NewPartner": {"name": "さくら販売株式会社"},
    "NoticeReceived": {
        "channel": "letter",
        "delivery": minted("dlv"),
        "kind": "maintenance",
        "effective_date": "2026-12-20",
    },
    "OwnIdentity": {"entity_id": "https://id.example.com/t/kaede/saml/metadata", "scopes": ["kaede.example"]},
    "PermissionShown": {"noun": "users", "verb": "read", "routes": ["GET /tenants/{tenant}/users"]},
    "Remedy": {"fact": "network", "from": "203.0.113.7", "to": "head office"},
    "Notice": {"kind": "maintenance", "effective_date": "2026-12-20"},
    "NewNotice": {"kind": "maintenance", "effective_date": "2026-12-20"},
    "OperatorKey": {"name": "Backup"},
    "Partner": {"name": "さくら販売株式会社"},
    "PastDecision": {"decision": "deny", "missing": [], "reason": _SENTENCE, "moment": "authorization"},
    "PlannedChange": {"id": minted("chg"), "planned_by": minted("key"), "status": "planned", "failure": None},
    "Plan": {"name": "standard", "price_per_id": 300, "add_ons": []},
    "PreviewedAttribute": {
        "name": "urn:oid:0.9.2342.19200300.100.1.3",
        "format": "urn:oasis:names:tc:SAML:2.0:attrname-format:uri",
        "friendly_name": "mail",
        "values": ["ume@kaede.example"],
    },
    "PreviewedName": {"format": "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"},
    "Policy": _RULE,
    "Proposed": {"act": "terminate"},
    "Refresh": {"dry_run": True, "differences": []},
    "RegistrationChange": {"actor": "tenant"},
    "Service": {"warnings": [], "oidc": _CLIENT},
    "SetupField": {"field": "SAML 2.0 Endpoint", "value": "https://id.example.com/t/kaede/saml/sso"},
    "SigningKey": {"status": "active", "activated_at": "2026-04-01T00:00:00Z"},
    "Statement": {
        "month": "2026-10",
        "issuer": "株式会社うんえい",
        "addressee": "株式会社かえで",
        "subtotal": 15000,
        "total": 16500,
    },
    "StatementLine": {"description": "ID_PLUS", "unit_price": 300, "quantity": 50, "amount": 15000},
    "StatementTax": {"rate": "0.10", "base": 15000, "tax": 1500},
    "System": {"base_url": "https://id.example.com", "schema": "responses", "now": "2026-04-01T00:00:00.000000Z"},
    "Tenant": {"display_name": "かえで", "contract_status": "active"},
    "Terms": {"title": "利用規約", "articles": _ARTICLES},
    "TermsInBrief": {"title": "利用規約"},
    "TermsLaid": {"title": "利用規約"},
    "Trace": {"protocol": "saml", "code": "permitted"},
    "TraceLine": {"protocol": "saml", "code": "permitted"},
    "User": {"affiliation": "employee", "roles": ["member"], "groups": [minted("grp")]},
}
"""Members of models of which the others are made from the schema."""

IDS: Mapping[str, str] = {
    "Application": "con",
    "Approval": "apv",
    "Assignment": "asg",
    "Contract": "con",
    "CountedRole": "rol",
    "Credential": "fct",
    "Delivery": "dlv",
    "GivenRole": "rol",
    "Group": "grp",
    "Key": "key",
    "MadeKey": "key",
    "MadeOperatorKey": "key",
    "MadeOwnedKey": "key",
    "MadeWebhook": "whk",
    "Network": "net",
    "Webhook": "whk",
    "Notice": "ntc",
    "NoticeReceived": "ntc",
    "OperatorKey": "key",
    "OwnedKey": "key",
    "Partner": "prt",
    "Plan": "pln",
    "Policy": "pol",
    "Service": "svc",
    "Session": "ses",
    "SupportAccess": "sup",
    "Tenant": "tnt",
    "User": "usr",
}
"""What `id` begins with."""

MEMBERS: Mapping[str, Any] = {
    "accepted_by": minted("usr"),
    "activation": minted("act"),
    "address": "203.0.113.7",
    "approval": minted("apv"),
    "body": "2026-12-20 22:00 から翌 2:00 まで停止します。",
    "browser": "Firefox 145",
    "certificate": _CERTIFICATE,
    "cidrs": ["203.0.113.0/24"],
    "claims": {"given_name": "梅子", "family_name": "青葉"},
    "colour": "#3b49c8",
    "content_hash": "5f0c" * 16,
    "contract": minted("con"),
    "corporate_number": "7000012050002",
    "country": "JP",
    "counts": {"users": 12, "services": 3, "sessions": 4},
    "description": "For those at the reception",
    "detail": "Some fields are wrong.",
    "digest": "5f0c" * 16,
    "display_name": "青葉 梅子",
    "email": "ume@kaede.example",
    "entity_id": "https://keihi.example/saml",
    "erased_by": "operator",
    "granted_by": minted("usr"),
    "group": minted("grp"),
    "hash": "5f0c" * 16,
    "help_text": "ヘルプデスク 03-0000-0000",
    "ids": 50,
    "ids_used": 12,
    "issuer": "https://id.example.com/t/kaede",
    "kid": "JzOlV9WSdsmWCdxcVcb7JRhRrrFuS9WOO3q1Dnc8-Lg",
    "legal_name": "株式会社かえで",
    "locale": "ja",
    "methods": ["pwd", "otp", "mfa"],
    "month": "2026-10",
    "name": "Tana",
    "networks": ["192.0.2.0/24", "office"],
    "owner": minted("usr"),
    "partner": minted("prt"),
    "permissions": ["users:read"],
    "plan": "standard",
    "pointer": "/name",
    "proposed_by": minted("usr"),
    "reason": "Asked by the customer",
    "redirect_uris": ["https://tana.example/callback"],
    "reference": "7K2M-9QXD",
    "registration_number": "T7000012050002",
    "representative": "楓 花子",
    "secret": "ak_01a204235eaa6e6e41fb718ebe115efb_…",
    "service": minted("svc"),
    "sha256": "5f0c" * 16,
    "signature": "eyJ…",
    "slug": "kaede",
    "start_date": "2026-04-01",
    "subject": minted("usr"),
    "tenant": "kaede",
    "term_months": 12,
    "text": "IDを第三者に利用させてはなりません。",
    "time_zone": "Asia/Tokyo",
    "title": "計画停止のお知らせ",
    "type": "about:blank",
    "url": "https://keihi.example/acs",
    "user": minted("usr"),
    "user_name": "ume@kaede.example",
    "version": "2026-10",
}
"""By the names of members, whoever's they are. What does not fit a member's schema is not used there."""

FILES: Mapping[str, str] = {
    "text/csv": (
        "user_name,affiliation,display_name,email,groups\n"
        "ume@kaede.example,employee,青葉 梅子,ume@kaede.example,Sales;Tokyo\n"
        "take@kaede.example,dispatched,竹田 次郎,take@kaede.example,Tokyo\n"
    ),
}
"""What is sent as a file, by its media type."""
