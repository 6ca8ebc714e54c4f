"""What a worker weighs when nothing is asked of it, and how long `serve` takes from its first import to ready."""

import time
from dataclasses import dataclass
from statistics import median

from tests.support import installation, processes

STARTS = 5
SETTLES_IN = 1.5


@dataclass(frozen=True, slots=True)
class Weight:
    """The heaviest process of an idle `serve` in megabytes (10^6 bytes), and the seconds of every start."""

    rss: float
    pss: float
    processes: int
    starts: tuple[float, ...]

    @property
    def ready(self) -> float:
        return median(self.starts)


def weigh(left: installation.Installation) -> Weight:
    """Starts `serve` several times with one worker; time runs from the start of the process, before any import."""
    starts = []
    for _ in range(STARTS):
        begun = time.monotonic()
        with installation.serve(left, workers=1) as running:
            starts.append(time.monotonic() - begun)
            time.sleep(SETTLES_IN)
            members = [processes.memory(member) for member in processes.tree(running.program.pid)]
    return Weight(
        rss=max(member.rss for member in members) * 1024 / 1e6,
        pss=max(member.pss for member in members) * 1024 / 1e6,
        processes=len(members),
        starts=tuple(starts),
    )
