"""Answers that their client alone can read (OpenID Connect Core 10.2, 5.3.2)."""

from idp import signing
from idp.federation import Encryption, Service
from idp.kit.ids import TenantId
from idp.oidc.errors import OAuthError
from idp.web.client_keys import keys_of, newer_keys_of
from idp.web.house import House


async def for_client(
    house: House, tenant: TenantId, service: Service, text: str, how: Encryption | None, *, nested: bool = True
) -> str:
    """As it is, where the client has not asked for encryption. `nested` where it is a JWT already.

    Raises `OAuthError` where the client publishes no key that fits: nothing is sent in the clear instead.
    """
    if how is None:
        return text
    key = signing.key_for_encryption(await keys_of(house, tenant, service), how.alg)
    if key is None:
        key = signing.key_for_encryption(await newer_keys_of(house, tenant, service) or (), how.alg)
    if key is None:
        raise OAuthError("invalid_request", "The client publishes no key that its answers could be encrypted to.")
    return signing.encrypt(text, key, alg=how.alg, enc=how.enc, nested=nested)
