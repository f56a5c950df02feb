"""The order plane's arrays: one flat int64 array with named sections, the books, and what they point to."""

from collections.abc import Sequence

import numpy as np

from sim.flow.layout import (
    ASSETS_N,
    AVAILABLE,
    BOOK_ADDRESS,
    BUSINESS_ADDRESS,
    GRID_POINTS,
    HEADER_WORDS,
    HEAP_AGENT,
    HEAP_TIME,
    HELD,
    HKD_PER_USD,
    INSTRUMENTS_N,
    LADDER,
    LADDER_WIDTH,
    LIMIT,
    OUT_ADDRESS,
    OUT_ROWS,
    PARTICIPANT,
    PARTICIPANT_WIDTH,
    ROW_TABLE,
    ROW_WIDTH,
    ROWS_CAPACITY,
    TICKS,
    TRADER,
    TRADER_WIDTH,
    WORDS,
    Floats,
    Ints,
)
from sim.matching.core import events_bound, grow, new_book, new_buffer


class Arena:
    """Owns every array the kernel reaches through a pointer, and keeps the pointers right."""

    def __init__(
        self,
        *,
        accounts: int,
        participants: int,
        grid_points: int,
        rows: int,
        orders: int,
        business: Floats,
    ) -> None:
        shapes = {
            AVAILABLE: (accounts, ASSETS_N),
            HELD: (accounts, ASSETS_N),
            LIMIT: (accounts,),
            TRADER: (accounts, TRADER_WIDTH),
            PARTICIPANT: (participants + 1, PARTICIPANT_WIDTH),
            LADDER: (participants + 1, INSTRUMENTS_N, LADDER_WIDTH),
            TICKS: (INSTRUMENTS_N, grid_points),
            HKD_PER_USD: (grid_points,),
            HEAP_TIME: (accounts + 1,),
            HEAP_AGENT: (accounts + 1,),
            ROW_TABLE: (rows, ROW_WIDTH),
        }
        sizes = {section: int(np.prod(shape)) for section, shape in shapes.items()}
        self.words: Ints = np.zeros(HEADER_WORDS + sum(sizes.values()), np.int64)
        self._tables: dict[int, Ints] = {}
        offset = HEADER_WORDS
        for section, shape in shapes.items():
            self.words[section] = offset
            self._tables[section] = self.words[offset : offset + sizes[section]].reshape(shape)
            offset += sizes[section]
        self.words[WORDS] = offset
        self.words[ROWS_CAPACITY] = rows
        self.words[GRID_POINTS] = grid_points
        self._business = np.ascontiguousarray(business, np.float64)
        self.words[BUSINESS_ADDRESS] = self._business.ctypes.data
        self.books: tuple[Ints, ...] = ()
        self._point_at([new_book(orders) for _ in range(INSTRUMENTS_N)], 2 * orders)

    def table(self, section: int) -> Ints:
        """View a section in its own shape; writing to it writes to the kernel's memory."""
        return self._tables[section]

    def make_room(self) -> None:
        """Double the books and make the event buffer large enough for any one command on them."""
        books = [grow(book) for book in self.books]
        self._point_at(books, 2 * max(int(events_bound(book)) for book in books))

    def _point_at(self, books: Sequence[Ints], out_rows: int) -> None:
        self.books = tuple(books)
        for instrument, book in enumerate(self.books):
            self.words[BOOK_ADDRESS + instrument] = book.ctypes.data
        if out_rows > self.words[OUT_ROWS]:
            self._out = new_buffer(out_rows)
            self.words[OUT_ROWS] = out_rows
            self.words[OUT_ADDRESS] = self._out.ctypes.data
