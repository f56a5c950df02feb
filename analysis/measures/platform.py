"""Platform: what it earns and what it keeps for its clients."""

import polars as pl

from analysis import estimates
from analysis.estimates import UNDEFINED, Estimate
from analysis.measures import grids, people, prices, trading
from analysis.measures.market_quality import total_hkd
from analysis.measures.registry import Tables, measure

FAMILY = "platform"


@measure(FAMILY, "HKD", orders=True)
def fee_income_hkd(tables: Tables) -> Estimate:
    """Trading fees of all clients and participants; USD at the rate of the latest sample."""
    return total_hkd(tables.once(trading.pair_days)["fees_hkd_minor"])


@measure(FAMILY, "HKD", orders=True)
def fees_per_active_client_hkd(tables: Tables) -> Estimate:
    """Mean trading fees of a client who traded at least once, participants left out; USD at the last rate."""
    fees = (
        tables.once(trading.client_trades)
        .join(tables.once(people.prospects).select("client"), on="client", how="semi")
        .select("client", grids.quote().alias("asset"), pl.col("fee_minor").alias("minor"))
    )
    paid = trading.value_hkd(fees, tables.once(prices.final_prices), "fees_hkd")["fees_hkd"]
    return UNDEFINED if paid.null_count() else estimates.mean(paid.to_numpy())


def _assets_hkd(tables: Tables, clients: pl.DataFrame) -> Estimate:
    """Value of what these clients hold at the end, at the last reference prices."""
    held = (
        tables.once(trading.holdings)
        .join(clients, on="client", how="semi")
        .group_by("asset")
        .agg(pl.col("minor").sum())
        .sort("asset")
    )
    worth = tables.once(prices.final_prices)
    if any(minor and asset not in worth for asset, minor in held.rows()):
        return UNDEFINED
    return Estimate(sum((minor * worth[asset] for asset, minor in held.rows() if minor), start=0.0))


@measure(FAMILY, "HKD", orders=True)
def client_assets_hkd(tables: Tables) -> Estimate:
    """Money and coins held for clients at the end, unpaid withdrawals included."""
    return _assets_hkd(tables, tables.once(people.prospects).select("client"))


@measure(FAMILY, "HKD", orders=True)
def participant_assets_hkd(tables: Tables) -> Estimate:
    """Money and coins held for market makers and arbitrageurs at the end."""
    participants = tables.scan("participant_registered").select("client").unique()
    return _assets_hkd(tables, participants.collect(engine="streaming"))
