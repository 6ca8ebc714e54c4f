"""Whole configurations drawn from a seed: what of them goes together is for the product to say, so each part is sound
by itself and the parts meet as chance has it."""

from typing import Any

from tests.access.policies import drawing
from tests.configurations.conftest import PEOPLE
from tests.support.xml_keys import rsa_pair

Document = dict[str, Any]

WORDS = [
    "営業",
    "NO",
    "yes",
    "10:00",
    "null",
    "a: b",
    "- x",
    "#1",
    "O'Neil & Söhne",
    "1e3",
    "~",
    "株式会社「梅」",
]
WORDS += ["{brace}", "[b]", "back\\slash", '"quoted"', "%percent", "@at", "emoji 🏢", "é" * 60, "=", "?", "|", ">"]
CLAIMS = ["department_id", "https://aoba.example/dep"]
SCOPES = ["openid", "profile", "email", "address", "phone"]


class Draw(drawing.Draw):
    def configuration(self) -> Document:
        tenant: Document = {"slug": "aoba"}
        tenant["attributes"] = [self.attribute(name) for name in self.some(["department", "site", "no", "null"])]
        tenant["groups"] = []
        for name in [*drawing.GROUPS, *self.some(WORDS)]:  # those before may stand in it: never in a circle
            inner = [each["name"] for each in self.sample(tenant["groups"], min(len(tenant["groups"]), 2))]
            tenant["groups"].append(self.group(name) | {"groups": inner})
        if self.flag():
            rule = {"all": [{"affiliation": {"in": [self.choice(["employee", "officer"])]}}]}
            tenant["groups"].append({"name": "by rule", "rule": rule})
        tenant["roles"] = [self.role(name) for name in self.some(WORDS)]
        tenant["networks"] = [
            {"name": name, "cidrs": cidrs or ["192.0.2.9/32"]} for name, cidrs in drawing.NETWORKS.items()
        ]
        names = [*drawing.SERVICES, *self.some(WORDS)]
        tenant["services"] = [self.service(number, name) for number, name in enumerate(names)]
        tenant["policies"] = [self.policy(f"{number} {name}") for number, name in enumerate(self.some(WORDS, 6))]
        tenant["webhooks"] = [self.webhook(number, name) for number, name in enumerate(self.some(WORDS, 4))]
        tenant["settings"] = self.settings()
        return {"version": 1, "tenants": [tenant]}

    def attribute(self, name: str) -> Document:
        kind = self.choice(["string", "enum", "boolean", "date"]) if name != "site" else "enum"
        values = {"values": self.some(WORDS)} if kind == "enum" else {}
        return {"name": f"{name}_{kind}", "type": kind} | values | self.sample_of({"description": self.choice(WORDS)})

    def group(self, name: str) -> Document:
        return {"name": name, "members": self.sample(list(PEOPLE), self.randint(0, len(PEOPLE)))}

    def role(self, name: str) -> Document:
        permissions = self.some(["users:read", "groups:write", "*:read", "policies:read"])
        holders = self.sample(list(PEOPLE), self.randint(0, 3))
        return {"name": name, "permissions": permissions, "holders": holders} | self.sample_of(
            {"description": self.choice(WORDS)}
        )

    def webhook(self, number: int, name: str) -> Document:
        events = self.choice([["*"], ["user.*", "group.joined"], ["policies.*"]])
        receiver: Document = {"name": name, "url": f"https://hooks{number}.example/", "events": events}
        return receiver | self.sample_of({"enabled": self.flag()})

    def service(self, number: int, name: str) -> Document:
        kind = "saml" if self.flag() else "oidc"
        assigned = [{"user": each} for each in self.sample(list(PEOPLE), 2)] + [{"group": self.choice(drawing.GROUPS)}]
        return {
            "name": name,
            "protocol": kind,
            "status": self.choice(["enabled", "disabled"]),
            "consent": self.choice(["none", "required"]),
            "assignment_required": self.flag(),
            "assignments": self.sample(assigned, self.randint(0, 3)),
            kind: self.oidc(number) if kind == "oidc" else self.saml(number),
        }

    def oidc(self, number: int) -> Document:
        host = f"https://app{number}.example"
        web: Document = {
            "client_id": self.choice([f"client-{number}", f"{host}/a?b={number}", f"({number}):#x"]),
            "redirect_uris": [f"{host}/cb/{each}?x=%C3%A9" for each in range(self.randint(1, 3))],
            "grant_types": ["authorization_code", *self.sample(["refresh_token", "client_credentials"], 1)],
            "token_endpoint_auth_method": self.choice(["client_secret_basic", "client_secret_post"]),
            "scope": " ".join(self.some(SCOPES, 5)),
        }
        return web | self.sample_of(
            {
                "subject_type": "pairwise",
                "post_logout_redirect_uris": [f"{host}/bye"],
                "claims": [
                    {
                        "claim": self.choice(CLAIMS),
                        "source": "groups",
                        "id_token": self.flag(),
                    }
                ],
                "contacts": ["admin@app.example"],
                "client_name": self.choice(WORDS),
                "client_uri": f"{host}/",
                "logo_uri": f"{host}/logo.png",
                "tos_uri": f"{host}/tos",
                "initiate_login_uri": f"{host}/start",
                "access_token_format": self.choice(["jwt", "opaque"]),
                "access_token_lifetime": self.randint(60, 3600),
                "id_token_signed_response_alg": self.choice(["RS256", "ES256"]),
                "userinfo_signed_response_alg": "ES256",
                "introspection": True,
                "resources": [f"{host}/api/{each}" for each in range(2)],
                "dpop_bound_access_tokens": True,
                "require_pushed_authorization_requests": True,
                "frontchannel_logout_uri": f"{host}/front",
                "backchannel_logout_uri": f"{host}/back",
                "default_max_age": self.randint(0, 9_999),
                "require_auth_time": True,
                "security_profile": self.choice(["modern", "oidc"]),
                "software_id": self.choice(WORDS),
            }
        )

    def saml(self, number: int) -> Document:
        host = f"https://sp{number}.example"
        entity: Document = {
            "entity_id": self.choice([f"{host}/metadata", f"urn:sp:{number}"]),
            "acs": [
                {"url": f"{host}/acs/{each}", "binding": "HTTP-POST", **self.sample_of({"default": self.flag()})}
                for each in range(self.randint(1, 3))
            ],
            "certificates": [rsa_pair("services").certificate.text],
        }
        source = self.choice(["email", "user_name", "display_name", "groups"])
        attributes = [
            {"name": "urn:oid:2.5.4.3", "format": "uri", "source": source, "friendly_name": self.choice(WORDS)},
            {"name": "role", "source": "groups", "map": {self.choice(WORDS): "x", "NO": "いいえ"}},
            {"name": "kept", "source": "groups", "filter": {"in": self.some(WORDS)}},
            {"name": "fixed", "values": self.some(WORDS)},
            {"name": "made", "expression": "{email|before:@|upper}-x"},
        ]
        return entity | self.sample_of(
            {
                "slo": [{"url": f"{host}/slo", "binding": self.choice(["HTTP-Redirect", "HTTP-POST", "SOAP"])}],
                "attributes": self.sample(attributes, self.randint(1, 5)),
                "nameid_format": self.choice(["persistent", "transient", "emailAddress", "unspecified"]),
                "sign": self.choice(["response", "assertion", "both"]),
                "encrypt": True,
                "require_signed_requests": True,
                "idp_initiated": True,
                "sha1_until": "2026-12-01",
                "subject_id": self.choice(["pairwise-id", "subject-id", "any", "none"]),
                "signature_algorithm": "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512",
            }
        )

    def policy(self, name: str) -> Document:
        if self.random() < 0.25:
            return {"name": name, "text": "permit (principal, action, resource)\nwhen {\n  context.mfa\n};\n"}
        rule: Document = {
            "name": name,
            "effect": self.choice(["deny", "permit", "step_up"]),
            "services": self.some(drawing.SERVICES),
            "when": self.condition(),
        }
        while '"device"' in repr(rule["when"]).replace("'", '"'):  # another contract
            rule["when"] = self.condition()
        if rule["effect"] == "step_up":
            rule |= {"require": self.choice([["mfa"], ["fresh_sign_in"], ["mfa", "fresh_sign_in"]])}
            if "fresh_sign_in" in rule["require"]:
                rule["max_age_seconds"] = self.randint(0, 900)
        return rule | self.sample_of({"report_only": self.flag()})

    def settings(self) -> Document:
        return {
            "appearance": {"display_name": self.choice(WORDS), "colour": f"#{self.randint(0, 0xFFFFFF):06x}"}
            | self.sample_of({"help_text": self.choice(WORDS)}),
            "oidc": self.sample_of(
                {"hybrid": True, "implicit": True, "device_grant": True, "public_refresh_grace_seconds": 7}
            ),
            "staffing": self.sample_of({"dispatched_days": self.randint(0, 3_660), "reminder_days": 0}),
            "saml": self.sample_of({"scopes": ["aoba.example", "梅.example".encode("idna").decode()]}),
        }

    def sample_of(self, members: Document) -> Document:
        return {name: value for name, value in members.items() if self.flag()}
