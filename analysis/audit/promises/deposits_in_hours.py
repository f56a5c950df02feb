"""Money comes in when its rail is open."""

import polars as pl

from analysis.audit.evidence import Evidence, business_day, time_of_day_us
from analysis.audit.findings import Tally
from analysis.audit.registry import promise

CURRENCY = {"fps": "HKD", "chats": "HKD", "usd_wire": "USD"}


@promise(
    title="A wire or CHATS payment is credited on a business day within its rail's hours, and each rail "
    "carries its own currency",
    rules=("fiat.usd_window", "fiat.chats_hours"),
    needs="control",
)
def deposits_in_hours(evidence: Evidence) -> Tally:
    """Compare the hour of every credit with its rail's."""
    found = Tally()
    banks = evidence.terms.scenario.world.banks
    rail = pl.col("rail").cast(pl.String)
    hours = {
        "usd_wire": (banks.wire_opens, banks.wire_closes),
        "chats": (banks.chats_opens, banks.chats_closes),
    }
    clock = time_of_day_us(pl.col("time_us"))
    rows = evidence.table("deposit_credited").with_columns(
        rail=rail,
        clock=clock,
        business=business_day(pl.col("time_us")).dt.is_business_day(
            holidays=list(evidence.holidays)
        ),
        opens=rail.replace_strict({name: int(span[0]) for name, span in hours.items()}, default=0),
        closes=rail.replace_strict(
            {name: int(span[1]) for name, span in hours.items()}, default=86_400_000_000
        ),
        due=rail.replace_strict(CURRENCY, default=""),
    )
    # FPS runs around the clock.
    shut = ~(
        pl.col("business")
        & (pl.col("clock") >= pl.col("opens"))
        & (pl.col("clock") < pl.col("closes"))
    )
    found.table(
        "deposit_credited",
        rows,
        (shut & (pl.col("rail") != "fps")) | (pl.col("asset") != pl.col("due")),
        lambda row: (
            f"{row['asset']} by {row['rail']} at {row['clock'] // 1_000_000} s of a "
            f"{'business day' if row['business'] else 'day that is none'}"
        ),
        lambda row: (
            f"{row['due']} on a business day from {row['opens'] // 1_000_000} s to "
            f"{row['closes'] // 1_000_000} s"
        ),
    )
    return found
