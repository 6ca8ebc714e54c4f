"""ID tokens that a service shows back to us. They say whom it means; they never sign anybody in (SECURITY A22)."""

from typing import Any

from idp import signing
from idp.access import Facts
from idp.signing import Unverified, Use


def proven(token: str, facts: Facts, issuer: str) -> dict[str, Any]:
    """The claims of an ID token of ours for one client; an expired one still says who is meant (OpenID Connect Core
    3.1.2.1, RP-Initiated Logout 1.0, 4). Raises `Unverified`."""
    keys = [key for key in facts.keys.published if key.use is Use.ID_TOKEN]
    claims = signing.verify(token, keys, typ="JWT")
    if "sub" not in claims or "exp" not in claims:  # userinfo or an authorization response, signed with the same key
        raise Unverified("not an ID token")
    if claims.get("iss") != issuer or not isinstance(claims.get("aud"), str):
        raise Unverified("not for one client of this tenant")
    return claims


def means(token: str | None, facts: Facts, issuer: str, *, client_id: str, subject: str, silent: bool) -> bool:
    """Whether this client may go on with this person, by its hint. One that proves nothing is as if it were not there
    for somebody who can be asked; silently nobody is taken for the person whom it meant (Core 3.1.2.1)."""
    if not token:
        return True
    try:
        claims = proven(token, facts, issuer)
    except Unverified:
        return not silent
    if claims["aud"] != client_id:
        return not silent
    return bool(claims.get("sub") == subject)
