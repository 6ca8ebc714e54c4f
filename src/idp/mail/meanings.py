"""Which events of the outbox are told by letter, and which facts of theirs stand in it, in this order."""

from collections.abc import Mapping
from types import MappingProxyType

_CONTRACT = ("company", "product", "contract")
_RUNNING = (*_CONTRACT, "term", "last_day_to_ask")
_OVER = (*_CONTRACT, "ended_on", "export_until")

MEANINGS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "application.received": (*_CONTRACT, "tenant", "ids"),
        "application.filed": (*_CONTRACT, "tenant", "ids"),
        "contract.established": _RUNNING,
        "contract.suspended": (*_CONTRACT, "reason"),
        "contract.resumed": _CONTRACT,
        "contract.ids_changed": (*_CONTRACT, "ids"),
        "contract.expired": _OVER,
        "contract.not_renewed": _OVER,
        "contract.stopped": _OVER,
        "contract.terminated": (*_OVER, "reason"),
        "contract.reminder": (*_CONTRACT, "term", "last_day_to_ask", "end_date"),
        "contract.erased": ("tenant", "contract", "erased_at", "sha256"),
        "tenant.registered_information_changed": ("tenant", "fields"),
        "statement.issued": ("company", "number", "month", "total"),
        "terms.published": ("title", "version", "effective_date"),
        "notice.published": ("title", "effective_date", "body"),
        "metadata.refresh_failed": ("service_name", "error"),
        "metadata.change_waits": ("service_name", "members"),
        "service.certificate_expires": ("service_name", "ends_at", "fingerprint"),
        "service.certificate_expired": ("service_name", "ends_at", "fingerprint"),
        "service.metadata_expires": ("service_name", "ends_at"),
        "service.metadata_expired": ("service_name", "ends_at"),
        "signing_certificate.expires": ("ends_at", "fingerprint"),
        "signing_certificate.expired": ("ends_at", "fingerprint"),
        "webhook.disabled": ("webhook_name", "error"),
        "ids.end": ("ids_ending", "last_day"),
        "user.invited": ("user_name", "valid_until"),
        "user.factor_enrolled": ("user_name",),
        "user.factor_removed": ("user_name",),
    }
)
