"""Erasure: what the end of a contract promises (Art. 9.2), carried out once and for good, and certified.

Owns the certificates and the tombstones. It spans the rooms, which is why it stands above them: of a contract for this
service it deletes the rows of every table that does not declare itself kept, and destroys the tenant's data key; of a
contract for another product it takes the persons out. Whoever calls it (an operator at the admin API, the schedule)
opens a unit of the platform and stands on a floor above.

The key store and the database cannot commit together, so the order is: all that the database has to do, then the
tombstone with the certificate in it, then the key, then the commit. Whoever dies before the tombstone has changed
nothing; whoever dies after it has left a tombstone without an erased tenant, and `complete` does the rest as the
tombstone says, at the next run. The same is done after a restore: an older database knows nothing of the erasure.

No list of erased IDs is kept: an ID belongs to its tenant, which stays erased, and its value carries the millisecond of
its birth and eighty random bits that nobody can ask for. Of the tenant its name in URLs stays, so that nobody else gets
it.
"""

from idp.erasure.actions import erase
from idp.erasure.certificate import Certificate, Untrue, verify
from idp.erasure.completing import complete, complete_within
from idp.erasure.store import certificate_of
from idp.erasure.withdrawing import withdraw

__all__ = ["Certificate", "Untrue", "certificate_of", "complete", "complete_within", "erase", "verify", "withdraw"]
