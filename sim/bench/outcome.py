"""What a stream of commands comes to, and whether a contender came to the same.

Two books that agree in the checksum made the same fills in the same order: it runs over maker, taker, price
and lots of every fill.
"""

from collections.abc import Mapping, Sequence

import attrs
import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Reported = Mapping[str, int | None]
"""What a contender can tell of its outcome, by the names of `Outcome`; the rest is left out."""

_FACTOR = 1_000_003
_MAKER, _TAKER, _PRICE = 8191, 127, 31

FILL_FIGURES = ("fills", "traded_lots", "notional", "checksum")
BOOK_FIGURES = ("resting_orders", "bid_levels", "ask_levels", "best_bid", "best_ask")


@attrs.frozen
class Outcome:
    """Everything that price-time priority decides about a stream."""

    fills: int
    traded_lots: int
    notional: int
    """Sum over the fills of price in ticks times lots."""
    checksum: int
    """Of maker, taker, price and lots of every fill in order, modulo 2^64."""
    resting_orders: int
    bid_levels: int
    """Different prices bid."""
    ask_levels: int
    best_bid: int | None
    best_ask: int | None

    def differences(self, reported: Reported) -> tuple[str, ...]:
        """Say where a contender's figures are not these, a phrase each.

        The checksum's digits say nothing to a reader, so only its name is said.

        Raises
        ------
        KeyError
            The contender reports a figure that no outcome has.
        """
        expected = attrs.asdict(self)
        return tuple(
            name
            if name == "checksum"
            else f"{name.replace('_', ' ')} {_said(value)}, expected {_said(expected[name])}"
            for name, value in reported.items()
            if value != expected[name]
        )


def _said(value: int | None) -> str:
    return "none" if value is None else f"{value:,}"


def fill_figures(makers: Ints, takers: Ints, prices: Ints, lots: Ints) -> dict[str, int | None]:
    """Return the figures of `Outcome` that follow from the fills.

    Parameters
    ----------
    makers, takers
        Order ids, shape (fills,), in the order in which they traded.
    prices
        Ticks.
    lots
        Traded by each fill.
    """
    terms = (
        makers.astype(np.uint64) * np.uint64(_MAKER)
        + takers.astype(np.uint64) * np.uint64(_TAKER)
        + prices.astype(np.uint64) * np.uint64(_PRICE)
        + lots.astype(np.uint64)
    )
    # checksum = checksum * factor + term, fill by fill: the last term has no factor, the one before it one.
    powers = np.ones(len(terms), np.uint64)
    np.cumprod(np.full(max(len(terms) - 1, 0), _FACTOR, np.uint64), out=powers[1:])
    return {
        "fills": len(terms),
        "traded_lots": int(lots.sum()),
        "notional": int((prices * lots).sum()),
        "checksum": int((terms * powers[::-1]).sum()),
    }


def fill_figures_of_rows(
    rows: Sequence[tuple[int, int, int, int]],
) -> dict[str, int | None]:
    """Return the same from rows of maker, taker, price and lots."""
    columns = np.array(rows, np.int64).reshape(-1, 4).T
    return fill_figures(columns[0], columns[1], columns[2], columns[3])
