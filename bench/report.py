"""What a measurement says: the table for people, the record for machines, and which budgets it missed."""

import json
import os
import platform
import subprocess
import tomllib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from bench.decisions import Decisions
from bench.rounds import Figures, Plan, Subject, Turn, figures
from bench.subjects import NODE
from bench.worker import Weight
from bench.workloads import Workload

QUIET = 0.1
BUDGETS = Path(__file__).with_name("budgets.toml")


@dataclass(frozen=True, slots=True)
class Compared:
    """Both servers under one workload. Ratios above one favour ours."""

    workload: Workload
    name: str
    ours: Figures
    peer_name: str
    peer: Figures

    @classmethod
    def of(cls, workload: Workload, subject: Subject, peer: Subject, turns: Sequence[Turn]) -> "Compared":
        """`turns` are those of one workload."""
        ours = figures([turn for turn in turns if turn.port == subject.port])
        return cls(workload, subject.name, ours, peer.name, figures([turn for turn in turns if turn.port == peer.port]))

    @property
    def cpu_ratio(self) -> float:
        return self.peer.cpu_per_request / self.ours.cpu_per_request

    @property
    def throughput_ratio(self) -> float:
        return self.ours.per_second / self.peer.per_second


@dataclass(frozen=True, slots=True)
class Outcome:
    """Everything that was measured of the server in question, beside its peers."""

    compared: tuple[Compared, ...]
    weight: Weight | None
    decisions: Decisions | None


def table(outcome: Outcome) -> str:
    lines = ["one core each for server and load; medians of the rounds"]
    for each in outcome.compared:
        lines += _rows(each)
    if max(max(each.ours.foreign, each.peer.foreign) for each in outcome.compared) > QUIET:
        lines.append("others used the server's core meanwhile: measure again on a quiet machine")
    if outcome.weight:
        weight = outcome.weight
        starts = ", ".join(f"{start:.2f}" for start in weight.starts)
        lines.append(
            f"idle worker: {weight.rss:.1f} MB resident ({weight.pss:.1f} MB proportional), "
            f"the heaviest of {weight.processes}; ready in {weight.ready:.2f} s ({starts})"
        )
    if outcome.decisions:
        of = outcome.decisions
        lines.append(
            f"a decision: {of.none:.1f} µs without rules, {of.twenty:.1f} µs with twenty, "
            f"{of.texts:.1f} µs with twenty texts that no form can express, {of.cedar:.1f} µs where Cedar judges them"
        )
    return "\n".join(lines)


def _rows(compared: Compared) -> list[str]:
    columns = ("p50 ms", "p99 ms", "server", "others", "load")
    head = f"{'':<14}{'CPU µs each':>12}{'each s':>9}{''.join(f'{name:>9}' for name in columns)}{'number':>10}"
    lines = [compared.workload.title, head]
    for name, of in ((compared.name, compared.ours), (compared.peer_name, compared.peer)):
        lines.append(
            f"{name:<14}{of.cpu_per_request:>12.1f}{of.per_second:>9.0f}{of.p50 / 1e3:>9.2f}{of.p99 / 1e3:>9.2f}"
            f"{of.server_busy:>9.0%}{of.foreign:>9.0%}{of.generator_busy:>9.0%}{of.requests:>10}"
        )
    return [*lines, f"ratio: {compared.cpu_ratio:.2f} by CPU time, {compared.throughput_ratio:.2f} by throughput"]


def missed(outcome: Outcome) -> list[str]:
    """One sentence for each budget that was not kept."""
    budgets = tomllib.loads(BUDGETS.read_text())
    found = []
    for each in outcome.compared:
        measured = {
            "cpu_ratio": each.cpu_ratio,
            "throughput_ratio": each.throughput_ratio,
            "per_second": each.ours.per_second,
        }
        for name, floor in budgets[each.workload.name].items():
            value = measured[name]
            if value < floor:
                found.append(f"{name} of {each.workload.title} is {value:.2f}, at least {floor} is asked")
    ceilings: dict[str, dict[str, float]] = {}
    if outcome.weight:
        ceilings["worker"] = {"idle_mb": outcome.weight.rss, "ready_s": outcome.weight.ready}
    if outcome.decisions:
        ceilings["decision"] = {
            "none_us": outcome.decisions.none,
            "twenty_us": outcome.decisions.twenty,
            "texts_us": outcome.decisions.texts,
            "cedar_us": outcome.decisions.cedar,
        }
    found += [
        f"{name} is {value:.2f}, at most {budgets[table][name]} is allowed"
        for table, values in ceilings.items()
        for name, value in values.items()
        if value > budgets[table][name]
    ]
    return found


def record(outcome: Outcome, plan: Plan, turns: Sequence[Turn]) -> dict[str, object]:
    return {
        "commit": _output("git", "describe", "--always", "--dirty", "--abbrev=40"),
        "plan": asdict(plan),
        "versions": versions(),
        "compared": {
            each.workload.name: {
                "cpu_ratio": each.cpu_ratio,
                "throughput_ratio": each.throughput_ratio,
                each.name: asdict(each.ours),
                f"peer {each.peer_name}": asdict(each.peer),
            }
            for each in outcome.compared
        },
        "decisions": asdict(outcome.decisions) if outcome.decisions else None,
        "worker": asdict(outcome.weight) if outcome.weight else None,
        "missed": missed(outcome),
        "turns": [_without_token(asdict(turn)) for turn in turns],
    }


def _without_token(turn: dict[str, Any]) -> dict[str, Any]:
    del turn["result"]["sample"]
    return turn


def versions() -> dict[str, str]:
    wanted = ("warifu", "uvicorn", "uvloop", "sqlalchemy", "cryptography", "lxml", "pysaml2")
    return {
        "python": platform.python_version(),
        "node": _output("node", "--version"),
        "xmlsec1": _output("xmlsec1", "--version"),
        "oidc-provider": _locked("oidc-provider"),
        "machine": f"{platform.machine()} {platform.release()}, {os.cpu_count()} cores",
        **{name: metadata.version(name) for name in wanted if _installed(name)},
    }


def _locked(package: str) -> str:
    """Which version `npm ci` installs."""
    packages = json.loads((NODE / "package-lock.json").read_text())["packages"]
    found: str = packages[f"node_modules/{package}"]["version"]
    return found


def filesystem(directory: Path) -> str:
    return _output("stat", "--file-system", "--format=%T", str(directory))


def _installed(name: str) -> bool:
    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        return False
    return True


def _output(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
