"""Which budgets a measurement misses."""

from dataclasses import replace

import pytest
from bench.decisions import Decisions
from bench.report import Compared, Outcome, missed, table
from bench.rounds import Figures
from bench.worker import Weight
from bench.workloads import CROWDED, SIGN_ON, WORKLOADS, Workload

PEER = Figures(
    requests=100,
    cpu_per_request=200.0,
    per_second=5000,
    p50=6000,
    p99=9000,
    server_busy=1,
    foreign=0,
    generator_busy=0.1,
)
OURS = replace(PEER, cpu_per_request=100.0, per_second=10000)
DECISIONS = Decisions(none=14.9, twenty=149.0, texts=149.0, cedar=299.0)
WEIGHT = Weight(rss=90.0, pss=80.0, processes=1, starts=(0.9, 1.0, 4.0))


def outcome(ours: Figures, weight: Weight = WEIGHT, decisions: Decisions = DECISIONS) -> Outcome:
    return Outcome((Compared(WORKLOADS[0], "ours", ours, "peer", PEER),), weight, decisions)


KEPT = outcome(OURS)


def test_a_server_twice_as_fast_and_light_enough_misses_nothing() -> None:
    assert missed(KEPT) == []
    assert "14.9 µs without rules, 149.0 µs with twenty" in table(KEPT)
    assert "ratio: 2.00 by CPU time, 2.00 by throughput" in table(KEPT)


@pytest.mark.parametrize(
    ("measured", "name"),
    [
        (outcome(replace(OURS, cpu_per_request=118.0)), "cpu_ratio"),
        (outcome(replace(OURS, per_second=7490)), "throughput_ratio"),
        (replace(KEPT, weight=Weight(rss=121.0, pss=80.0, processes=1, starts=(1.0,))), "idle_mb"),
        (replace(KEPT, weight=Weight(rss=90.0, pss=80.0, processes=1, starts=(1.0, 1.6, 1.6))), "ready_s"),
        (replace(KEPT, decisions=replace(DECISIONS, none=15.1)), "none_us"),
        (replace(KEPT, decisions=replace(DECISIONS, twenty=150.1)), "twenty_us"),
        (replace(KEPT, decisions=replace(DECISIONS, texts=150.1)), "texts_us"),
        (replace(KEPT, decisions=replace(DECISIONS, cedar=300.1)), "cedar_us"),
    ],
)
def test_each_budget_can_be_missed(measured: Outcome, name: str) -> None:
    (sentence,) = missed(measured)
    assert sentence.startswith(name)


SLOW = replace(PEER, cpu_per_request=2500.0, per_second=20.0)


@pytest.mark.parametrize(
    ("workload", "ours", "peer", "name"),
    [
        (SIGN_ON, replace(OURS, per_second=501.0), SLOW, ""),
        (SIGN_ON, replace(OURS, per_second=499.0), replace(SLOW, per_second=10.0), "per_second"),
        (SIGN_ON, replace(OURS, cpu_per_request=101.0), SLOW, "cpu_ratio"),
        (CROWDED, replace(OURS, per_second=1.0), replace(OURS, cpu_per_request=95.1), ""),
        (CROWDED, OURS, replace(OURS, cpu_per_request=94.9), "cpu_ratio"),
    ],
)
def test_the_budgets_of_the_sign_on_of_saml(workload: Workload, ours: Figures, peer: Figures, name: str) -> None:
    measured = Outcome((Compared(workload, "ours", ours, "peer", peer),), None, None)
    assert [sentence.split(" ")[0] for sentence in missed(measured)] == ([name] if name else [])
