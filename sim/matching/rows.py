"""Writing event rows."""

from sim.matching.bits import Memory, inlined
from sim.matching.layout import (
    ACCOUNT,
    BUFFER_HEADER,
    EVENT_WIDTH,
    KIND,
    MAKER_ACCOUNT,
    MAKER_ORDER,
    MAKER_REMAINING,
    ORDER,
    PRICE,
    QUANTITY,
    REASON,
    REMAINING,
    SIDE,
    SPARE,
)


@inlined
def write_row(
    out: Memory,
    kind: int,
    order: int,
    account: int,
    side: int,
    price: int,
    quantity: int,
    maker: int,
    maker_account: int,
    remaining: int,
    maker_remaining: int,
    reason: int,
) -> None:
    """Append one event to the buffer."""
    row = BUFFER_HEADER + out[0] * EVENT_WIDTH
    out[row + KIND] = kind
    out[row + ORDER] = order
    out[row + ACCOUNT] = account
    out[row + SIDE] = side
    out[row + PRICE] = price
    out[row + QUANTITY] = quantity
    out[row + MAKER_ORDER] = maker
    out[row + MAKER_ACCOUNT] = maker_account
    out[row + REMAINING] = remaining
    out[row + MAKER_REMAINING] = maker_remaining
    out[row + REASON] = reason
    out[row + SPARE] = 0
    out[0] += 1
