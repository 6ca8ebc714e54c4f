"""The trail in the long run: whether all of it still stands, what says so from outside, and when its time is over.

Owns checkpoints: signed statements of how far every chain had come, which whoever holds the database cannot reach. It
spans the tenants, which is why it stands above them. It writes no row of the trail but through `audit`, and removes
none whose time is not over.
"""

from idp.custody.adopting import adopt_unkeyed
from idp.custody.checkpoints import Checkpoint, Taken, Untrue, published, read, take
from idp.custody.everyone import everyone
from idp.custody.keeping import keep_todays
from idp.custody.retention import forget
from idp.custody.standing import Bad, Standing, examine

__all__ = [
    "Bad",
    "Checkpoint",
    "Standing",
    "Taken",
    "Untrue",
    "adopt_unkeyed",
    "everyone",
    "examine",
    "forget",
    "keep_todays",
    "published",
    "read",
    "take",
]
