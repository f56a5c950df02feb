"""Records of real exchanges: read them, replay their commands, and say how far the core agrees.

See README.md in this folder.
"""

from sim.records.agreement import Agreement
from sim.records.compare import Comparison, compare, total
from sim.records.disagreements import BookLevel, Disagreement
from sim.records.errors import RecordError
from sim.records.formats import FORMATS, guess, read
from sim.records.record import BookRows, Record
from sim.records.replay import Replay, replay

__all__ = [
    "FORMATS",
    "Agreement",
    "BookLevel",
    "BookRows",
    "Comparison",
    "Disagreement",
    "Record",
    "RecordError",
    "Replay",
    "compare",
    "guess",
    "read",
    "replay",
    "total",
]
