"""What may be reached: places on the public Internet, and what the operator has named beside them."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from idp.kit.addresses import Address, Network, canonical, network
from idp.kit.egress.meanings import Reason, Unreachable
from idp.kit.egress.targets import Target, read_target
from idp.kit.special_addresses import is_special

# Services that speak first or take anything: a handshake of ours is noise that some of them answer.
_NOT_THE_WEB = frozenset({1433, 1521, 2049, 2375, 2379, 3306, 3389, 5432, 5900, 5984, 6379, 9200, 11211, 27017})
# Names that are somebody's own network by convention (RFC 6761, RFC 6762, RFC 8375, and ICANN's `.internal`).
_INSIDE = frozenset(
    {"localhost", "local", "localdomain", "internal", "intranet", "lan", "home", "corp", "arpa", "test"}
)


class Allowed(NamedTuple):
    """What the operator lets outbound calls reach although it is not on the public Internet: names, by which any
    address may be reached, and networks, by whatever name."""

    names: frozenset[str] = frozenset()
    networks: tuple[Network, ...] = ()

    @classmethod
    def read(cls, entries: Iterable[str]) -> "Allowed":
        """Raises ValueError for what is neither a name nor a network, and for a network of every address."""
        names, networks = set(), []
        for entry in entries:
            try:
                networks.append(network(entry))
            except ValueError:
                target = read_target(f"https://{entry}/")
                if target.authority != entry.lower() or target.address is not None:
                    raise ValueError(entry) from None
                names.add(target.host)
        if any(each.prefixlen == 0 for each in networks):
            raise ValueError("a network must not hold every address")
        return cls(frozenset(names), tuple(networks))

    def holds(self, address: Address) -> bool:
        return any(address in each for each in self.networks)


class Reach(NamedTuple):
    """`plain`: http too, to what is allowed; never in production."""

    allowed: Allowed
    plain: bool

    def judge_form(self, target: Target) -> None:
        """Before any name is looked up. Raises `Unreachable`."""
        if target.scheme == "http" and not self.plain:
            raise Unreachable(Reason.FORM)
        if target.host in self.allowed.names:
            return
        if target.address is not None:
            self.judge(target, [str(target.address)])
            return
        labels = target.host.split(".")
        if not self.allowed.networks and (len(labels) == 1 or labels[-1] in _INSIDE):
            raise Unreachable(Reason.FORBIDDEN)

    def judge(self, target: Target, found: Sequence[str]) -> list[Address]:
        """The addresses to connect to. Raises `Unreachable` if one of them is not allowed: a name that leads outside
        and inside at once is an attack or a mistake."""
        try:
            addresses = list(dict.fromkeys(map(canonical, found)))
        except ValueError:  # a zone id
            raise Unreachable(Reason.FORBIDDEN) from None
        if not addresses:
            raise Unreachable(Reason.UNRESOLVED)
        if target.host not in self.allowed.names and not all(self._public(target, each) for each in addresses):
            raise Unreachable(Reason.FORBIDDEN)
        return addresses

    def _public(self, target: Target, address: Address) -> bool:
        if self.allowed.holds(address):
            return True
        web = target.port == 443 or (target.port >= 1024 and target.port not in _NOT_THE_WEB)
        return target.scheme == "https" and web and not is_special(address)
