"""What goes in and out: the words of a command and of an event row, 64 bytes each.

Both begin with eight small numbers packed into one word, the first in its lowest byte, and go on with
seven words. An ACCEPTED row is its command with another kind.

A buffer is one flat int64 array. Word 0 counts the rows used; row r begins at
`BUFFER_HEADER + r * EVENT_WIDTH`.
"""

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from sim.matching.aligned import aligned_empty

Words = npt.NDArray[np.int64]
"""A flat int64 array."""

BUFFER_HEADER: Final = 8
"""Words before the first row; word 0 counts the rows used."""
EVENT_WIDTH: Final = 8
COMMAND_WIDTH: Final = 8

# Shift of each small number in the packed word; COMMAND and EVENT differ only in the last two.
KIND_SHIFT: Final = 0
SIDE_SHIFT: Final = 8
TYPE_SHIFT: Final = 16
TIME_IN_FORCE_SHIFT: Final = 24
POST_ONLY_SHIFT: Final = 32
PREVENTION_SHIFT: Final = 40
REASON_SHIFT: Final = 48
DETAIL_SHIFT: Final = 56
BYTE: Final = 0xFF

# Words of a command and of an event.
PACKED: Final = 0
ORDER: Final = 1
"""The order the event is about; in a trade, the taker."""
ACCOUNT: Final = 2
PRICE: Final = 3
"""Ticks: the limit price, in a trade the resting order's; 0 for market types."""
QUANTITY: Final = 4
"""Lots: entered, traded, cancelled, refused or open after an amendment."""
STOP_PRICE: Final = 5
PEAK: Final = 6
EXPIRES: Final = 7
# The last three words of a trade.
MAKER_ORDER: Final = 5
MAKER_ACCOUNT: Final = 6
MAKER_REMAINING: Final = 7
"""Lots the resting order still has, an iceberg's reserve included."""

_SMALL = ("kind", "side", "order_type", "time_in_force", "post_only", "self_trade_prevention")
_WIDE = ("order", "account", "price", "quantity", "stop_price", "peak", "expires")
_OF_A_TRADE = ("maker_order", "maker_account", "maker_remaining")
_ROW_BYTES = 64


def _row(small: tuple[str, ...], wide: dict[str, int]) -> np.dtype[np.void]:
    fields: Any = {
        "names": [*small, *wide],
        "formats": [np.uint8] * len(small) + [np.dtype("<i8")] * len(wide),
        "offsets": [*range(len(small)), *(8 * word for word in wide.values())],
        "itemsize": _ROW_BYTES,
    }
    row: np.dtype[np.void] = np.dtype(fields)
    return row


_WIDE_WORDS = {name: word for word, name in enumerate(_WIDE, start=1)}

COMMAND: Final = _row((*_SMALL, "reserved", "detail"), _WIDE_WORDS)
"""One command of a batch; what a kind of command does not use is 0.

CANCEL and REDUCE use `order`, `account` and `quantity`; AMEND `price` and the new total `quantity`, each of
which may be `codes.KEEP`; SESSION the phase in `detail`; UNCROSS a reference in `price`; BANDS `price` and
`stop_price` as lowest and highest price, `quantity` as the dynamic half-width in ticks and the action in
`detail`; CLOCK `expires` as the time.
"""

EVENT: Final = _row(
    (*_SMALL, "reason", "detail"),
    _WIDE_WORDS | {name: word for word, name in enumerate(_OF_A_TRADE, start=MAKER_ORDER)},
)
"""One row of a buffer, by name: `events["quantity"]` is a column.

The last three words have two names each: `maker_order`, `maker_account` and `maker_remaining` in a trade,
`stop_price`, `peak` and `expires` in any other row.
"""


def new_buffer(rows: int) -> Words:
    """Return an empty event buffer for `rows` rows.

    Raises
    ------
    ValueError
        The number of rows is not positive.
    """
    if rows <= 0:
        raise ValueError(f"a buffer of {rows} rows holds nothing; expected at least 1")
    buffer = aligned_empty(BUFFER_HEADER + rows * EVENT_WIDTH)
    buffer[:BUFFER_HEADER] = 0
    return buffer
