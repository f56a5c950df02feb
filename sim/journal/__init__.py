"""The append-only log of a run: write, seal, verify, read."""

from sim.journal.compare import CommonPast, Difference, common_past
from sim.journal.errors import JournalError
from sim.journal.reader import Row, RunLog
from sim.journal.tables import coded, table_schema
from sim.journal.verification import Verification, verify
from sim.journal.writer import Journal

__all__ = [
    "CommonPast",
    "Difference",
    "Journal",
    "JournalError",
    "Row",
    "RunLog",
    "Verification",
    "coded",
    "common_past",
    "table_schema",
    "verify",
]
