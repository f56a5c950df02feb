"""Which rules the simulation acts on.

The regime holds more law than this version simulates. A change to any other rule is recorded and shown,
and changes no outcome; whoever makes one is told so.
"""

from collections.abc import Mapping
from typing import Final

import attrs

from sim.quantities import format_share
from sim.rules.model import Unit, Value
from sim.units import INT64_MAX, PPM, Money


@attrs.frozen
class Range:
    """What the simulation takes as a value of a rule; any other means nothing to it."""

    unit: Unit = "flag"
    minimum: int = 0
    maximum: int = INT64_MAX
    """Bounds of a value: parts per million, minor units or a whole number."""
    assets: tuple[str, ...] = ("HKD", "USD")

    def refusal(self, rule_unit: str, value: Value) -> str:
        """Say what is wrong with a value of a rule of some unit; empty where nothing is."""
        if rule_unit != self.unit:
            return f"the simulation takes it as a {self.unit}, not as a {rule_unit}"
        if isinstance(value, Money):
            if value.asset not in self.assets:
                return f"expected an amount in {' or '.join(self.assets)}, got {value}"
            return (
                "" if value.amount_minor >= 0 else f"expected an amount not below zero, got {value}"
            )
        if isinstance(value, str) or self.minimum <= value <= self.maximum:
            return ""
        write = format_share if self.unit == "share" else str
        return f"expected from {write(self.minimum)} to {write(self.maximum)}, got {write(value)}"


_FLAG = Range()
_SHARE = Range("share", 0, PPM)

RANGES: Final[Mapping[str, Range]] = {
    "cus.cold_share": _SHARE,
    "fiat.withdrawal_days": Range("count", 0, 365),
    # More than all one has is what no limit at all would be.
    "onb.exposure_limit": Range("share", 0, 10 * PPM),
    "onb.exposure_rule": _FLAG,
    "onb.first_transfer": Range("money"),
    "onb.jurisdiction": _FLAG,
    "onb.knowledge": _FLAG,
    "onb.kyc": _FLAG,
    "onb.pi_individual": Range("money"),
    "onb.retail_access": _FLAG,
    "onb.risk_profile": _FLAG,
    "onb.same_name": _FLAG,
    "tok.retail_gate": _FLAG,
    "tok.sfc_approval": _FLAG,
    # A rebate would have to come out of the platform's own money, which is not simulated.
    "trd.fee_maker": _SHARE,
    "trd.fee_taker": _SHARE,
    "trd.min_order.btc_hkd": Range("money", assets=("HKD",)),
    "trd.min_order.btc_usd": Range("money", assets=("USD",)),
    "trd.min_order.eth_hkd": Range("money", assets=("HKD",)),
    "trd.min_order.eth_usd": Range("money", assets=("USD",)),
}
"""Rules whose value changes what happens, and the values that they may have."""

MODELLED: Final[frozenset[str]] = frozenset(RANGES)


def refusal(rule_id: str, rule_unit: str, value: Value) -> str:
    """Say why the simulation cannot act on a value of a rule; empty where it can, or does not act on it."""
    known = RANGES.get(rule_id)
    return "" if known is None else known.refusal(rule_unit, value)


STRUCTURAL: Final[frozenset[str]] = frozenset({"tok.committee", "trd.prefunded"})
"""Rules that the simulation obeys always, whatever their value; refusals name them."""
