"""A pair opens to a class of clients on its date, and not before."""

from typing import TYPE_CHECKING

import polars as pl

from analysis.audit.evidence import Evidence
from analysis.audit.findings import Offence, Tally
from analysis.audit.people import CLASSES
from analysis.audit.registry import promise
from sim.units import INSTRUMENTS

if TYPE_CHECKING:
    from sim.scenario.model import Listing

GATES = ("tok.retail_gate", "tok.sfc_approval")


@promise(
    title="A pair opens to a class on its listing date and not before, to retail clients with a gate in "
    "force only once the token has passed it",
    rules=("tok.committee", *GATES),
    needs="control",
)
def listing_dates(evidence: Evidence) -> Tally:
    """Compare each change of a pair's status with the listing's dates and the gates of that day."""
    found = Tally()
    listings = {listing.pair: listing for listing in evidence.terms.scenario.world.listings}
    rows = evidence.table("pair_opened").with_columns(
        pl.col("client_class", "status").cast(pl.String)
    )
    for gate in GATES:
        rows = evidence.with_law(rows, gate, gate)
    rows = rows.with_columns(
        gated=pl.any_horizontal(pl.col(gate).fill_null(0) != 0 for gate in GATES)
    )
    _menu(evidence, found, rows)
    due = []
    opened: set[tuple[str, str]] = set()
    for row in rows.iter_rows(named=True):
        listing = listings.get(row["instrument"])
        place = (row["instrument"], row["client_class"])
        gated = row["gated"] and row["client_class"] == "retail"
        due.append(_due(listing, row["time_us"], gated=gated, was_open=place in opened))
        opened.add(place)
    found.table(
        "pair_opened",
        rows.with_columns(due=pl.Series(due, dtype=pl.String)),
        pl.col("status") != pl.col("due"),
        lambda row: f"{row['instrument']} is {row['status']} to {row['client_class']}",
        lambda row: f"{row['due']} on that date",
    )
    _missing(evidence, found, rows)
    return found


def _due(listing: "Listing | None", time_us: int, *, gated: bool, was_open: bool) -> str:
    if listing is None or time_us < listing.professional_from:
        return "closed"
    if gated and (listing.retail_from is None or time_us < listing.retail_from):
        return "sell_only" if was_open else "closed"
    return "open"


def _menu(evidence: Evidence, found: Tally, rows: pl.DataFrame) -> None:
    """Judge that a pair opens to a class only after its token is on that class's menu."""
    base = {symbol: pair.base for symbol, pair in INSTRUMENTS.items()}
    listed = (
        evidence.table("token_listed")
        .group_by("token", pl.col("client_class").cast(pl.String))
        .agg(listed=pl.col("seq").min())
    )
    rows = rows.with_columns(
        token=pl.col("instrument").replace_strict(base, default="", return_dtype=pl.String)
    ).join(listed, on=["token", "client_class"], how="left")
    found.table(
        "pair_opened",
        rows,
        ~(pl.col("listed") < pl.col("seq")).fill_null(value=False),
        lambda row: f"{row['instrument']} opens to {row['client_class']}",
        lambda row: f"{row['token']} on their menu before",
    )


def _missing(evidence: Evidence, found: Tally, rows: pl.DataFrame) -> None:
    """Find what should have opened by the end of the log, but did not."""
    seen = set(zip(rows["instrument"], rows["client_class"], strict=True))
    for listing in evidence.terms.scenario.world.listings:
        for name in CLASSES:
            date = listing.retail_from if name == "retail" else listing.professional_from
            due_us = None if date is None else max(date, evidence.start_us)
            # What belongs to the last instant of the log may not be sealed yet.
            if due_us is None or due_us >= evidence.end_us:
                continue
            found.cases += 1
            if (listing.pair, name) not in seen:
                what = f"{listing.pair} never opens to {name}"
                found.offend(Offence(0, due_us, "pair_opened", what, "open from its date"))
