"""The log folded into the state, event after event, up to any seq and further."""

from typing import Any, Literal, Self, cast, get_args

import numpy as np
import polars as pl

from sim.events import KINDS, Event
from sim.journal import JournalError, RunLog
from sim.journal.controls import events_of
from sim.ledger import Ledger, LedgerError
from sim.state.hashing import State, Table, trimmed
from sim.state.terms import Terms
from sim.state.trading import ORDERS, TRADES, Trading
from sim.venue.register import Register

Level = Literal["full", "trades", "control"]
"""A scenario's log level: what of the order flow its log keeps."""

_CONTROL = frozenset(kind for kind, made in KINDS.items() if made.plane == "control")
_KINDS: dict[str, frozenset[str]] = {
    "control": _CONTROL,
    "trades": _CONTROL | {TRADES},
    "full": _CONTROL | {TRADES, *ORDERS},
}


class FoldError(JournalError):
    """Events that do not follow from each other, or a log that no run of a scenario wrote."""


class DisorderError(FoldError):
    """An event cannot follow from those before it: the log is sealed, and is no record of a run."""


def level_of(log: RunLog) -> Level:
    """Return the log level of a run.

    Raises
    ------
    FoldError
        The header names none.
    """
    level = log.header.get("log_level")
    if level not in get_args(Level):
        raise FoldError(
            f"{log.run_dir} has no log level in its header: `vatp run` did not write it"
        )
    return cast("Level", level)


class Fold:
    """Projections of a log up to the event `seq`; memory is that of the state and one segment.

    Nothing of the live run is read, and every part file's bytes are checked before they are believed.
    """

    def __init__(self, log: RunLog) -> None:
        self.level = level_of(log)
        self.seq = 0
        """Seq of the last event taken into account."""
        self.ledger = Ledger()
        self.register = Register()
        self.terms = Terms()
        self.trading = Trading()
        self._log = log

    @classmethod
    def of(cls, log: RunLog, snapshot: dict[str, Any]) -> Self:
        """Go on from what `snapshot()` returned."""
        fold = cls(log)
        fold.seq = snapshot["seq"]
        fold.ledger = Ledger.of(snapshot["ledger"], fold.seq)
        fold.register = Register.of(snapshot["register"])
        fold.terms = Terms.of(snapshot["terms"])
        fold.trading = Trading.of(snapshot["trading"])
        return fold

    def snapshot(self) -> dict[str, Any]:
        """Return everything that `of` needs."""
        return {
            "seq": self.seq,
            "ledger": self.ledger.state(),
            "register": self.register.state(),
            "terms": self.terms.state(),
            "trading": self.trading.snapshot(),
        }

    def contents(self) -> State:
        """Return all that a snapshot keeps, to be compared: more than a live run can be compared with."""
        return {
            "seq": self.seq,
            "ledger": self.ledger.state(),
            "register": self.register.state(),
            "terms": self.terms.state(),
            **self.trading.contents(),
        }

    def advance(self, seq: int) -> None:
        """Take every event up to and including a seq into account.

        Raises
        ------
        DisorderError
            An event cannot follow from those before it.
        JournalError
            A part file is not what was sealed.
        """
        for segment in self._log.segments:
            if segment.last_seq <= self.seq or segment.first_seq > seq:
                continue
            last_seq = min(segment.last_seq, seq)
            tables = self._log.tables(segment, _KINDS[self.level], self.seq + 1, last_seq)
            self._apply_controls(tables)
            if self.level != "control":
                self.trading.apply(tables)
            self.seq = last_seq

    def _apply_controls(self, tables: dict[str, pl.DataFrame]) -> None:
        seqs: list[int] = []
        events: list[Event] = []
        for kind in tables.keys() & _CONTROL:
            seqs += tables[kind]["seq"].to_list()
            events += events_of(kind, tables[kind])
        for place in np.argsort(np.array(seqs, np.int64)).tolist():
            self._apply(seqs[place], events[place])

    def _apply(self, seq: int, event: Event) -> None:
        try:
            self.ledger.apply(seq, event)
            self.register.apply(seq, event)
        except LedgerError as error:
            raise DisorderError(f"{self._log.run_dir}: {error}") from error
        except KeyError as error:
            raise DisorderError(
                f"{self._log.run_dir}: event {seq} is about client {error}, who never arrived"
            ) from error
        self.terms.apply(event)

    def held(self) -> Table:
        """Amounts held behind resting orders, shape [accounts, assets]; at log level full only."""
        return self.trading.held(
            {
                client: self.terms.fees[self.register[client].client_class].hold_ppm
                for client in self.trading.holders()
            }
        )

    def state(self) -> State:
        """Return the parts that a live run of this log level can be compared with."""
        state: dict[str, Any] = {"ledger": self.ledger.state(), "register": self.register.state()}
        if self.level == "control":
            return state
        state |= {"balances": trimmed(self.trading.balances()), "fees": self.trading.fees()}
        if self.level == "full":
            books = self.trading.resting()
            state |= {f"book {symbol}": table for symbol, table in books.items()}
            state["held"] = trimmed(self.held())
        return state
