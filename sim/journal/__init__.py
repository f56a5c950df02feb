"""The append-only log of a run: write, seal, verify, read."""

from sim.journal.compare import CommonPast, Difference, common_past
from sim.journal.errors import JournalError, QuarantinedError, RecordMismatchError
from sim.journal.forking import Parent, chain_at, events_before
from sim.journal.reader import Row, RunLog
from sim.journal.recovery import mark
from sim.journal.tables import coded, table_schema
from sim.journal.verification import Verification, verify
from sim.journal.writer import Journal

__all__ = [
    "CommonPast",
    "Difference",
    "Journal",
    "JournalError",
    "Parent",
    "QuarantinedError",
    "RecordMismatchError",
    "Row",
    "RunLog",
    "Verification",
    "chain_at",
    "coded",
    "common_past",
    "events_before",
    "mark",
    "table_schema",
    "verify",
]
