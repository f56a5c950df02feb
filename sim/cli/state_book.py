"""A book as `vatp log state` shows it: a table, or a document with prices and quantities as decimals."""

from typing import TYPE_CHECKING, Any, Final

import attrs

from sim.cli.console import PlainConsole
from sim.cli.tables import NOTHING, Column, Row, number, print_table
from sim.units import INSTRUMENTS

if TYPE_CHECKING:
    from sim.state.views import BookView

_COLUMNS: Final = (
    Column("orders", right=True),
    Column("bid quantity", right=True),
    Column("bid price", right=True),
    Column("ask price", right=True),
    Column("ask quantity", right=True),
    Column("orders ", right=True),
)


def book_document(view: "BookView") -> dict[str, Any]:
    """Return a book's levels with prices and quantities as decimal text and in ticks and lots."""
    pair = INSTRUMENTS[view.symbol]
    return {
        "pair": view.symbol,
        "levels_in_all": view.levels_in_all,
        **{
            side: [
                {
                    "price": f"{pair.price(level.price_ticks):f}",
                    "quantity": f"{pair.quantity(level.lots):f}",
                    **attrs.asdict(level),
                }
                for level in levels
            ]
            for side, levels in (("bids", view.bids), ("asks", view.asks))
        },
    }


def print_book(console: PlainConsole, view: "BookView") -> None:
    """Print a book's levels, bids on the left, and say how many are not shown."""
    pair = INSTRUMENTS[view.symbol]
    rows: list[Row] = []
    for place in range(max(len(view.bids), len(view.asks))):
        cells = [[NOTHING] * 3, [NOTHING] * 3]
        for side, levels in enumerate((view.bids, view.asks)):
            if place < len(levels):
                level = levels[place]
                cells[side] = [
                    number(level.orders),
                    f"{pair.quantity(level.lots):,f}",
                    f"{pair.price(level.price_ticks):,f}",
                ]
        rows.append((*cells[0], *reversed(cells[1])))
    title = f"{view.symbol}, quantity in {pair.base}, price in {pair.quote}"
    if not rows:
        console.say(f"{title}: the book is empty")
        return
    print_table(console, _COLUMNS, {title: rows})
    shown = len(view.bids) + len(view.asks)
    if shown < view.levels_in_all:
        console.say(f"{shown:,} of {view.levels_in_all:,} levels; --depth shows more")
