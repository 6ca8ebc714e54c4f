"""`python -m bench`: the whole measurement, a table, a JSON file, and exit 1 when a budget is missed."""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from bench import decisions, report, rounds, saml, subjects, worker
from bench.report import Compared
from bench.rounds import Plan, Turn
from bench.workloads import CROWDED, SIGN_ON, WORKLOADS, Workload


def arguments(given: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="turns of each server that count")
    parser.add_argument("--seconds", type=float, default=5.0, help="length of a turn")
    parser.add_argument("--connections", type=int, default=32, help="keep-alive, one request in flight on each")
    parser.add_argument("--seed", type=int, default=1, help="decides who goes first in each round")
    parser.add_argument("--json", type=Path, default=Path("dist/bench.json"), help="where the figures are written")
    parser.add_argument("--directory", type=Path, default=Path("/var/tmp"), help="a directory on a real disk")
    parser.add_argument("--only", choices=["openid", "saml"], help="one of the two protocols")
    parser.add_argument("--null", action="store_true", help="the peer against itself: the noise of the machine")
    return parser.parse_args(given)


def main(given: Sequence[str]) -> int:
    options = arguments(given)
    if os.cpu_count() == 1:
        raise SystemExit("the measurement needs two cores: one for the server, one for the load")
    if report.filesystem(options.directory) in {"tmpfs", "ramfs"}:
        raise SystemExit(f"{options.directory} is memory: durability would cost nothing there")
    plan = Plan(options.rounds, options.seconds, options.connections, options.seed)
    outcome, turns = measure(plan, options.directory, null=options.null, only=options.only)
    print(report.table(outcome))
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(report.record(outcome, plan, turns), indent=2) + "\n")
    missed = [] if options.null else report.missed(outcome)
    for sentence in missed:
        print(f"missed: {sentence}")
    return 1 if missed else 0


def measure(plan: Plan, directory: Path, *, null: bool, only: str | None) -> tuple[report.Outcome, list[Turn]]:
    """`null`: the peer against itself; `only` one of the protocols."""
    with tempfile.TemporaryDirectory(dir=directory, prefix="bench-") as place:
        outcome, turns = report.Outcome((), None, None), list[Turn]()
        if only != "saml":
            outcome, turns = openid(plan, Path(place) / "openid", null=null)
        if only != "openid" and not null:
            compared, more = saml_sign_on(plan, Path(place) / "saml")
            outcome, turns = replace(outcome, compared=(*outcome.compared, *compared)), [*turns, *more]
        return outcome, turns


def openid(plan: Plan, place: Path, *, null: bool) -> tuple[report.Outcome, list[Turn]]:
    """Beside npm oidc-provider."""
    core, people = plan.server_core, plan.connections
    place.mkdir()
    with ExitStack() as running:
        peer = running.enter_context(subjects.peer(core=core, people=people))
        weight = decided = None
        if null:
            other = running.enter_context(subjects.peer(core=core, people=people))
        else:
            filled = subjects.fill(place)
            weight = worker.weigh(filled.left)
            decided = decisions.measure(core=core)
            other = running.enter_context(subjects.ours(filled, core=core, people=people))
        turns, compared = [], []
        for workload in WORKLOADS:
            own = list(_watched(rounds.run([other, peer], workload, plan), workload, of=2 * plan.rounds))
            compared.append(Compared.of(workload, other, peer, own))
            turns += own
        return report.Outcome(tuple(compared), weight, decided), turns


def saml_sign_on(plan: Plan, place: Path) -> tuple[list[Compared], list[Turn]]:
    """Beside pysaml2, and beside ourselves with ten thousand services."""
    core = plan.server_core
    filled = saml.fill(place, people=plan.connections)
    with ExitStack() as running:
        one = running.enter_context(saml.ours(filled, filled.one, "warifu", core=core))
        many = running.enter_context(saml.ours(filled, filled.many, "ten thousand", core=core))
        peer = running.enter_context(saml.peer(place, core=core))
        turns = list(_watched(rounds.run([one, many, peer], SIGN_ON, plan), SIGN_ON, of=3 * plan.rounds))
        return [Compared.of(SIGN_ON, one, peer, turns), Compared.of(CROWDED, many, one, turns)], turns


def _watched(turns: Iterator[Turn], workload: Workload, *, of: int) -> Iterator[Turn]:
    """The same turns, with a line for each as it ends."""
    for number, turn in enumerate(turns, 1):
        print(
            f"{workload.title} {number:>3}/{of} {turn.subject:<14} {turn.cpu_per_request:7.1f} µs CPU "
            f"{turn.per_second:8.0f}/s",
            file=sys.stderr,
        )
        yield turn


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
