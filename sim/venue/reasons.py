"""The words that events give as reasons, all in one place.

A reason is a short fixed word in snake case, so that a measure can group by it; which rule was behind it
stands in the event's `rule`.
"""

from typing import Final

RETAIL_CLOSED: Final = "retail_closed"
"""Refused: the platform does not serve retail clients yet (rule onb.retail_access)."""
RESIDENCE: Final = "residence"
"""Refused: lives where trading virtual assets is banned (rule onb.jurisdiction)."""
IDENTITY: Final = "identity"
"""Refused: identity, documents or source of wealth were not accepted (rule onb.kyc)."""
IMPATIENT: Final = "impatient"
"""Left: waited for an officer longer than the prospect's patience."""
KNOWLEDGE_FAILED: Final = "knowledge_failed"
"""Left: failed the knowledge assessment twice (rule onb.knowledge)."""
MINIMUM_TOO_HIGH: Final = "minimum_too_high"
"""Left: the first transfer's minimum is more than the prospect wants to put in (rule onb.first_transfer)."""
THIRD_PARTY_ACCOUNT: Final = "third_party_account"
"""Deposit refused: the money came from somebody else's bank account (rule onb.same_name)."""
SHORT_OF_FUNDS: Final = "short_of_funds"
"""Withdrawal refused: the available balance is smaller than the amount (rule trd.prefunded)."""
