from typing import Annotated

from pydantic import ConfigDict, Field

from idp.admin.shapes.base import Day, Instant, Shown
from idp.contracts import Product, Status


class People(Shown):
    """`active` are those who can sign in now."""

    existing: int
    active: int


class Named(Shown):
    id: str
    name: str


class Dependent(Shown):
    """A product that the tenant has and cannot use without the one that would go."""

    product: Product
    status: Status
    needs: Product


class Impact(Shown):
    """Counts are of now. `possible` says whether the act is legal in the present state; dates are judged by the act."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "contract": "con_01K9",
                    "product": "ID_PLUS",
                    "act": "stop",
                    "status": "active",
                    "possible": True,
                    "takes_effect_at": "2026-06-30T15:00:00Z",
                    "last_day": "2026-06-30",
                    "reversible": False,
                    "export_until": "2026-06-30",
                    "erasure_due_on": "2026-07-01",
                    "ids": {"existing": 41, "active": 40},
                    "sessions": 17,
                    "grants": 52,
                    "services": [{"id": "svc_01K9", "name": "経費精算"}],
                    "tokens_live_until": "2026-06-30T15:05:00Z",
                    "dependent_products": [],
                    "continued_by": None,
                }
            ]
        }
    )
    contract: str
    product: Product
    act: str
    status: Status
    possible: bool
    takes_effect_at: Instant
    last_day: Day | None
    reversible: bool
    export_until: Day | None
    erasure_due_on: Day | None
    ids: People
    sessions: int
    grants: int
    services: Annotated[list[Named], Field(description="Those that people could not get into any more.")]
    tokens_live_until: Annotated[
        Instant | None,
        Field(description="A service that does not ask us may believe a token until then; null: none does."),
    ]
    dependent_products: list[Dependent]
    continued_by: Annotated[str | None, Field(description="The contract or application that continues this one.")]
