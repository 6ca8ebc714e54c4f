"""Interleaved rounds: the servers take turns under the same load, so that the machine's moods fall on both."""

import json
import random
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Protocol

from tests.support import processes

from bench.load import Result
from bench.subjects import on_core
from bench.tally import Order
from bench.workloads import Workload

WARM_UP = 3.0


class Subject(Protocol):
    """A running server. `database` is the file in which it keeps an audit trail; None when it keeps none."""

    @property
    def name(self) -> str: ...
    @property
    def pid(self) -> int: ...
    @property
    def port(self) -> int: ...
    @property
    def database(self) -> Path | None: ...

    def order(self, workload: Workload, *, connections: int, seconds: float) -> Order: ...

    def recorded(self) -> int:
        """How many entries the audit trail has."""

    def verify(self, workload: Workload, sample: str) -> None:
        """Raises unless what the server gave is what it should be."""


@dataclass(frozen=True, slots=True)
class Plan:
    """`seconds` is the length of one server's turn in a round."""

    rounds: int
    seconds: float
    connections: int
    seed: int
    server_core: int = 0
    generator_core: int = 1


@dataclass(frozen=True, slots=True)
class Turn:
    """One server under load once; `cpu` in seconds, of its process tree; `foreign` what others took of its core."""

    workload: str
    subject: str
    port: int
    cpu: float
    foreign: float
    result: Result

    @property
    def cpu_per_request(self) -> float:
        return self.cpu / self.result.good * 1e6

    @property
    def per_second(self) -> float:
        return self.result.good / self.result.elapsed

    @property
    def server_busy(self) -> float:
        return self.cpu / self.result.elapsed

    @property
    def generator_busy(self) -> float:
        return self.result.generator_cpu / self.result.elapsed


@dataclass(frozen=True, slots=True)
class Figures:
    """Medians over the rounds: microseconds, requests a second, and how much of its core each side used; `foreign` is
    the worst turn's share of the server's core that went to others."""

    requests: int
    cpu_per_request: float
    per_second: float
    p50: float
    p99: float
    server_busy: float
    foreign: float
    generator_busy: float


def run(subjects: Sequence[Subject], workload: Workload, plan: Plan) -> Iterator[Turn]:
    """Every turn that counts, as it ends. Warm-up is one turn of each server, checked and discarded.

    Who goes first in a round is drawn from the seed, so that neither always follows the other.
    """
    for subject in subjects:
        subject.verify(workload, take_turn(subject, workload, plan, seconds=WARM_UP).result.sample)
    draw = random.Random(plan.seed)
    for _ in range(plan.rounds):
        for subject in draw.sample(subjects, len(subjects)):
            yield take_turn(subject, workload, plan, seconds=plan.seconds)


def take_turn(subject: Subject, workload: Workload, plan: Plan, *, seconds: float) -> Turn:
    """Puts the server under load once. Raises when a single answer was not good or left no trace."""
    order = subject.order(workload, connections=plan.connections, seconds=seconds)
    recorded = subject.recorded()
    before, core_before = processes.cpu_seconds(subject.pid), processes.core_seconds(plan.server_core)
    generator = subprocess.run(
        [*on_core(plan.generator_core), sys.executable, "-m", "bench.load"],
        input=json.dumps(asdict(order)),
        capture_output=True,
        text=True,
        timeout=seconds + 60,
        check=False,
    )
    cpu = processes.cpu_seconds(subject.pid) - before
    foreign = processes.core_seconds(plan.server_core) - core_before - cpu
    if generator.returncode != 0:
        raise RuntimeError(f"the load generator failed against {subject.name}:\n{generator.stderr[-2000:]}")
    result = Result(**json.loads(generator.stdout))
    if result.bad or not result.good:
        raise RuntimeError(f"{subject.name} did not answer every request well: {result.good} good, {result.bad}")
    if subject.database and subject.recorded() - recorded < result.good:
        raise RuntimeError(f"{subject.name} answered more requests than its audit trail knows of")
    return Turn(workload.name, subject.name, subject.port, cpu, max(foreign, 0.0), result)


def figures(turns: Sequence[Turn]) -> Figures:
    return Figures(
        requests=sum(turn.result.good for turn in turns),
        cpu_per_request=median(turn.cpu_per_request for turn in turns),
        per_second=median(turn.per_second for turn in turns),
        p50=median(turn.result.p50 for turn in turns),
        p99=median(turn.result.p99 for turn in turns),
        server_busy=median(turn.server_busy for turn in turns),
        foreign=max(turn.foreign / turn.result.elapsed for turn in turns),
        generator_busy=median(turn.generator_busy for turn in turns),
    )
