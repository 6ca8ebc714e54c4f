"""What is checked of a service of SAML."""

from collections.abc import Iterator

from idp.federation import saml_fetching
from idp.federation.saml_service import SamlService
from idp.federation.saml_vocabulary import Binding
from idp.federation.verifying.asking import Asking
from idp.federation.verifying.model import Check, Finding, Result
from idp.kit.clock import SECOND, rfc3339

_SOON = 30 * 86_400 * SECOND
_MOST_HOSTS = 10


def written(saml: SamlService, *, now_us: int) -> Iterator[Finding]:
    for each in saml.consumers:
        if each.url.startswith("https:"):
            yield Finding(Check.ACS, Result.PASSED, "It is well-formed.", "形式は正しいです。", each.url)
        else:
            en, ja = "It is for a machine of one's own, not for people.", "開発端末専用のアドレスです。"
            yield Finding(Check.ACS, Result.WARNING, en, ja, each.url, "https")
    yield from _certificates(saml, now_us)
    if saml.logouts and not saml.keys.signing:
        en = "Without a certificate its logout requests cannot be believed."
        ja = "証明書がないため、ログアウト要求を検証できません。"
        yield Finding(Check.LOGOUT, Result.WARNING, en, ja, None, "a certificate for signing")
    if saml.valid_until is not None:
        yield _validity(saml.valid_until, now_us)


def looked_up(saml: SamlService, asking: Asking) -> Iterator[Finding]:
    if (address := saml.source.address(saml.entity_id)) is not None:
        yield _metadata(saml, address, asking)
    hosts = {each.url.split("/")[2]: each.url for each in reversed(saml.consumers)}
    for url in sorted(hosts.values())[:_MOST_HOSTS]:
        yield asking.located(Check.ACS_HOST, url)
    soap = saml.logout(Binding.SOAP)
    if soap is not None:
        yield asking.located(Check.LOGOUT, soap.url)


def _certificates(saml: SamlService, now_us: int) -> Iterator[Finding]:
    seen = {each.fingerprint: each for each in (*saml.keys.signing, *saml.keys.encrypting)}
    for fingerprint, each in seen.items():
        until = rfc3339(each.not_after)
        if each.not_after <= now_us:
            en, ja = f"A certificate has ended on {until}.", f"証明書の有効期限が切れています({until})。"
            yield Finding(Check.CERTIFICATE, Result.WARNING, en, ja, fingerprint, "a certificate that is valid")
        elif each.not_after <= now_us + _SOON:
            en, ja = f"A certificate ends on {until}.", f"証明書の有効期限が近づいています({until})。"
            yield Finding(Check.CERTIFICATE, Result.WARNING, en, ja, fingerprint, "more than 30 days")
        else:
            en, ja = f"A certificate is valid until {until}.", f"証明書は {until} まで有効です。"
            yield Finding(Check.CERTIFICATE, Result.PASSED, en, ja, fingerprint)


def _validity(until_us: int, now_us: int) -> Finding:
    until = rfc3339(until_us)
    if until_us <= now_us:
        en, ja = "Its metadata have ended: nobody is signed on.", "メタデータの有効期限が切れており、利用できません。"
        return Finding(Check.VALIDITY, Result.FAILED, en, ja, until, "metadata that are valid")
    en, ja = f"Its metadata hold until {until}.", f"メタデータは {until} まで有効です。"
    return Finding(Check.VALIDITY, Result.PASSED, en, ja, until)


def _metadata(saml: SamlService, address: str, asking: Asking) -> Finding:
    """Fetched as a refresh does it, and only looked at."""
    from idp import xml
    from idp.federation import saml_metadata

    skipped = asking.skips(Check.METADATA, address)
    if skipped is not None:
        return skipped
    fetched = saml_fetching.fetch(asking.egress, address, tenant=asking.tenant)
    if fetched is None or fetched.text is None:
        en, ja = "There are no metadata at this address.", "メタデータを取得できません。"
        return Finding(Check.METADATA, Result.FAILED, en, ja, address, "SAML metadata")
    try:
        data = fetched.text.encode()
        found = saml_metadata.read(data, entity_id=saml.entity_id, pinned=saml.source.pinned, limits=xml.AGGREGATE)
    except saml_metadata.BadMetadata as bad:
        ja = "メタデータを読み取れません。"
        return Finding(Check.METADATA, Result.FAILED, str(bad), ja, address, _text(bad.expected))
    named = found.members.get("entity_id")
    if named != saml.entity_id:
        en, ja = "Its metadata are those of another service.", "別のサービスのメタデータです。"
        return Finding(Check.METADATA, Result.FAILED, en, ja, _text(named), saml.entity_id)
    en, ja = "Its metadata are there, and its own.", "メタデータを取得でき、エンティティ ID も一致します。"
    return Finding(Check.METADATA, Result.PASSED, en, ja, address)


def _text(value: object) -> str | None:
    return None if value is None else str(value)
