"""Random rules and requests: the engine and an evaluator written from the wording alone say the same of each.

`PAIRS` is how many are compared; the gate takes some, `make policies` a hundred thousand.
"""

import os
from collections import Counter

import pytest
from tests.access.policies.drawing import NETWORKS, Draw, compiled, inputs
from tests.access.policies.wording import decide

PAIRS = int(os.environ.get("PAIRS", "4000"))
SHARES = 8


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("share", range(SHARES))
def test_the_engine_decides_as_the_wording_does(share: int) -> None:
    draw = Draw(20_260_401 + share)
    seen: Counter[str] = Counter()
    while sum(seen.values()) < PAIRS / SHARES:
        drawn = draw.policies()
        ruleset = compiled(drawn)
        for _ in range(5):
            facts, assigned, required = draw.facts(), draw.flag(), draw.random() < 0.3
            found = ruleset.evaluate(inputs(facts), assigned=assigned, assignment_required=required)
            results = {each.id: each.result.value for each in found.rules}
            wanted = decide(drawn, facts, NETWORKS, assigned=assigned, assignment_required=required)
            assert (found.decision.value, found.reason.value, set(found.missing), results) == wanted, (drawn, facts)
            seen[found.reason.value] += 1
    assert len(seen) == 6, "every reason was met"
    assert min(seen.values()) > sum(seen.values()) / 100
