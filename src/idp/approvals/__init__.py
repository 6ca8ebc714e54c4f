"""Approvals: acts that take two different operators. What the first proposes is kept to the letter; the second approves
just that.

Owns the proposals, their digests and who may be the second: another account, and no key that the first one has made or
holds. A proposal is decided once, by one conditional write, within three days. It never carries anything out: whoever
approves does that in the transaction of the approval. All of it belongs to the platform.

Whoever may write accounts can make themselves a second one: that cannot be refused here, and stands in the trail.
"""

from idp.approvals.actions import approve, propose, reject
from idp.approvals.model import Change, Proposal, State
from idp.approvals.store import LISTED, close_all, get, page

__all__ = ["LISTED", "Change", "Proposal", "State", "approve", "close_all", "get", "page", "propose", "reject"]
