"""What goes in and out: the words of an event row.

A buffer is one flat int64 array. Word 0 counts the rows used; row r begins at
`BUFFER_HEADER + r * EVENT_WIDTH`.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

Words = npt.NDArray[np.int64]
"""A flat int64 array."""

BUFFER_HEADER: Final = 8
"""Words before the first row; word 0 counts the rows used, the others belong to `single.py`."""
EVENT_WIDTH: Final = 12

KIND: Final = 0
"""`EventKind`."""
ORDER: Final = 1
"""The order the event is about; in a trade, the taker."""
ACCOUNT: Final = 2
SIDE: Final = 3
PRICE: Final = 4
"""Ticks: the limit price, in a trade the resting order's; 0 for a market order."""
QUANTITY: Final = 5
"""Lots: entered, traded, cancelled or refused."""
MAKER_ORDER: Final = 6
"""In a trade: the resting order, its account, and the lots it has left."""
MAKER_ACCOUNT: Final = 7
REMAINING: Final = 8
"""Lots open: of a new order before it trades, of the taker after the trade, of an order as it leaves."""
MAKER_REMAINING: Final = 9
REASON: Final = 10
"""`CancelReason` in CANCELLED, `Reject` in REJECTED, otherwise 0."""
SPARE: Final = 11
"""Always 0."""


def new_buffer(rows: int) -> Words:
    """Return an empty event buffer for `rows` rows.

    Raises
    ------
    ValueError
        The number of rows is not positive.
    """
    if rows <= 0:
        raise ValueError(f"a buffer of {rows} rows holds nothing; expected at least 1")
    buffer = np.empty(BUFFER_HEADER + rows * EVENT_WIDTH, np.int64)
    buffer[:BUFFER_HEADER] = 0
    return buffer


COMMAND: Final = np.dtype(
    [
        ("kind", np.int64),
        ("order", np.int64),
        ("account", np.int64),
        ("side", np.int64),
        ("order_type", np.int64),
        ("time_in_force", np.int64),
        ("price", np.int64),
        ("quantity", np.int64),
    ]
)
"""One command of a batch. A CANCEL needs `kind` and `order` only."""

EVENT: Final = np.dtype(
    [
        ("kind", np.int64),
        ("order", np.int64),
        ("account", np.int64),
        ("side", np.int64),
        ("price", np.int64),
        ("quantity", np.int64),
        ("maker_order", np.int64),
        ("maker_account", np.int64),
        ("remaining", np.int64),
        ("maker_remaining", np.int64),
        ("reason", np.int64),
        ("spare", np.int64),
    ]
)
"""One row of a buffer, by name: `events["quantity"]` is a column."""
