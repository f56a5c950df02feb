"""Client outcomes: what happens to the money of those who traded.

Profit and loss of a client is what its trades gave and took, fees included, with coins and US dollars
valued at the last reference prices of the run. What came in or went out is not profit: a US dollar or a
coin that a client brings is counted at those last prices, too. Market makers and arbitrageurs are no clients
here. Intervals treat clients as independent, which prices, common to all, make a little too narrow.
"""

import numpy as np
import polars as pl

from analysis import estimates
from analysis.estimates import UNDEFINED, Estimate, Floats
from analysis.measures import grids, people, prices, trading
from analysis.measures.registry import Log, Tables, measure

FAMILY = "client_outcome"

TOKEN_SHARE_WATCHED = 0.25
"""A retail client with more than this share of declared net worth in tokens is counted."""


def retail_traders(tables: Tables) -> pl.DataFrame:
    """One row a retail client that traded, sorted by client.

    Columns in HKD: net_worth_hkd, deposits_hkd, pnl_hkd, tokens_hkd (at the end of the run); null where
    an asset has no price.
    """
    worth = tables.once(prices.final_prices)
    credited = tables.once(trading.transfers).select(
        "client", "asset", pl.col("in_minor").alias("minor")
    )
    coins = tables.once(trading.holdings).filter(pl.col("asset").is_in(grids.COINS))
    retail = tables.once(people.prospects).filter(pl.col("client_class") == "retail")
    parts = (
        trading.value_hkd(tables.once(trading.trade_flows), worth, "pnl_hkd"),
        trading.value_hkd(credited, worth, "deposits_hkd"),
        trading.value_hkd(coins, worth, "tokens_hkd"),
    )
    traded = retail.select(
        "client", (pl.col("net_worth_minor") / grids.HKD_UNIT).alias("net_worth_hkd")
    )
    traded = traded.join(
        tables.once(trading.first_trades).select("client"), on="client", how="semi"
    )
    for part in parts:
        traded = traded.join(part, on="client", how="left")
    return traded.sort("client")


def _column(tables: Tables, column: str) -> Floats | None:
    """Values of a column, or None where one of them has no price."""
    values = tables.once(retail_traders)[column]
    return None if values.null_count() else values.to_numpy()


@measure(FAMILY, "persons", orders=True)
def retail_traded_persons(tables: Tables) -> Estimate:
    """Retail clients who traded at least once."""
    return Estimate(float(tables.once(retail_traders).height))


@measure(FAMILY, "HKD", orders=True)
def retail_pnl_mean_hkd(tables: Tables) -> Estimate:
    """Mean profit and loss of retail clients who traded."""
    values = _column(tables, "pnl_hkd")
    return UNDEFINED if values is None else estimates.mean(values)


@measure(FAMILY, "HKD", orders=True)
def retail_pnl_median_hkd(tables: Tables) -> Estimate:
    """Median profit and loss of retail clients who traded."""
    values = _column(tables, "pnl_hkd")
    return UNDEFINED if values is None else estimates.quantile(values, 0.5)


@measure(FAMILY, "%", orders=True)
def retail_pnl_mean_pct(tables: Tables) -> Estimate:
    """Profit and loss of all retail clients who traded, as a share of all they deposited."""
    pnl, deposits = _column(tables, "pnl_hkd"), _column(tables, "deposits_hkd")
    if pnl is None or deposits is None:
        return UNDEFINED
    return estimates.ratio(pnl, deposits).scaled(100)


@measure(FAMILY, "%", orders=True)
def retail_pnl_median_pct(tables: Tables) -> Estimate:
    """Median over retail clients who traded of profit and loss as a share of own deposits."""
    pnl, deposits = _column(tables, "pnl_hkd"), _column(tables, "deposits_hkd")
    if pnl is None or deposits is None:
        return UNDEFINED
    funded = deposits > 0
    return estimates.quantile(pnl[funded] / deposits[funded], 0.5).scaled(100)


@measure(FAMILY, "%", orders=True)
def retail_with_loss_pct(tables: Tables) -> Estimate:
    """Share of retail clients who traded with a loss at the end of the run."""
    values = _column(tables, "pnl_hkd")
    if values is None:
        return UNDEFINED
    return estimates.share(int((values < 0).sum()), len(values)).scaled(100)


@measure(FAMILY, "%", orders=True)
def retail_over_quarter_at_end_pct(tables: Tables) -> Estimate:
    """Share of retail clients who traded with over 25 % of net worth in tokens at the end."""
    tokens, net_worth = _column(tables, "tokens_hkd"), _column(tables, "net_worth_hkd")
    if tokens is None or net_worth is None:
        return UNDEFINED
    over = tokens > TOKEN_SHARE_WATCHED * net_worth
    return estimates.share(int(over.sum()), len(over)).scaled(100)


@measure(FAMILY, "%", orders=True)
def retail_over_quarter_at_month_end_pct(tables: Tables) -> Estimate:
    """Share of retail clients who traded with over 25 % of net worth in tokens at any month end."""
    over = over_at_month_end(tables)
    if over is None:
        return UNDEFINED
    return estimates.share(int(over.sum()), len(over)).scaled(100)


def over_at_month_end(tables: Tables) -> "np.ndarray[tuple[int], np.dtype[np.bool_]] | None":
    """For each of `retail_traders`: whether tokens exceeded the watched share at any month end.

    None when the run spans no month end, or when a coin that somebody held then had no price. Walks the
    months (not the events) with everybody's balances in one array.
    """
    ends = _month_ends(tables)
    if not ends:
        return None
    traders = tables.once(retail_traders)
    clients = traders["client"].to_numpy()
    limits = TOKEN_SHARE_WATCHED * traders["net_worth_hkd"].to_numpy()
    flows = tables.once(trading.coin_flows_by_month).join(
        traders.select("client"), on="client", how="semi", maintain_order="left"
    )
    months = flows["month"].to_numpy()
    rows = np.searchsorted(clients, flows["client"].to_numpy())
    columns = flows["coin"].to_numpy()
    amounts = flows["minor"].to_numpy()
    balances = np.zeros((len(clients), len(grids.COINS)), np.int64)
    over = np.zeros(len(clients), np.bool_)
    by_month = tables.once(prices.month_prices)
    done = 0
    for month in ends:
        upto = int(np.searchsorted(months, month, side="right"))
        np.add.at(balances, (rows[done:upto], columns[done:upto]), amounts[done:upto])
        done = upto
        worth = by_month.get(month, {})
        if any(
            balances[:, column].any()
            for column, coin in enumerate(grids.COINS)
            if coin not in worth
        ):
            return None
        value = np.zeros(len(clients))
        for column, coin in enumerate(grids.COINS):
            value += balances[:, column] * worth.get(coin, 0.0)
        over |= value > limits
    return over


def _month_ends(tables: Tables) -> range:
    """Numbers of the Hong Kong months that end within the run."""
    covered = tables.once(prices.span)
    if covered is None:
        return range(0)
    # An end exactly at midnight of the first day completes the month before it.
    return range(prices.month_of(covered.start_us), prices.month_of(covered.end_us))


def accepted_by_client(tables: Tables) -> pl.DataFrame:
    """Count the accepted orders of each client: client, accepted."""
    rows = tables.scan("order_accepted").group_by("client").agg(pl.len().alias("accepted"))
    return rows.collect(engine="streaming")


def refused_by_client(tables: Tables) -> pl.DataFrame:
    """Count the refused orders of each client and reason: client, reason, refused."""
    reason = pl.col("reason").cast(pl.String)
    rows = tables.scan("order_refused").group_by("client", reason).agg(pl.len().alias("refused"))
    return rows.collect(engine="streaming")


def _refused_per_accepted(tables: Tables, reason: str | None = None) -> Estimate:
    refused = tables.once(refused_by_client)
    if reason is not None:
        refused = refused.filter(pl.col("reason") == reason)
    counts = (
        tables.once(people.prospects)
        .select("client")
        .join(tables.once(accepted_by_client), on="client", how="left")
        .join(refused.group_by("client").agg(pl.col("refused").sum()), on="client", how="left")
        .with_columns(pl.col("accepted", "refused").fill_null(0).cast(pl.Float64))
        .sort("client")
    )
    return estimates.ratio(counts["refused"].to_numpy(), counts["accepted"].to_numpy(), least=0.0)


@measure(FAMILY, "per 100 accepted", orders=True)
def refused_per_100_accepted(tables: Tables) -> Estimate:
    """Orders of clients refused before the book, per 100 accepted."""
    return _refused_per_accepted(tables).scaled(100)


@measure(FAMILY, "per 100 accepted", orders=True)
def exposure_limit_refused_per_100_accepted(tables: Tables) -> Estimate:
    """Orders of clients refused for the exposure limit, per 100 accepted."""
    return _refused_per_accepted(tables, "exposure_limit").scaled(100)


def order_refusals(log: Log) -> pl.DataFrame:
    """Return clients' refused orders by reason, rule and side: refused (orders) and clients (persons)."""
    clients = people.prospects(Tables(log)).lazy().select("client")
    by = (pl.col("reason").cast(pl.String), pl.col("rule"), pl.col("side").cast(pl.String))
    return (
        log.scan("order_refused")
        .join(clients, on="client", how="semi")
        .group_by(*by)
        .agg(
            pl.len().cast(pl.Int64).alias("refused"),
            pl.col("client").n_unique().cast(pl.Int64).alias("clients"),
        )
        .sort("reason", "rule", "side")
        .collect(engine="streaming")
    )
