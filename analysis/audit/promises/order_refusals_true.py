"""An order is refused only for a reason that the log bears out."""

import numpy as np
from numpy.typing import NDArray

from analysis.audit.columns import PAIR_NAMES, Ints
from analysis.audit.evidence import Evidence
from analysis.audit.findings import Tally
from analysis.audit.grids import ASSETS_N, BUY, PAYS, QUOTE, TICK_LOT
from analysis.audit.orders import hold_minor
from analysis.audit.people import fee_rates, pair_key, pair_status, people
from analysis.audit.promises.minimum_order import dated_minimums, minimums
from analysis.audit.registry import promise
from analysis.audit.stretches import Stretch
from analysis.audit.worth import USD, limits, worth
from sim.events.codes import PairStatus, RefusalReason


@promise(
    title="The reason of every refused order is true: the client, the pair, the amount, the funds or the "
    "limit were as it says",
    rules=("onb.kyc", "tok.sfc_approval", "trd.prefunded", "onb.exposure_limit"),
    needs="orders",
)
class OrderRefusalsTrue:
    """Check each refusal's reason as the desk should have found it."""

    def __init__(self, evidence: Evidence) -> None:
        self._found = Tally()
        self._clients = evidence.once(people)
        self._status = evidence.once(pair_status)
        self._hold_rates = evidence.once(fee_rates)["hold"]
        self._minimums = evidence.once(dated_minimums)
        self._worth = evidence.once(worth)
        self._limits = evidence.once(limits)
        self._unpriced = 0

    def look(self, stretch: Stretch) -> None:
        """Judge the refusals of a stretch."""
        refused = stretch.refused
        if not len(refused):
            return
        reason = refused["reason"]
        true = self._truths(stretch)
        place, priced = self._worth.places(refused.time_us)
        unknown = (reason == RefusalReason.EXPOSURE_LIMIT) & ~priced
        unknown |= reason == RefusalReason.BOOK
        self._unpriced += int(unknown.sum())
        self._found.cases -= int(unknown.sum())
        true[RefusalReason.EXPOSURE_LIMIT] = self._over_limit(stretch, place)
        believed = np.choose(reason, true)
        self._found.rows(
            "order_refused",
            refused.seq,
            refused.time_us,
            ~believed & ~unknown,
            lambda row: (
                f"client {refused['client'][row]} is refused in {PAIR_NAMES[refused['instrument'][row]]}: "
                f"{RefusalReason(int(reason[row])).name.lower()}"
            ),
            lambda _: "a reason that the events before it bear out",
        )

    def _truths(self, stretch: Stretch) -> list[NDArray[np.bool_]]:
        """Whether each reason holds for each refusal, in the order of `RefusalReason`."""
        refused = stretch.refused
        seq, side, instrument = refused.seq, refused["side"], refused["instrument"]
        account = self._clients.account(refused["client"])
        code = self._clients.code[account]
        status = self._status.at(pair_key(code, instrument), seq)
        price, lots = refused["price_ticks"], refused["quantity_lots"]
        least = minimums(self._minimums, instrument, refused.time_us)
        notional = price * lots * TICK_LOT[instrument]
        needed = hold_minor(side, instrument, notional, lots, self._hold_rates.at(code, seq))
        purse = account * ASSETS_N + PAYS[side, instrument]
        never = np.zeros(len(refused), np.bool_)
        return [
            self._clients.active_seq[account] > seq,
            status == PairStatus.CLOSED,
            (status == PairStatus.SELL_ONLY) & (side == BUY),
            notional < least,
            needed > stretch.available.before(purse, seq),
            never,
            never,
        ]

    def _over_limit(self, stretch: Stretch, place: Ints) -> NDArray[np.bool_]:
        refused = stretch.refused
        seq, instrument = refused.seq, refused["instrument"]
        limit = self._limits.before(refused["client"], seq)
        if not len(self._worth.step):
            return limit >= 0
        account = self._clients.account(refused["client"])
        _, most = self._worth.exposure(stretch, account, seq, place)
        notional = refused["price_ticks"] * refused["quantity_lots"] * TICK_LOT[instrument]
        _, value = self._worth.value(notional, QUOTE[instrument] == USD, place)
        over: NDArray[np.bool_] = (limit >= 0) & (refused["side"] == BUY) & (most + value > limit)
        return over

    def tally(self) -> Tally:
        """Return what was found, and how many refusals the log cannot bear out or refute."""
        if self._unpriced:
            self._found.why = (
                f"{self._unpriced:,} refusals are not judged: the outside price of their instant is not "
                f"in the log, or the book itself refused"
            )
        return self._found
