"""Every event names the event that led to it, of the right kind and of the same client."""

import numpy as np
import polars as pl

from analysis.audit.evidence import Evidence
from analysis.audit.findings import Tally
from analysis.audit.registry import promise
from analysis.audit.stretches import CONTROL_KINDS, Columns, Ints, Stretch, control_index
from sim.events import schema_of
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


@promise(
    title="Every event names its cause: an earlier event of a kind that leads to it, of the same client",
    needs="control",
)
class CausesRight:
    """Look the cause of every event up."""

    def __init__(self, evidence: Evidence) -> None:
        self._found = Tally()
        self._evidence = evidence
        index = evidence.once(control_index)
        self._seqs = {
            kind: index.filter(pl.col("kind") == kind)["seq"].to_numpy() for kind in CONTROL_KINDS
        }

    def look(self, stretch: Stretch) -> None:
        """Judge the causes of a stretch's trades and cancellations."""
        trades, lives = stretch.trades, stretch.lives
        row = lives.taker_row
        # The taker's order may have been left out of the log.
        due = np.where(row >= 0, lives.birth[row], 0) if len(lives.birth) else np.zeros_like(row)
        self._rows("trade", trades, due)
        # What took an order away is its own acceptance, unless the platform did.
        cancelled, row = stretch.cancelled, lives.cancel_row
        reason, cause = cancelled["reason"], cancelled["cause"]
        due = np.where(row >= 0, lives.birth[row], 0) if len(lives.birth) else np.zeros_like(row)
        for code, kind in _CANCEL_CAUSES.items():
            places = np.flatnonzero(reason == code)
            known = np.isin(cause[places], self._seqs[kind]) & (
                cause[places] < cancelled.seq[places]
            )
            due[places] = np.where(known, cause[places], -1)
        self._rows("order_cancelled", cancelled, due)

    def _rows(self, kind: str, rows: Columns, due: Ints) -> None:
        self._found.rows(
            kind,
            rows.seq,
            rows.time_us,
            rows["cause"] != due,
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
        clients = self._clients()
        causes = index.select(cause="seq", cause_kind="kind").join(
            clients.rename({"seq": "cause", "client": "cause_client"}), on="cause", how="left"
        )
        rows = index.join(causes, on="cause", how="left").join(clients, on="seq", how="left")
        for kind in CONTROL_KINDS:
            self._control(kind, rows.filter(pl.col("kind") == kind).sort("seq"))
        return self._found

    def _control(self, kind: str, rows: pl.DataFrame) -> None:
        """Judge one kind; one that no one has written down may have any earlier cause, or none."""
        allowed = CAUSES.get(kind, CONTROL_KINDS)
        right = (
            (pl.col("cause") < pl.col("seq"))
            & pl.col("cause_kind").is_in(allowed)
            & (pl.col("client") == pl.col("cause_client")).fill_null(value=True)
        )
        if not allowed or kind not in CAUSES:
            right |= pl.col("cause") == 0
        self._found.table(
            kind,
            rows,
            ~right.fill_null(value=False),
            lambda row: (
                f"cause {row['cause']}"
                + (
                    f", a {row['cause_kind']} of client {row['cause_client']}"
                    if row["cause_kind"]
                    else ""
                )
            ),
            lambda _: f"an earlier {' or '.join(allowed)}" if allowed else "cause 0",
        )

    def _clients(self) -> pl.DataFrame:
        """Seq and client of every control event that has one."""
        return pl.concat(
            [
                self._evidence.table(kind).select("seq", "client")
                for kind in CONTROL_KINDS
                if any(column.name == "client" for column in schema_of(kind).columns)
            ]
        )
