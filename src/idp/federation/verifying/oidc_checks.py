"""What is checked of an OpenID Connect client."""

import json
from collections.abc import Iterator

from idp import signing
from idp.federation import subjects
from idp.federation.oidc_client import OidcClient
from idp.federation.oidc_vocabulary import ApplicationType, Grant
from idp.federation.redirect_uris import fault_of
from idp.federation.verifying.asking import Asking
from idp.federation.verifying.model import Check, Finding, Result
from idp.kit.errors import Invalid
from idp.signing import BadKey

_MOST_HOSTS = 10


def written(client: OidcClient, *, production: bool) -> Iterator[Finding]:
    for uri in client.redirects.registered:
        fault = fault_of(uri, client.application_type, production=production)
        if fault is not None:
            ja = "このアドレスは使用できません。"
            yield Finding(Check.REDIRECT_URI, Result.FAILED, fault.detail, ja, uri, fault.expected)
        elif uri.startswith("http:") and client.application_type is ApplicationType.WEB:
            en, ja = "It is for a machine of one's own, not for people.", "開発端末専用のアドレスです。"
            yield Finding(Check.REDIRECT_URI, Result.WARNING, en, ja, uri, "https")
        else:
            yield Finding(Check.REDIRECT_URI, Result.PASSED, "It is well-formed.", "形式は正しいです。", uri)
    if Grant.IMPLICIT in client.grants:
        en = "Tokens come through browsers, which keep a history (RFC 9700 2.1.2)."
        ja = "トークンがブラウザーの履歴に残ります(RFC 9700 2.1.2)。"
        yield Finding(Check.IMPLICIT_GRANT, Result.WARNING, en, ja, "implicit", "authorization_code")
    if client.keys.jwks is not None:
        count = len(client.keys.given)
        ja = f"使用できる鍵が {count} 個あります。"
        yield Finding(Check.KEYS, Result.PASSED, f"It has {count} usable keys.", ja)


def looked_up(client: OidcClient, asking: Asking) -> Iterator[Finding]:
    hosts = {uri.split("/")[2]: uri for uri in reversed(client.redirects.registered) if uri.startswith("https://")}
    for uri in sorted(hosts.values())[:_MOST_HOSTS]:
        yield asking.located(Check.REDIRECT_HOST, uri)
    if client.keys.jwks_uri is not None:
        yield _keys(client.keys.jwks_uri, asking)
    if client.subjects.sector_uri is not None:
        yield _sector(client, client.subjects.sector_uri, asking)
    if client.logout.backchannel_uri is not None:
        yield asking.answered(Check.BACK_CHANNEL_LOGOUT, client.logout.backchannel_uri, otherwise=Result.FAILED)
    for check, address in (
        (Check.FRONT_CHANNEL_LOGOUT, client.logout.frontchannel_uri),
        (Check.INITIATE_LOGIN, client.initiate_login_uri),
    ):
        if address is not None:
            yield asking.answered(check, address, otherwise=Result.WARNING)
    for check, page in (
        (Check.LOGO, client.logo_uri),
        (Check.POLICY, client.policy_uri),
        (Check.TERMS, client.tos_uri),
        (Check.HOME_PAGE, client.client_uri),
    ):
        if page is not None:
            yield asking.answered(check, page, otherwise=Result.WARNING, highest=399)


def _keys(uri: str, asking: Asking) -> Finding:
    skipped = asking.skips(Check.JWKS_URI, uri)
    if skipped is not None:
        return skipped
    answer = asking.fetch(uri)
    if answer is None or answer.status != 200:
        en, ja = "There is no key set at this address.", "鍵セットを取得できません。"
        return Finding(Check.JWKS_URI, Result.FAILED, en, ja, uri, "a JWK Set (RFC 7517 5)")
    try:
        count = len(signing.read_key_set(json.loads(answer.body), lenient=True))
    except (ValueError, RecursionError, BadKey):
        count = 0
    if not count:
        en, ja = "It holds no key that could be used.", "使用できる鍵がありません。"
        return Finding(Check.JWKS_URI, Result.FAILED, en, ja, uri, "RSA of 2048 bits or more, P-256, Ed25519")
    return Finding(Check.JWKS_URI, Result.PASSED, f"It holds {count} usable keys.", f"使用できる鍵: {count} 個", uri)


def _sector(client: OidcClient, uri: str, asking: Asking) -> Finding:
    skipped = asking.skips(Check.SECTOR_IDENTIFIER, uri)
    if skipped is not None:
        return skipped
    try:
        subjects.judge(client.subjects, client.redirects, subjects.fetch(asking.egress, uri, tenant=asking.tenant))
    except Invalid as bad:
        ja = "すべてのリダイレクト URI を列挙した文書がありません。"
        expected = "an array of every redirect URI"
        return Finding(Check.SECTOR_IDENTIFIER, Result.FAILED, bad.errors[0].detail, ja, uri, expected)
    en, ja = "It lists every redirect URI.", "すべてのリダイレクト URI が列挙されています。"
    return Finding(Check.SECTOR_IDENTIFIER, Result.PASSED, en, ja, uri)
