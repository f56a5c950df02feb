"""What stands behind the friendly door: a command in numbers goes in, the events it caused come out."""

from struct import Struct
from struct import error as StructError  # noqa: N812  # an exception, named as one
from typing import Final, NoReturn, SupportsIndex

import numpy as np

from sim.matching import batch, core
from sim.matching.bits import entry_point
from sim.matching.codes import CommandKind, OrderType
from sim.matching.events import Event, decode
from sim.matching.layout import (
    BUFFER_HEADER,
    COMMAND,
    COMMAND_WIDTH,
    EVENT_WIDTH,
    Words,
    new_buffer,
)
from sim.matching.reading import BookView
from sim.matching.rules import BookRules
from sim.matching.single import UNSETTLED, cancel_one, submit_one

LEAST, MOST = -(2**63), 2**63 - 1
_NEW = int(CommandKind.NEW)
_BY_AMOUNT = int(OrderType.MARKET_BY_AMOUNT)

_ARGUMENTS: Final[dict[object, dict[str, str]]] = {
    int(CommandKind.SESSION): {"detail": "phase"},
    int(CommandKind.UNCROSS): {"price": "reference"},
    int(CommandKind.BANDS): {
        "price": "low",
        "stop_price": "high",
        "quantity": "dynamic_ticks",
        "detail": "on_breach",
    },
    int(CommandKind.CLOCK): {"expires": "now"},
}
"""What the arguments of the methods are called, where their fields of a command have another name."""
_BY_AMOUNT_NAMES = {"quantity": "amount"}

_ROWS = 64
_WORD_BYTES = 8
_ROW_BYTES = EVENT_WIDTH * _WORD_BYTES
FIRST_BYTE: Final = BUFFER_HEADER * _WORD_BYTES
SECOND_BYTE: Final = FIRST_BYTE + _ROW_BYTES
"""Where the first and the second event of an answer begin in the buffer."""
_pack_command = Struct("=8B7q").pack_into


class CommandError(TypeError):
    """A field of a command is no integer of its size, so there is no command to refuse."""


class Door(BookView):
    """An arena, a buffer for the events of one command, and the way of a command through both.

    Raises
    ------
    ValueError
        The capacity is not positive.
    TypeError
        The rules are no `BookRules`.
    """

    def __init__(self, rules: BookRules | None = None, order_capacity: int = 1024) -> None:
        if not (rules is None or isinstance(rules, BookRules)):
            raise TypeError(f"rules is {rules!r}; expected sim.matching.rules.BookRules or None")
        self._arena = core.new_book(order_capacity, rules)
        self._use_buffer(new_buffer(_ROWS))
        self._submit_one = entry_point(submit_one, arrays=2, numbers=5)
        self._cancel_one = entry_point(cancel_one, arrays=2, numbers=1)
        self._command_words = np.zeros(COMMAND_WIDTH, np.int64)
        self._command_bytes = self._command_words.data.cast("B")

    def _new(self, side: int, order_type: int, *rest: int) -> list[Event]:
        return self._execute(_NEW, side, order_type, *rest[:3], 0, 0, *rest[3:])

    def _command(
        self,
        kind: int,
        *,
        order: int = 0,
        account: int = 0,
        price: int = 0,
        quantity: int = 0,
        stop_price: int = 0,
        expires: int = 0,
        detail: int = 0,
    ) -> list[Event]:
        return self._execute(
            kind, 0, 0, 0, 0, 0, 0, detail, order, account, price, quantity, stop_price, 0, expires
        )

    def _execute(self, *fields: int) -> list[Event]:
        """Carry out a command given by all the fields of `layout.COMMAND`."""
        try:
            _pack_command(self._command_bytes, 0, *fields)
        except StructError:
            self._refuse_fields(fields)
        self._buffer[0] = 0
        return self._finish(0)

    def _answer(self, rows: int) -> list[Event]:
        """Events of a plain command that was not just accepted."""
        if rows == UNSETTLED:
            return self._finish(1)
        return decode(self._bytes, FIRST_BYTE, abs(rows), [])

    def _finish(self, done: int) -> list[Event]:
        """Carry out the command, unless that is done, and what it sets off, and return all events."""
        done = batch.run_commands(self._arena, self._buffer, self._command_words, done)
        while done != 1:
            self._make_room()
            done = max(done, -1 - done)
            done = batch.run_commands(self._arena, self._buffer, self._command_words, done)
        return decode(self._bytes, FIRST_BYTE, int(self._buffer[0]), [])

    def _make_room(self) -> None:
        if not core.room_for_command(self._arena):
            self._arena = core.grow(self._arena)
            return
        needed = batch.most_rows(self._arena, self._command_words, 0)
        self._use_buffer(batch.bigger_buffer(self._buffer, int(self._buffer[0]) + needed))

    def _use_buffer(self, buffer: Words) -> None:
        self._buffer = buffer
        self._bytes = buffer.data.cast("B")

    @staticmethod
    def _refuse_fields(fields: tuple[object, ...]) -> NoReturn:
        kind, _, order_type, *_ = fields
        called = _BY_AMOUNT_NAMES if order_type == _BY_AMOUNT else _ARGUMENTS.get(kind, {})
        for index, (field, value) in enumerate(zip(COMMAND.names or (), fields, strict=True)):
            name = called.get(field, field)
            low, high = (0, 255) if index < 8 else (LEAST, MOST)
            if not isinstance(value, SupportsIndex) or not low <= value.__index__() <= high:
                expected = "a number of 0 to 255" if low == 0 else "an integer of 64 bits"
                raise CommandError(f"{name} is {value!r}; expected {expected}") from None
        raise AssertionError("every field has its size")
