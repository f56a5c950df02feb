"""The append-only log of a run: write, seal, verify, read."""

from sim.journal.compare import CommonPast, Difference, common_past
from sim.journal.errors import DamageError, JournalError, QuarantinedError, RecordMismatchError
from sim.journal.forking import Parent, chain_at, check_reach, events_before, past_problem
from sim.journal.occupancy import refuse_occupied
from sim.journal.reader import Row, RunLog
from sim.journal.recovery import mark, remedy, run_again, takes_on
from sim.journal.standing import known_damage, unfinished
from sim.journal.tables import coded, table_schema
from sim.journal.verification import Verification, verify
from sim.journal.writer import Journal

__all__ = [
    "CommonPast",
    "DamageError",
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
    "check_reach",
    "coded",
    "common_past",
    "events_before",
    "known_damage",
    "mark",
    "past_problem",
    "refuse_occupied",
    "remedy",
    "run_again",
    "table_schema",
    "takes_on",
    "unfinished",
    "verify",
]
