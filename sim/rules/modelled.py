"""Which rules the simulation acts on.

The regime holds more law than this version simulates. A change to any other rule is recorded and shown,
and changes no outcome; whoever makes one is told so.
"""

from typing import Final

MODELLED: Final[frozenset[str]] = frozenset(
    {
        "cus.cold_share",
        "fiat.withdrawal_days",
        "onb.exposure_limit",
        "onb.exposure_rule",
        "onb.first_transfer",
        "onb.jurisdiction",
        "onb.knowledge",
        "onb.kyc",
        "onb.pi_individual",
        "onb.retail_access",
        "onb.risk_profile",
        "onb.same_name",
        "tok.retail_gate",
        "tok.sfc_approval",
        "trd.fee_maker",
        "trd.fee_taker",
        "trd.min_order.btc_hkd",
        "trd.min_order.btc_usd",
        "trd.min_order.eth_hkd",
        "trd.min_order.eth_usd",
    }
)
"""Rules whose value changes what happens."""

STRUCTURAL: Final[frozenset[str]] = frozenset({"tok.committee", "trd.prefunded"})
"""Rules that the simulation obeys always, whatever their value; refusals name them."""
