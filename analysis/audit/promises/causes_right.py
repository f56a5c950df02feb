"""Every event names the event that led to it, of the right kind and of the same client."""

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from analysis.audit.columns import Columns, Ints
from analysis.audit.evidence import Evidence
from analysis.audit.findings import Offence, Tally
from analysis.audit.reading import CONTROL_KINDS
from analysis.audit.registry import promise
from analysis.audit.stretches import Stretch, control_index
from sim.events.codes import CancelReason

START, LAW = "run_started", "rule_changed"
_APPLIED = ("application_submitted", "identity_verified", "knowledge_tested")
_PROFILED = (*_APPLIED, "risk_profiled")
_LIVES = ("client_activated", "participant_registered")
CAUSES: dict[str, tuple[str, ...]] = {
    "run_started": (),
    "run_ended": (),
    "state_checkpointed": (),
    "rule_changed": (),
    "prospect_arrived": (),
    "participant_registered": (START,),
    "fees_set": (START, LAW),
    "token_listed": (START, LAW),
    "pair_opened": (START, LAW, "token_listed"),
    "application_submitted": ("prospect_arrived", LAW),
    "application_refused": _APPLIED,
    "identity_verified": ("application_submitted",),
    "knowledge_tested": (*_APPLIED[:2], "training_completed"),
    "training_completed": ("knowledge_tested",),
    "risk_profiled": _APPLIED,
    "exposure_limit_set": (*_PROFILED, LAW),
    "account_opened": ("exposure_limit_set",),
    "prospect_left": (*_APPLIED, "account_opened", "deposit_refused"),
    "deposit_instructed": ("account_opened", *_LIVES, "deposit_refused"),
    "deposit_credited": ("deposit_instructed",),
    "deposit_refused": ("deposit_instructed",),
    "client_activated": ("deposit_credited",),
    "withdrawal_requested": _LIVES,
    "withdrawal_refused": _LIVES,
    "withdrawal_paid": ("withdrawal_requested",),
    "coin_deposited": _LIVES,
    "coin_withdrawal_requested": _LIVES,
    "coin_paid_out": ("coin_withdrawal_requested",),
    "cold_swept": ("coin_deposited", "coin_paid_out", "coin_withdrawal_requested", "cold_swept"),
    "fees_swept": ("fees_set",),
}
"""Kinds that may cause a kind of control events; none means that nothing in the log causes it."""

_CANCEL_CAUSES = {
    CancelReason.FEE_CHANGE: "fees_set",
    CancelReason.PAIR_CLOSED: "pair_opened",
    CancelReason.EXPOSURE_LIMIT: "exposure_limit_set",
}
_NOBODY = np.iinfo(np.int64).min


def _allowed() -> NDArray[np.bool_]:
    """Return by kind and kind of its cause whether that is right; the last column is for no cause.

    A kind that no one has written down may have any earlier cause, or none.
    """
    allowed = np.zeros((len(CONTROL_KINDS), len(CONTROL_KINDS) + 1), np.bool_)
    for place, kind in enumerate(CONTROL_KINDS):
        causes = CAUSES.get(kind, CONTROL_KINDS)
        allowed[place, [CONTROL_KINDS.index(cause) for cause in causes]] = True
        allowed[place, -1] = not causes or kind not in CAUSES
    return allowed


_ALLOWED = _allowed()
_BY_PLATFORM = np.isin(np.arange(len(CancelReason)), list(_CANCEL_CAUSES))


@promise(
    title="Every event names its cause: an earlier event of a kind that leads to it, of the same client",
    needs="control",
)
class CausesRight:
    """Look the cause of every event up."""

    def __init__(self, evidence: Evidence) -> None:
        self._found = Tally()
        self._evidence = evidence
        self._everybody = evidence.level == "full"
        index = evidence.once(control_index)
        self._seqs = {
            kind: index.filter(pl.col("kind") == kind)["seq"].to_numpy()
            for kind in _CANCEL_CAUSES.values()
        }

    def look(self, stretch: Stretch) -> None:
        """Judge the causes of a stretch's trades and cancellations."""
        trades, lives = stretch.trades, stretch.lives
        row = lives.taker_row
        due = np.where(row >= 0, lives.birth[row], 0) if len(lives.birth) else np.zeros_like(row)
        self._rows("trade", trades, row, due)
        # What took an order away is its own acceptance, unless the platform did.
        self._rows("order_cancelled", stretch.cancelled, lives.cancel_row, self._due(stretch))

    def _due(self, stretch: Stretch) -> Ints:
        """Return the cause that each cancellation should name, -1 where it names a wrong one."""
        cancelled, due = stretch.cancelled, stretch.lives.cancel_birth
        reason, cause = cancelled["reason"], cancelled["cause"]
        theirs = np.flatnonzero(_BY_PLATFORM[reason])
        if not len(theirs):
            return due
        due = due.copy()
        for code, kind in _CANCEL_CAUSES.items():
            places = theirs[reason[theirs] == code]
            known = np.isin(cause[places], self._seqs[kind]) & (
                cause[places] < cancelled.seq[places]
            )
            due[places] = np.where(known, cause[places], -1)
        return due

    def _rows(self, kind: str, rows: Columns, order: Ints, due: Ints) -> None:
        wrong = rows["cause"] != due
        if self._everybody:
            # That an order is not on its book is another promise's offence; what it came from is unknown.
            wrong &= order >= 0
        self._found.rows(
            kind,
            rows.seq,
            rows.time_us,
            wrong,
            lambda row: f"cause {rows['cause'][row]}",
            lambda row: (
                f"cause {due[row]}"
                if due[row] >= 0
                else "an earlier event that closed, limited or priced it"
            ),
        )

    def tally(self) -> Tally:
        """Judge the control events, and return what was found."""
        index = self._evidence.once(control_index)
        if not index.height:
            return self._found
        seq, cause = index["seq"].to_numpy(), index["cause"].to_numpy()
        kind = index["kind"].to_physical().to_numpy()
        client = index["client"].fill_null(_NOBODY).to_numpy()
        place = np.minimum(np.searchsorted(seq, cause), len(seq) - 1)
        there = seq[place] == cause
        known = there & (cause < seq)
        allowed = _ALLOWED[kind, np.where(known, kind[place], len(CONTROL_KINDS))]
        whose = client[place]
        same = (client == whose) | (client == _NOBODY) | (whose == _NOBODY)
        bad = np.flatnonzero(~np.where(known, allowed & same, allowed & (cause == 0)))
        self._found.cases += len(seq)
        if len(bad):
            row = index.row(int(bad[0]), named=True)
            named = index.row(int(place[bad[0]]), named=True) if there[bad[0]] else None
            self._found.offend(_offence(row, named))
            self._found.broken += len(bad) - 1
        return self._found


def _offence(row: dict[str, Any], named: dict[str, Any] | None) -> Offence:
    """Describe a control event whose cause is wrong; `named` is the control event that it names."""
    what = f"cause {row['cause']}"
    if named is not None:
        what += f", which is {named['kind']}"
        what += f" of client {named['client']}" if named["client"] is not None else ""
    allowed = CAUSES.get(row["kind"], ("event",))
    expected = f"an earlier {' or '.join(allowed)}" if allowed else "cause 0"
    if named is not None and named["kind"] in allowed:
        expected += f" of client {row['client']}"
    return Offence(row["seq"], row["time_us"], row["kind"], what, expected)
