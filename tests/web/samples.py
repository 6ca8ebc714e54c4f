"""One honest example of every page, and a loopback server that answers them with the real headers."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

from idp.apply.document import Fault
from idp.web.languages import Language, switch_links
from idp.web.pages import (
    PLATFORM,
    Brand,
    PageName,
    Pages,
    ShownPerson,
    ShownService,
    asset_headers,
    brand_css,
    page_headers,
)
from idp.web.qr import picture

HELP = "ヘルプデスク 03-0000-0000 · it@aoba.example"
AOBA = Brand(slug="aoba", name="株式会社あおば", colour="#3b4cca", help_text=HELP)
MIDORI = Brand(slug="midori", name="Midori Works", colour="#ffd84d", logo_url="/logo.svg", help_text=None)
PAYROLL = ShownService(
    "Payroll Cloud",
    host="payroll.example",
    policy_url="https://payroll.example/privacy",
    tos_url="https://payroll.example/terms",
    home_url="https://payroll.example/",
)
TARO = ShownPerson("山田 太郎", "taro@aoba.example")
BACK = "https://payroll.example/cb?error=access_denied&state=x&iss=https%3A%2F%2Fid.example%2Ft%2Faoba"
FORM = {"action": "/t/aoba/signin", "csrf": "c5rf", "interaction": "int_01J"}
CANCELLABLE = {
    **FORM,
    "service": PAYROLL,
    "cancel_action": "/t/aoba/signin/cancel",
    "cancel_csrf": "c5rf",
}
STEP = {**CANCELLABLE, "person": TARO, "switch_account_url": "/t/aoba/signin?switch=1"}
ENROLMENT = {
    **STEP,
    "picture": picture("otpauth://totp/Aoba:taro@aoba.example?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Aoba"),
    "secret": "JBSW Y3DP EHPK 3PXP JBSW Y3DP EHPK 3PXP",
    "proposal": "fct_019b.c2VhbGVk",
}
MINE = {
    "action": "/t/aoba/portal",
    "csrf": "c5rf",
    "person": TARO,
    "offers": [
        {"id": "svc_1", "service": PAYROLL, "address": "https://payroll.example/begin?iss=x"},
        {
            "id": "svc_3",
            "service": ShownService("社内ポータル・全社員のための総合案内と各種申請"),
            "address": "https://x.example/",
        },
    ],
    "held": [
        {"id": "svc_1", "service": PAYROLL, "scopes": ["email", "openid", "profile"], "since": "2026-04-01"},
        {
            "id": "svc_2",
            "service": ShownService("経費精算"),
            "scopes": ["offline_access", "person.email"],
            "since": "2026-03-01",
        },
    ],
    "sessions": [
        {"id": "1", "here": True, "browser": "Chrome", "address": "203.0.113.9", "since": "2026-04-01 09:00"},
        {"id": "2", "here": False, "browser": "", "address": "2001:db8::1", "since": "2026-03-31 18:00"},
    ],
    "factors": [{"id": "fct_1", "since": "2026-04-01"}],
    "sign_out_url": "/t/aoba/end_session",
}
LEAVING = {
    "address": "/sink?SAMLRequest=abc&RelayState=x",
    "service": PAYROLL,
    "place": 1,
    "total": 3,
    "action": "/t/aoba/saml/logout",
    "interaction": "int_01J",
    "onward": 1,
}
INVITED = {
    "action": "/t/aoba/invitation",
    "csrf": "c5rf",
    "token": "iv_1",
    "username": "hanako@aoba.example",
    "shortest": 8,
}
PRODUCTS = ["ID_PLUS", "MDM", "DEVICE_AUTH", "PLATFORM"]
FAULTS = {
    "tenant": Fault("tenant_taken"),
    "corporate_number": Fault("invalid_check_digit", "7"),
    "admin_contact/email": Fault("invalid_format", "name@domain"),
    "ids": Fault("out_of_range", "1 – 1000000"),
}
DATES = {
    "renews": True,
    "first_day": "2026-04-01",
    "last_day": "2026-04-30",
    "last_day_to_ask": "2026-03-30",
    "earliest_end": "2026-05-31",
}
APPLYING = {
    "action": "/apply",
    "csrf": "c5rf",
    "values": {
        "product": "ID_PLUS",
        "tenant": "kaede",
        "legal_form": "corporation",
        "legal_name": "株式会社かえで",
        "corporate_number": "7000012050002",
        "representative": "楓 花子",
        "admin_contact/name": "山田 太郎",
        "admin_contact/email": "taro@kaede.example",
        "admin_contact/phone": "",
        "admin_contact/affiliation": "employee",
        "billing_contact/name": "経理部",
        "billing_contact/email": "billing@kaede.example",
        "billing_contact/phone": "+81 3-0000-0000",
        "ids": "50",
        "term_months": "1",
        "start_date": "2026-04-01",
        "auto_renewal": "yes",
        "time_zone": "Asia/Tokyo",
        "partner": "",
        "plan": "",
        "continues": "",
    },
}
LOGO = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 36 36">'
    b'<rect width="36" height="36" rx="8" fill="#386641"/></svg>'
)


class Sample(NamedTuple):
    page: PageName
    brand: Brand
    context: Mapping[str, object]


SAMPLES: Mapping[str, Sample] = {
    "signin": Sample("signin", AOBA, {**FORM, "service": PAYROLL}),
    "signin-plain": Sample("signin", MIDORI, {**FORM}),
    "signin-error": Sample(
        "signin",
        AOBA,
        {**CANCELLABLE, "username": "taro@aoba.example", "error": "invalid_credentials"},
    ),
    "consent": Sample(
        "consent",
        AOBA,
        {
            **FORM,
            "service": PAYROLL,
            "person": TARO,
            "scopes": ["openid", "profile", "email", "offline_access", "payroll.read"],
            "switch_account_url": "/t/aoba/signin?switch=1",
        },
    ),
    "consent-attributes": Sample(
        "consent",
        AOBA,
        {
            **FORM,
            "service": PAYROLL,
            "person": TARO,
            "scopes": ["openid", "person.affiliation", "person.email", "person.groups"],
        },
    ),
    "consent-resources": Sample(
        "consent",
        MIDORI,
        {
            **FORM,
            "service": PAYROLL,
            "person": TARO,
            "scopes": ["openid", "orders.read"],
            "resources": ["https://orders.example/api", "https://stock.example/a/rather/long/address/of/an/api/v1"],
        },
    ),
    "terms": Sample(
        "terms",
        AOBA,
        {
            **FORM,
            "heading": "サービス利用規約",
            "version": "2026-04",
            "effective_date": "2026-04-01",
            "articles": [{"article": "第1条", "provisions": [{"number": "1", "text": "本規約は、両者に適用します。"}]}],
            "rows": [{"article": "第1条", "number": "1", "before": None, "after": "本規約は、両者に適用します。"}],
        },
    ),
    "otp": Sample("otp", AOBA, STEP),
    "otp-error": Sample("otp", MIDORI, {**STEP, "error": "wrong_code"}),
    "enrolment": Sample("enrolment", AOBA, ENROLMENT),
    "enrolment-error": Sample("enrolment", MIDORI, {**ENROLMENT, "service": None, "error": "wrong_code"}),
    "portal": Sample("portal", AOBA, MINE),
    "portal-bare": Sample("portal", MIDORI, {**MINE, "offers": [], "held": [], "factors": []}),
    "signin-terms": Sample("signin", AOBA, {**FORM, "service": PAYROLL, "terms_due": True}),
    "denied": Sample(
        "denied",
        AOBA,
        {
            "code": "contract_suspended",
            "reference": "K7QM-3XWT",
            "service": PAYROLL,
            "person": TARO,
            "return_url": BACK,
        },
    ),
    "denied-back": Sample(
        "denied",
        AOBA,
        {
            "code": "not_assigned",
            "reference": "K7QM-3XWT",
            "service": PAYROLL,
            "back": {"action": "https://payroll.example/acs", "fields": [("SAMLResponse", "PHNhbWxwOlJlc3BvbnNlLz4=")]},
        },
    ),
    "denied-step-up": Sample(
        "denied", AOBA, {"code": "step_up_required", "reference": "K7QM-3XWT", "missing": ["mfa"], "said": "社内規程"}
    ),
    "denied-policy": Sample("denied", MIDORI, {"code": "policy_denied", "reference": "K7QM-3XWT"}),
    "error": Sample(
        "error",
        AOBA,
        {
            "code": "invalid_redirect_uri",
            "reference": "9TRC-W2HN",
            "detail": "redirect_uri: https://evil.example/cb is not registered for this client_id",
        },
    ),
    "error-other": Sample("error", PLATFORM, {"code": "teapot", "reference": "9TRC-W2HN"}),
    "logout_confirm": Sample("logout_confirm", AOBA, {**FORM, "service": PAYROLL, "person": TARO}),
    "logged_out": Sample("logged_out", AOBA, {"service": PAYROLL, "return_url": BACK, "signin_url": "/t/aoba/"}),
    "logged_out-onward": Sample(
        "logged_out", AOBA, {"frames": ["/sink?iss=a&sid=b"], "onward": "https://payroll.example/bye?state=x"}
    ),
    "logged_out-untold": Sample("logged_out", AOBA, {"untold": ["経費精算", PAYROLL.name]}),
    "signing_out": Sample("signing_out", AOBA, LEAVING),
    "signing_out-form": Sample(
        "signing_out",
        MIDORI,
        {**LEAVING, "address": "/sink", "fields": [("SAMLRequest", "abc"), ("RelayState", "x y")]},
    ),
    "signing_out-again": Sample("signing_out", AOBA, {**LEAVING, "place": 2, "again": True}),
    "stayed": Sample("stayed", AOBA, {}),
    "unavailable": Sample("unavailable", PLATFORM, {"retry_url": "/t/aoba/authorize?client_id=a"}),
    "too_many": Sample("too_many", AOBA, {"retry_after_seconds": 600, "retry_url": "/t/aoba/signin"}),
    "invitation": Sample("invitation", AOBA, INVITED),
    "invitation-error": Sample("invitation", MIDORI, {**INVITED, "error": "too_guessable"}),
    "invited": Sample("invited", AOBA, {"username": "hanako@aoba.example"}),
    "apply": Sample("apply", PLATFORM, {**APPLYING, "faults": {}, "products": PRODUCTS}),
    "apply-error": Sample("apply", PLATFORM, {**APPLYING, "faults": FAULTS, "products": PRODUCTS}),
    "apply_review": Sample("apply_review", PLATFORM, {**APPLYING, **DATES}),
    "apply_received": Sample("apply_received", PLATFORM, {"reference": "con_019b2f6c8a7e4d1f9c3b5a7e2d4f6081"}),
    "device": Sample("device", AOBA, {"action": "/sink", "csrf": "c", "user_code": ""}),
    "device-error": Sample(
        "device", MIDORI, {"action": "/sink", "csrf": "c", "user_code": "BCDFG-HJKLM", "error": "unknown_code"}
    ),
    "device_decision": Sample(
        "device_decision",
        AOBA,
        {**FORM, "service": PAYROLL, "person": TARO, "user_code": "BCDFG-HJKLM", "scopes": ["openid", "profile"]},
    ),
    "device_decision-unchecked": Sample(
        "device_decision",
        AOBA,
        {**FORM, "service": PAYROLL, "person": TARO, "user_code": "BCDFG-HJKLM", "scopes": [], "unchecked": True},
    ),
    "device_done": Sample("device_done", AOBA, {"allowed": True}),
    "device_done-denied": Sample("device_done", AOBA, {"allowed": False}),
    "form_post-onward": Sample("form_post", AOBA, {"action": "/sink", "fields": [("a", "b")], "onward": True}),
    "form_post": Sample(
        "form_post", AOBA, {"action": "/sink", "fields": [("code", "abc"), ("state", "x y")], "service": PAYROLL}
    ),
}


class _Answer(NamedTuple):
    headers: Mapping[str, str]
    body: bytes


@contextmanager
def serving(pages: Pages) -> Iterator[str]:
    """Serves `/{sample}/{language}` on a loopback port, with all it asks for; yields the origin."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._send(_answer(pages, self.path))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self._send(_Answer({"Content-Type": "text/plain"}, body))

        def _send(self, answer: _Answer | None) -> None:
            self.send_response(200 if answer else 404)
            for name, value in (answer.headers if answer else {}).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body) if answer else 0))
            self.end_headers()
            self.wfile.write(answer.body if answer else b"")

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _answer(pages: Pages, target: str) -> _Answer | None:
    path, _, query = target.partition("?")
    match path.strip("/").split("/"):
        case ["static", digest, name] if (file := pages.static_files().get(name)) and file.digest == digest:
            return _Answer(asset_headers(file.media_type), file.content)
        case ["t", slug, "brand.css"]:
            brand = {brand.slug: brand for brand in (AOBA, MIDORI)}[slug]
            return _Answer(asset_headers("text/css; charset=utf-8"), brand_css(brand))
        case ["logo.svg"]:
            return _Answer(asset_headers("image/svg+xml"), LOGO)
        case [name, language] if name in SAMPLES:
            sample = SAMPLES[name]
            body = pages.render(
                sample.page,
                language=Language(language),
                brand=sample.brand,
                switch=switch_links(query),
                **sample.context,
            )
            framed = ["'self'"] if sample.context.get("frames") else []
            return _Answer(page_headers(sample.page, frames=framed), body)
    return None
