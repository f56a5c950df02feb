"""From the kernel's rows to one Polars frame per kind, ready for the journal."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from sim.events import schema_of
from sim.events.codes import ClientClass, RefusalReason
from sim.flow.layout import (
    KIND_ACCEPTED,
    KIND_CANCELLED,
    KIND_REFUSED,
    KIND_SAMPLED,
    KIND_TRADE,
    ROW_CAUSE,
    ROW_KIND,
    ROW_PAYLOAD,
    ROW_SEQ,
    ROW_TIME,
    ROW_WIDTH,
    Ints,
)
from sim.flow.memory import unlocked
from sim.journal import coded
from sim.units import SYMBOLS

if TYPE_CHECKING:
    import polars as pl

PAYLOADS: dict[int, tuple[str, tuple[str, ...]]] = {
    KIND_ACCEPTED: (
        "order_accepted",
        (
            "order",
            "client",
            "instrument",
            "side",
            "order_type",
            "time_in_force",
            "price_ticks",
            "quantity_lots",
        ),
    ),
    KIND_REFUSED: (
        "order_refused",
        ("client", "instrument", "side", "price_ticks", "quantity_lots", "reason"),
    ),
    KIND_TRADE: (
        "trade",
        (
            "instrument",
            "price_ticks",
            "quantity_lots",
            "taker_side",
            "taker_order",
            "maker_order",
            "taker",
            "maker",
            "taker_fee_minor",
            "maker_fee_minor",
        ),
    ),
    KIND_CANCELLED: (
        "order_cancelled",
        ("order", "client", "instrument", "side", "price_ticks", "remaining_lots", "reason"),
    ),
    KIND_SAMPLED: (
        "book_sampled",
        (
            "instrument",
            "bid_ticks",
            "ask_ticks",
            "bid_depth_lots",
            "ask_depth_lots",
            "reference_ticks",
        ),
    ),
}
"""Order of the payload words of each kind of row; the names are those of the event classes."""

RULE_OF_REFUSAL: dict[RefusalReason, str] = {
    RefusalReason.NOT_ACTIVE: "onb.kyc",
    RefusalReason.SHORT_OF_FUNDS: "trd.prefunded",
    RefusalReason.EXPOSURE_LIMIT: "onb.exposure_limit",
    RefusalReason.BOOK: "",
}
"""The rule behind a refusal. The minimum order has one rule per pair; what keeps a class out of a pair is
the rule of the last `pair_opened` event, or else the one that keeps a token from it until it is listed."""

UNLISTED_RULE: dict[ClientClass, str] = dict.fromkeys(ClientClass, "tok.committee") | {
    ClientClass.RETAIL: "tok.sfc_approval"
}
"""The rule behind a refusal in a pair that never opened for a class."""

_BY_PAIR = (RefusalReason.NOT_LISTED, RefusalReason.SELL_ONLY)


def minimum_rule(symbol: str) -> str:
    """Id of the rule that sets a pair's minimum order."""
    return f"trd.min_order.{symbol.lower().replace('/', '_')}"


_RULE_NAMES: tuple[str, ...] = (
    "",
    *(RULE_OF_REFUSAL.get(reason, "") for reason in RefusalReason),
    *(minimum_rule(symbol) for symbol in SYMBOLS),
)


def _rule_codes(table: Ints) -> Ints:
    """Index into _RULE_NAMES, continued by the rules of pairs, of each refused row."""
    reason = table[ROW_PAYLOAD + 5]
    per_pair = 1 + len(RefusalReason) + table[ROW_PAYLOAD + 1]
    of_pair = len(_RULE_NAMES) + table[ROW_PAYLOAD + 6]
    fixed = np.where(reason == RefusalReason.BELOW_MINIMUM, per_pair, 1 + reason)
    codes: Ints = np.where(np.isin(reason, _BY_PAIR), of_pair, fixed)
    return codes


@unlocked
def _scatter(rows: Ints, starts: Ints, counts: Ints, columns: Ints) -> None:
    """Write rows as columns, kind by kind, in one pass; `starts` is where each kind's block begins."""
    done = np.zeros(len(counts), np.int64)
    for row in range(rows.shape[0]):
        kind = rows[row, ROW_KIND]
        place = starts[kind] + done[kind]
        for word in range(ROW_WIDTH):
            columns[place] = rows[row, word]
            place += counts[kind]
        done[kind] += 1


def _columns(rows: Ints) -> dict[int, Ints]:
    """Split rows by kind; each kind's table has shape [ROW_WIDTH, its rows]."""
    counts = np.bincount(rows[:, ROW_KIND], minlength=len(PAYLOADS)).astype(np.int64)
    ends = np.cumsum(counts) * ROW_WIDTH
    starts = ends - counts * ROW_WIDTH
    columns = np.empty(rows.size, np.int64)
    _scatter(rows, starts, counts, columns)
    return {
        kind: columns[starts[kind] : ends[kind]].reshape(ROW_WIDTH, -1)
        for kind in PAYLOADS
        if counts[kind]
    }


def _frame(kind: int, table: Ints, pair_rules: Sequence[str]) -> "pl.DataFrame":
    import polars as pl

    name, payload = PAYLOADS[kind]
    rule = _rule_codes(table) if kind == KIND_REFUSED else np.zeros(table.shape[1], np.int64)
    place = {"seq": ROW_SEQ, "time_us": ROW_TIME, "cause": ROW_CAUSE}
    place.update({column: ROW_PAYLOAD + index for index, column in enumerate(payload)})
    columns: dict[str, pl.Series] = {}
    for column in schema_of(name).columns:
        if column.name == "rule":
            columns["rule"] = coded(rule, (*_RULE_NAMES, *pair_rules), "string")
            continue
        words = table[place[column.name]]
        if column.name == "instrument":
            columns["instrument"] = coded(words, SYMBOLS, "string")
        elif isinstance(column.type, tuple):
            columns[column.name] = coded(words, column.type, column.type)
        else:
            columns[column.name] = pl.Series(words)
    return pl.DataFrame(columns)


def frames(rows: Ints, pair_rules: Sequence[str]) -> "dict[str, pl.DataFrame]":
    """Split rows (shape [n, ROW_WIDTH]) into one frame per kind that occurs in them.

    `pair_rules` names the rules that the rows refer to by number where a pair was not open.
    """
    return {
        PAYLOADS[kind][0]: _frame(kind, table, pair_rules) for kind, table in _columns(rows).items()
    }
