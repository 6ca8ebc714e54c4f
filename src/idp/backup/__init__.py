"""Backups: the whole database as one file, and the way back.

A backup is one committed state, read from one snapshot while others write, and the same file from either database for
either. It holds no key: what is sealed in it opens by the key store alone, which is kept apart from it, so that an
erased tenant stays erased in every backup there is.

To put a database back is to forget. So that nothing which was revoked, spent or erased since comes back with it, a
restore begins a new epoch (`tenants.begin_epoch`): every session, code and token from before is dead, single-use
things count as used, API keys as withdrawn, the erasures that the key store remembers are done again, and every trail
shows the gap. The key store keeps the number of the epoch as a fence: a database from before it, put back by hand, is
not served.
"""

from idp.backup.document import BackupRefused, Header, Reading
from idp.backup.fencing import adopt
from idp.backup.restoring import Restored, read, restore
from idp.backup.taking import Taken, Told, take

__all__ = ["BackupRefused", "Header", "Reading", "Restored", "Taken", "Told", "adopt", "read", "restore", "take"]
