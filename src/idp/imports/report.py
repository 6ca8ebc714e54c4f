"""What an import has come to, for programs."""

from typing import Any

from idp.imports.model import Fault, Report

MOST_FAULTS = 10_000
"""Rows of which it is told what is wrong with them; the others are counted."""


def to_json(report: Report) -> dict[str, Any]:
    return {
        "dry_run": report.dry_run,
        "key": "user_name",
        **report.counts._asdict(),
        "errors": [_fault(fault) for fault in report.faults],
        "resumed_after": report.resumed_after,
    }


def _fault(fault: Fault) -> dict[str, Any]:
    said = {name: value for name, value in fault._asdict().items() if value is not None}
    return said | {"column": fault.column or None}
