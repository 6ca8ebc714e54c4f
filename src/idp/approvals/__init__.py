"""Approvals: acts that take two different operators. What the first proposes is kept to the letter; the second approves
just that.

Owns the proposals, their digests and who may be the second: another account, and no key that the first one has made or
holds. A proposal is decided once, by one conditional write, within three days. It never carries anything out: whoever
approves does that in the transaction of the approval. All of it belongs to the platform.

Whoever makes an account is not approved by it, nor it by them, directly or over others; whoever has chosen its password
could be it. So the first two accounts are made with the key of the machine, by letters and not with passwords, and then
that key is put away: who holds it and reads both mailboxes can be both persons, and that stands in the trail.
"""

from idp.approvals.actions import approve, propose, reject
from idp.approvals.model import Change, Proposal, State
from idp.approvals.store import LISTED, close_all, get, page

__all__ = ["LISTED", "Change", "Proposal", "State", "approve", "close_all", "get", "page", "propose", "reject"]
