"""A witness that follows a market by its events alone and notes every law that is broken.

The laws are what any venue of this kind promises, said one by one and without an oracle. `follow` gets every
command, its event rows and what the book shows afterwards; `broken` lists by law what did not hold.
"""

from collections import defaultdict

import attrs

from tests.matching.reference_rules import (
    ACCEPTED,
    AMEND,
    AMENDED,
    BANDS_SET,
    BUY,
    CANCELLED,
    CONTINUOUS,
    DECREMENT,
    FOK,
    GTC,
    GTD,
    KEEP,
    LEAST,
    LIMIT,
    MARKET_BY_AMOUNT,
    MOST,
    NO_PREVENTION,
    PHASE_SET,
    REJECTED,
    SELL,
    STOP,
    STOP_LIMIT,
    TRADE,
    TRIGGERED,
    UNCROSSED,
    Row,
    Why,
    Words,
)

NOT_CROSSED = "the book is not crossed while trading is continuous"
CONSERVED = "every accepted lot is traded, cancelled or open"
PRIORITY = "better prices trade first, and older orders of one price before younger ones"
FOK_LAW = "a fill-or-kill trades in full or changes nothing"
POST_ONLY = "a post-only order never takes"
ICEBERG = "an iceberg shows and trades at most its peak at a time"
STOPS = "a stop fires once, after its trigger and not later"
BAND = "nothing trades outside the bands that bind it"
VOLUME = "an uncross trades the most that any price allows"
OWN_LIMIT = "nobody trades at a worse price than his own limit, nor at another than the maker's"
SELF_TRADE = "nobody who prevents self-trades takes from himself"
LAWS = (
    NOT_CROSSED, CONSERVED, PRIORITY, FOK_LAW, POST_ONLY, ICEBERG, STOPS, BAND, VOLUME, OWN_LIMIT,
    SELF_TRADE,
)  # fmt: skip

ACTING, RESTING, WAITING = "acting", "resting", "waiting"


@attrs.frozen
class View:
    """What a book shows."""

    best_bid: int | None
    best_ask: int | None
    resting: dict[int, tuple[int, int]]
    """Open lots and lots shown of every resting order."""
    waiting: dict[int, int]
    """Lots of every waiting stop."""


@attrs.define
class Seen:
    """An order as its events tell."""

    terms: Row
    price: int
    total: int
    place: int
    state: str
    executed: int = 0
    last: int | None = None
    """Last trade price when it began to act."""

    @property
    def side(self) -> int:
        return self.terms[1]

    @property
    def has_limit(self) -> bool:
        return self.terms[2] in {LIMIT, STOP_LIMIT}

    @property
    def peak(self) -> int:
        return self.terms[13]

    @property
    def stop_price(self) -> int:
        return self.terms[12]

    @property
    def open(self) -> int:
        return self.total - self.executed


class Witness:
    """Follows one book from its beginning."""

    def __init__(self) -> None:
        self.broken: dict[str, list[str]] = defaultdict(list)
        self.orders: dict[int, Seen] = {}
        self.trades = 0
        self._last: int | None = None
        self._phase = CONTINUOUS
        self._bands = (LEAST, MOST, 0)
        self._places = 0
        self._acting: int | None = None
        self._segment: list[Row] = []
        self._owed: int | None = None
        self._words = Words(0)
        self._prices: list[int] = []

    def follow(self, words: Words, rows: list[Row], view: View) -> None:
        """Take note of one command, its events and the book after it."""
        self._words = words
        self._prices = [] if self._last is None else [self._last]
        self._uncrossed = 0
        if not (len(rows) == 1 and rows[0][0] == REJECTED):
            for row in rows:
                self._note(row)
            self._settle()
        self._expect(self._uncrossed == 0, VOLUME, f"{self._uncrossed} lots of an uncross missing")
        self._compare(view)

    def _expect(self, holds: bool, law: str, what: str) -> None:
        if not holds:
            self.broken[law].append(f"{self._words}: {what}")

    def _note(self, row: Row) -> None:
        notes = {
            ACCEPTED: self._accepted,
            TRADE: self._uncross_trade if row[7] else self._trade,
            CANCELLED: self._cancelled,
            AMENDED: self._amended,
            TRIGGERED: self._triggered,
            UNCROSSED: self._uncross,
        }
        if row[0] == PHASE_SET:
            self._phase = row[7]
        elif row[0] == BANDS_SET:
            self._bands = (row[10], row[12], row[11])
        elif row[0] in notes:
            notes[row[0]](row)
        self._segment.append(row)

    # -- orders come, act, go ----------------------------------------------------------------------

    def _place(self) -> int:
        self._places += 1
        return self._places

    def _act(self, order: int) -> None:
        self._acting, self._segment = order, []
        self.orders[order].state = ACTING
        self.orders[order].last = self._last

    def _settle(self) -> None:
        """Let what is left of the acting order rest, and judge what it did."""
        order, self._acting = self._acting, None
        if order is None:
            return
        seen = self.orders.get(order)
        fills = sum(row[11] for row in self._segment if row[0] == TRADE and row[8] == order)
        if seen is not None:
            may_rest = seen.has_limit and seen.terms[3] in {GTC, GTD}
            self._expect(may_rest, CONSERVED, f"{order} has {seen.open} lots and cannot rest")
            seen.state = RESTING
        self._expect(self._owed is None, CONSERVED, f"{order} did not lose {self._owed} lots")
        self._owed = None
        begin = next((row for row in self._segment if row[8] == order), None)
        if begin is not None and begin[3] == FOK and begin[0] in {ACCEPTED, TRIGGERED}:
            killed = [row[0] for row in self._segment[1:]] == [CANCELLED]
            whole = fills == begin[11] and seen is None
            self._expect(whole or (killed and fills == 0), FOK_LAW, f"{self._segment}")

    def _accepted(self, row: Row) -> None:
        order = row[8]
        self._expect(order not in self.orders, CONSERVED, f"{order} is there twice")
        self.orders[order] = Seen(row, row[10], row[11], self._place(), WAITING)
        if row[2] not in {STOP, STOP_LIMIT}:
            self._act(order)

    def _triggered(self, row: Row) -> None:
        self._settle()
        order = row[8]
        seen = self.orders.get(order)
        waited = seen is not None and seen.state == WAITING
        self._expect(waited, STOPS, f"{order} was not waiting")
        if seen is None:
            return
        reached = any(
            price >= seen.stop_price if seen.side == BUY else price <= seen.stop_price
            for price in self._prices
        )
        self._expect(reached, STOPS, f"{order} at {seen.stop_price} fired at {self._prices}")
        self._expect(row[11] == seen.open, CONSERVED, f"{row} for {seen}")
        seen.place = self._place()
        self._act(order)

    def _cancelled(self, row: Row) -> None:
        order, lots = row[8], row[11]
        seen = self.orders.pop(order, None)
        self._expect(seen is not None and seen.open == lots, CONSERVED, f"{row} for {seen}")
        if row[6] == Why.SELF_TRADE:
            self._lost(order, lots)

    def _amended(self, row: Row) -> None:
        order, lots = row[8], row[11]
        seen = self.orders.get(order)
        if seen is None:
            self._expect(False, CONSERVED, f"{row} for no order")
            return
        if row[6] == Why.SELF_TRADE:
            self._expect(0 < lots < seen.open, CONSERVED, f"{row} for {seen}")
            self._lost(order, seen.open - lots)
            seen.total -= seen.open - lots
            return
        if self._words.kind == AMEND:
            seen.total = seen.total if self._words.quantity == KEEP else self._words.quantity
            seen.price = seen.price if self._words.price == KEEP else self._words.price
        else:
            seen.total -= self._words.quantity
        right = seen.open == lots > 0 and row[10] == seen.price
        self._expect(right, CONSERVED, f"{row} for {seen}")
        if not row[7]:
            seen.place = self._place()
            if seen.state == RESTING:
                self._act(order)

    def _lost(self, order: int, lots: int) -> None:
        """A decrement takes the same from both; the maker comes first."""
        taker = self.orders.get(self._acting) if self._acting is not None else None
        if order == self._acting:
            self._expect(self._owed in {None, lots}, CONSERVED, f"{order} lost {lots}")
            self._owed = None
        elif taker is not None and taker.terms[5] == DECREMENT:
            self._owed = lots

    # -- trades ------------------------------------------------------------------------------------

    def _trade(self, row: Row) -> None:
        taker, maker = self.orders.get(row[8]), self.orders.get(row[12])
        price, lots = row[10], row[11]
        if taker is None or maker is None or row[8] != self._acting or maker.state != RESTING:
            self._expect(False, CONSERVED, f"{row} of {taker} and {maker}")
            return
        self._judge_maker(maker, row, row[14])
        spent = lots * price if taker.terms[2] == MARKET_BY_AMOUNT else lots
        self._expect(spent <= taker.open, CONSERVED, f"{row} takes more than {taker}")
        within = not taker.has_limit or _within(taker, price)
        self._expect(price == maker.price and within, OWN_LIMIT, f"{row} of {taker} and {maker}")
        self._expect(not taker.terms[4], POST_ONLY, f"{row} of {taker}")
        own = taker.terms[5] != NO_PREVENTION and taker.terms[9] == maker.terms[9] != 0
        self._expect(not own, SELF_TRADE, f"{row} of {taker} and {maker}")
        low, high, width = self._bands
        too_far = width > 0 and taker.last is not None and abs(price - taker.last) > width
        outside = not taker.has_limit and not low <= price <= high
        self._expect(not too_far and not outside, BAND, f"{row} of {taker} within {self._bands}")
        self._fill(row[8], spent)
        self._fill(row[12], lots)
        self._traded(price)

    def _uncross_trade(self, row: Row) -> None:
        for order in (row[8], row[12]):
            seen = self.orders.get(order)
            if seen is None or seen.state != RESTING:
                self._expect(False, CONSERVED, f"{row} of {seen}")
                return
            self._judge_maker(seen, row, row[14] if order == row[12] else seen.open - row[11])
            self._expect(_within(seen, row[10]), OWN_LIMIT, f"{row} of {seen}")
        self._fill(row[8], row[11])
        self._fill(row[12], row[11])
        self._uncrossed -= row[11]
        self._traded(row[10])

    def _traded(self, price: int) -> None:
        self.trades += 1
        self._last = price
        self._prices.append(price)

    def _fill(self, order: int, lots: int) -> None:
        seen = self.orders[order]
        seen.executed += lots
        if seen.open <= 0:
            del self.orders[order]

    def _judge_maker(self, maker: Seen, row: Row, remaining: int) -> None:
        lots = row[11]
        right = 0 < lots <= maker.open and remaining == maker.open - lots
        self._expect(right, CONSERVED, f"{row} of {maker}")
        self._expect(maker.peak == 0 or lots <= maker.peak, ICEBERG, f"{row} of {maker}")
        for other in self.orders.values():
            if other.state != RESTING or other.side != maker.side:
                continue
            better = other.price > maker.price if maker.side == BUY else other.price < maker.price
            # A slice that came back from the reserve may stand behind younger orders.
            older = not other.peak and other.price == maker.price and other.place < maker.place
            self._expect(not better and not older, PRIORITY, f"{row}: {other} before {maker}")

    def _uncross(self, row: Row) -> None:
        resting = [seen for seen in self.orders.values() if seen.state == RESTING]
        volume = max(
            (
                min(
                    sum(o.open for o in resting if o.side == BUY and o.price >= price),
                    sum(o.open for o in resting if o.side == SELL and o.price <= price),
                )
                for price in {seen.price for seen in resting}
            ),
            default=0,
        )
        self._expect(row[11] == volume, VOLUME, f"{row}, possible are {volume}")
        self._uncrossed = row[11]

    # -- the book after a command ------------------------------------------------------------------

    def _compare(self, view: View) -> None:
        bid, ask = view.best_bid, view.best_ask
        crossed = bid is not None and ask is not None and bid >= ask
        self._expect(not (crossed and self._phase == CONTINUOUS), NOT_CROSSED, f"{bid} {ask}")
        resting = {order: seen.open for order, seen in self.orders.items() if seen.state == RESTING}
        shown = {order: lots for order, (lots, _) in view.resting.items()}
        self._expect(resting == shown, CONSERVED, f"{shown} rest instead of {resting}")
        waiting = {order: seen for order, seen in self.orders.items() if seen.state == WAITING}
        lots = {order: seen.open for order, seen in waiting.items()}
        self._expect(lots == view.waiting, CONSERVED, f"{view.waiting} wait instead of {lots}")
        for order, (_, visible) in view.resting.items():
            peak = self.orders[order].peak if order in self.orders else 0
            self._expect(not peak or 0 < visible <= peak, ICEBERG, f"{order} shows {visible}")
        for order, seen in waiting.items():
            last = self._last if self._phase == CONTINUOUS else None
            late = last is not None and (
                seen.stop_price <= last if seen.side == BUY else seen.stop_price >= last
            )
            self._expect(not late, STOPS, f"{order} at {seen.stop_price} still waits at {last}")


def _within(seen: Seen, price: int) -> bool:
    return price <= seen.price if seen.side == BUY else price >= seen.price
