"""The identifier under which a client knows a person (OpenID Connect Core 8.1)."""

from idp.federation.oidc_client import OidcClient
from idp.kit.ids import TenantId
from idp.kit.sealing import KeyStore
from idp.signing import b64


def subject_of(keys: KeyStore, tenant: TenantId, client: OidcClient, user_id: str) -> str:
    """Of its sector alone, and keyed by the tenant: two sectors, or the same one of two tenants, cannot compare."""
    sector = client.subjects.sector
    if sector is None:
        return user_id
    return b64(keys.box(tenant).mac("pairwise", f"{sector}\0{user_id}".encode())).decode()
