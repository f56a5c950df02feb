"""What a venue fixes for a book once and for all."""

from typing import SupportsIndex

import attrs

_MOST = 2**63 - 1


def _is_within(value: object, least: int) -> bool:
    return isinstance(value, SupportsIndex) and least <= value.__index__() <= _MOST


def _positive(_book_rules: object, attribute: "attrs.Attribute[int]", value: object) -> None:
    if not _is_within(value, 1):
        raise ValueError(f"{attribute.name} is {value}; expected 1 to {_MOST:,}")


@attrs.frozen
class BookRules:
    """Rules of one book; prices in ticks, quantities in lots.

    Raises
    ------
    ValueError
        A number is out of range, or the maximum is below the minimum.
    """

    tick: int = attrs.field(default=1, validator=_positive)
    """Limit and stop prices are multiples of it."""
    lot: int = attrs.field(default=1, validator=_positive)
    """Quantities, peaks and reductions are multiples of it."""
    min_quantity: int = attrs.field(default=1, validator=_positive)
    max_quantity: int | None = attrs.field(
        default=None, validator=attrs.validators.optional(_positive)
    )
    collar_ticks: int | None = attrs.field(default=None)
    """How far a market order may reach past the best price at its arrival."""
    unique_ids: bool = False
    """Refuse an id for ever once an order had it. The book then remembers 64 bytes for each."""
    nonpositive_prices: bool = False
    """Allow limit and stop prices of zero and below, as spreads and power have them."""
    market_pressure: bool = True
    """Between uncross prices of equal volume and surplus, take the highest when buyers are left over
    and the lowest when sellers are."""

    @collar_ticks.validator
    def _check_collar(self, _attribute: object, value: int | None) -> None:
        if value is not None and not _is_within(value, 0):
            raise ValueError(f"collar_ticks is {value}; expected 0 to {_MOST:,}, or None")

    @max_quantity.validator
    def _check_maximum(self, _attribute: object, value: int | None) -> None:
        if value is not None and value < self.min_quantity:
            raise ValueError(
                f"max_quantity is {value}; expected at least min_quantity, {self.min_quantity}"
            )
