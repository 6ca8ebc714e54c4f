"""How a process ends that has lived long."""

import os
import sys
from typing import NoReturn


def leave(status: int) -> NoReturn:
    """At once: everything is closed. Python would first take apart all that it has loaded, half a second of a processor
    in each of our processes, and SIGTERM ends all of them within five seconds on whatever machine."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)
