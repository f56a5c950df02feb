"""Run a record's commands through a fresh book: the events, whose they are, and the book as it went."""

from collections.abc import Callable, Iterator

import attrs
import numpy as np

from sim.matching import core
from sim.matching.arena import Arena
from sim.matching.batch import Commands, Events, process
from sim.matching.codes import CancelReason, CommandKind, EventKind, OrderType, Side
from sim.matching.layout import EVENT, EVENT_WIDTH, Words, new_buffer
from sim.matching.rules import BookRules
from sim.records.correction import Corrector
from sim.records.record import Record
from sim.records.scale import Ints

Progress = Callable[[int, int], None]
"""Called with the commands executed and all there are."""

RULES = BookRules(nonpositive_prices=True)
"""A plain book: ticks and lots are the file's own, and the price of a spread may be negative."""

_PIECE = 65_536
_REPORTED = 4_096
_BUFFER_ROWS = 4_096
_ANSWERED = (CommandKind.NEW, CommandKind.CANCEL, CommandKind.AMEND, CommandKind.REDUCE)
_ANSWERS = (EventKind.ACCEPTED, EventKind.REJECTED)
_ACTING_AT_ONCE = (OrderType.LIMIT, OrderType.MARKET, OrderType.MARKET_BY_AMOUNT)
_SIDES = (int(Side.BUY), int(Side.SELL))


@attrs.frozen(eq=False)
class Replay:
    """What the core made of a record's commands."""

    events: Events
    """Array of `layout.EVENT`."""
    commands: Ints
    """Index of the command that caused each event, shape (events,)."""
    levels: Ints | None
    """The book at each of the record's books, in the shape of `BookRows.levels`."""
    corrected: int
    """Commands after which the book was set right."""

    @property
    def trades(self) -> int:
        """Trades that the core made."""
        return int(np.count_nonzero(self.events["kind"] == EventKind.TRADE))


def replay(record: Record, progress: Progress | None = None, *, set_right: bool = False) -> Replay:
    """Execute the commands of a record in order, in a book that holds nothing at first.

    Parameters
    ----------
    record
        What to execute. Recorded trades are not looked at, unless the book is to be set right.
    progress
        Told from time to time how far it is.
    set_right
        After a command whose trades are not those recorded, set the book to what was recorded, so that one
        disagreement is counted once.

    Returns
    -------
    Replay
        The events, and the levels of the book wherever the record has a book to compare with.
    """
    books = record.books
    levels = None if books is None else np.zeros_like(books.levels)
    corrector = Corrector(record) if set_right else None
    ends = _ends(record, alone=set_right)
    parts = [np.zeros(0, np.int64)]
    # Before any command there is nothing, which is what the levels say already.
    taken = 0 if books is None else int(np.searchsorted(books.after, 0, side="right"))
    reported = 0
    for end, arena, words in _execute(record.commands, ends, corrector):
        parts.append(words)
        if books is not None and levels is not None:
            while taken < len(books) and books.after[taken] <= end:
                _take_levels(arena, levels[taken])
                taken += 1
        if progress is not None and end - reported >= _REPORTED:
            progress(end, len(record.commands))
            reported = end
    events: Events = np.concatenate(parts).view(EVENT)
    if _always_answered(record.commands):
        commands = _by_answers(events)
    else:
        commands = np.repeat(ends - 1, [len(part) // EVENT_WIDTH for part in parts[1:]])
    return Replay(events, commands, levels, 0 if corrector is None else corrector.corrected)


def book_before(record: Record, command: int, *, set_right: bool = False) -> Arena:
    """Return the book as it stands just before a command."""
    ends = np.arange(1, command + 1) if set_right else np.array([command])
    corrector = Corrector(record) if set_right else None
    arena = core.new_book(rules=RULES)
    for _, after, _ in _execute(record.commands, ends, corrector):
        arena = after
    return arena


def _execute(
    commands: Commands, ends: Ints, corrector: Corrector | None
) -> Iterator[tuple[int, Arena, Words]]:
    """Execute the commands up to each end; yield the end, the book and the events since the last end."""
    arena = core.new_book(rules=RULES)
    buffer = new_buffer(_BUFFER_ROWS)
    begin = 0
    for end in ends.tolist():
        arena, written = process(arena, commands[begin:end], buffer)
        # Words are copied faster than rows of named fields.
        words: Words = written.view(np.int64).copy()
        if corrector is not None:
            arena = corrector.correct(arena, written, begin)
        yield end, arena, words
        begin = end


def _ends(record: Record, *, alone: bool) -> Ints:
    """Where to stop between commands: at each book, and often enough to say how far it is."""
    count = len(record.commands)
    if alone or not _always_answered(record.commands):
        # A command that says nothing of its own must be asked alone to tell whose the events are.
        return np.arange(1, count + 1)
    pieces = np.append(np.arange(_PIECE, count, _PIECE), count)
    books = np.zeros(0, np.int64) if record.books is None else record.books.after
    ends = np.unique(np.concatenate([books, pieces]))
    return ends[ends > 0]


def _always_answered(commands: Commands) -> bool:
    """Whether each command is answered by exactly one row that no other command could cause."""
    plain = np.isin(commands["kind"], _ANSWERED) & np.isin(commands["order_type"], _ACTING_AT_ONCE)
    return bool(plain.all())


def _by_answers(events: Events) -> Ints:
    """Find the command of each event by counting the rows that answer a command."""
    kinds, reasons = events["kind"], events["reason"]
    requested = reasons == CancelReason.REQUESTED
    amended_away = (kinds == EventKind.CANCELLED) & (reasons == CancelReason.AMENDED_AWAY)
    asked_for = np.isin(kinds, (EventKind.CANCELLED, EventKind.AMENDED)) & requested
    return np.cumsum(np.isin(kinds, _ANSWERS) | asked_for | amended_away) - 1


def _take_levels(arena: Arena, levels: Ints) -> None:
    """Write the best levels of both sides into an array of shape (2, depth, columns)."""
    _, depth, columns = levels.shape
    for side in _SIDES:
        found = core.price_levels(arena, side, depth)
        levels[side, : len(found)] = found[:, :columns]
