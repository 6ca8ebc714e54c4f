from typing import Annotated

from pydantic import Field

from idp.admin.shapes.base import Instant, Sent, Shown

Name = Annotated[str, Field(min_length=1, max_length=100, examples=["office"])]
Cidrs = Annotated[
    list[Annotated[str, Field(max_length=49)]],
    Field(
        min_length=1,
        max_length=500,
        description="IPv4 and IPv6 networks as address/prefix, without host bits and zone ids.",
        examples=[["192.0.2.0/24", "2001:db8::/32"]],
    ),
]


class NewNetwork(Sent):
    """`name` is unique, and does not look like an address."""

    name: Name
    cidrs: Cidrs


class NetworkChange(Sent):
    name: Name | None = None
    cidrs: Cidrs | None = None


class Network(Shown):
    id: str
    name: Name
    cidrs: Cidrs
    created_at: Instant
    changed_at: Instant
