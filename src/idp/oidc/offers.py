"""Which grants a tenant offers: what is off is as if it did not exist."""

from idp.federation import Grant
from idp.tenants import Switches


def offers(grant: str, switches: Switches) -> bool:
    if grant == Grant.IMPLICIT:
        return switches.implicit or switches.hybrid
    if grant == Grant.DEVICE_CODE:
        return switches.device_grant
    if grant == Grant.TOKEN_EXCHANGE:
        return switches.token_exchange
    return True
