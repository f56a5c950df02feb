"""What the platform owes its clients, beside each movement of money or coins between it and the world.

Owed are every client's balance, withdrawals that were asked for and not yet paid, and fees that were taken
and not yet moved to the platform's own account. Held are the bank account or the wallets. Both come from
different events: balances from deposits, trades and requests, the bank from credits and payments.
"""

import numpy as np
import polars as pl

from analysis.audit.columns import Ints
from analysis.audit.evidence import Evidence
from analysis.audit.findings import Tally
from analysis.audit.grids import ASSETS_N, QUOTE
from analysis.audit.stretches import Stretch
from sim.units import ASSET_INDEX, ASSETS

FLOWS: dict[str, dict[str, tuple[str, ...]]] = {
    "fiat": {
        "in": ("deposit_credited",),
        "asked": ("withdrawal_requested",),
        "out": ("withdrawal_paid",),
        "own": ("fees_swept",),
    },
    "coin": {
        "in": ("coin_deposited",),
        "asked": ("coin_withdrawal_requested",),
        "out": ("coin_paid_out",),
        "own": (),
    },
}
"""Kinds of movements by what they do, for currencies and for coins."""


class Claims:
    """Collects clients' balances and fees beside each movement while the log is walked."""

    def __init__(self, evidence: Evidence, assets: str) -> None:
        self._evidence = evidence
        self._assets = assets
        parts = [
            evidence.table(kind).select(
                "seq",
                "time_us",
                "asset",
                "amount_minor",
                number=pl.col("withdrawal") if does in {"asked", "out"} else pl.lit(0, pl.Int64),
                kind=pl.lit(kind),
                does=pl.lit(does),
            )
            for does, kinds in FLOWS[assets].items()
            for kind in kinds
        ]
        self._flows = pl.concat(parts).sort("seq")
        self._seq: Ints = self._flows["seq"].to_numpy()
        self._asset: Ints = (
            self._flows["asset"].replace_strict(ASSET_INDEX, return_dtype=pl.Int64).to_numpy()
        )
        self._clients = np.zeros(len(self._flows), np.int64)
        self._fees = np.zeros(len(self._flows), np.int64)
        self._clients_so_far = np.zeros(ASSETS_N, np.int64)
        self._fees_so_far = np.zeros(ASSETS_N, np.int64)
        self._seen = 0
        self._table: pl.DataFrame | None = None

    def look(self, stretch: Stretch) -> None:
        """Note clients' total balance and the fees taken so far at each movement of the stretch.

        Several promises share one object: a stretch counts once.
        """
        if stretch.last_seq <= self._seen:
            return
        self._seen = stretch.last_seq
        low, high = np.searchsorted(self._seq, [stretch.first_seq, stretch.last_seq + 1])
        trades, balances = stretch.trades, stretch.balances
        fees = trades["taker_fee_minor"] + trades["maker_fee_minor"]
        paid_in, posted = QUOTE[trades["instrument"]], balances.key % ASSETS_N
        flows = self._asset[low:high]
        for number in np.flatnonzero(np.bincount(flows)).tolist():
            mine = low + np.flatnonzero(flows == number)
            legs = np.flatnonzero(posted == number)
            legs = legs[np.argsort(balances.seq[legs], kind="stable")]
            paid = np.flatnonzero(paid_in == number)
            self._clients[mine] = self._clients_so_far[number] + _until(
                balances.seq[legs], balances.change[legs], self._seq[mine]
            )
            self._fees[mine] = self._fees_so_far[number] + _until(
                trades.seq[paid], fees[paid], self._seq[mine]
            )
        np.add.at(self._clients_so_far, posted, balances.change)
        np.add.at(self._fees_so_far, paid_in, fees)

    def table(self) -> pl.DataFrame:
        """Return one row a movement, by seq, with what is owed and what is held after it; after the walk.

        Columns: seq, time_us, kind, does, asset, amount_minor, fees_minor (taken so far), own_minor (moved to the platform so
        far), owed_minor, held_minor, and gap_minor, held less owed.
        """
        if self._table is None:
            self._table = self._held_and_owed()
        return self._table

    def _held_and_owed(self) -> pl.DataFrame:
        flows = self._flows.with_columns(
            clients=pl.Series(self._clients), fees_minor=pl.Series(self._fees)
        )
        asked = (
            flows.filter(pl.col("does") == "asked")
            .unique("number", keep="first")
            .select("number", asked_minor="amount_minor", asked_asset="asset")
        )
        amount, does = pl.col("amount_minor"), pl.col("does")
        # A payment settles what was asked for under its number, once; anything else settles nothing.
        first = pl.col("seq") == pl.col("seq").min().over("does", "number")
        settles = (does == "out") & first & (pl.col("asset") == pl.col("asked_asset"))
        return (
            flows.join(asked, on="number", how="left")
            .sort("seq")
            .with_columns(
                pending=pl.when(does == "asked")
                .then(amount)
                .when(settles)
                .then(-pl.col("asked_minor"))
                .otherwise(0)
                .cum_sum()
                .over("asset"),
                own_minor=pl.when(does == "own").then(amount).otherwise(0).cum_sum().over("asset"),
                held_minor=pl.when(does == "in")
                .then(amount)
                .when(does.is_in(["out", "own"]))
                .then(-amount)
                .otherwise(0)
                .cum_sum()
                .over("asset"),
            )
            .with_columns(
                owed_minor=pl.col("clients")
                + pl.col("pending")
                + self._unswept(pl.col("fees_minor") - pl.col("own_minor"))
            )
            .with_columns(gap_minor=pl.col("held_minor") - pl.col("owed_minor"))
        )

    def _unswept(self, fees: pl.Expr) -> pl.Expr:
        """Fees that are still among the clients' money; more cannot leave than was taken."""
        return pl.max_horizontal(fees, 0) if self._assets == "fiat" else pl.lit(0)

    def judge(self, found: Tally, place: str) -> None:
        """Judge every movement: what is held must be what is owed."""
        rows = self.table().with_columns(
            # The event that opens a gap offends, not every one that comes after it.
            before=pl.col("gap_minor").shift(1, fill_value=0).over("asset"),
        )
        for kind in rows["kind"].unique().sort():
            found.table(
                kind,
                rows.filter(pl.col("kind") == kind),
                pl.col("gap_minor") != pl.col("before"),
                lambda row: f"{row['asset']}: {place} {row['held_minor']} minor units",
                lambda row: f"{row['owed_minor']} owed to clients",
            )


def _until(seq: Ints, amount: Ints, moment: Ints) -> Ints:
    """Return the sum of the amounts up to each moment, its own included; `seq` is in order."""
    total: Ints = np.r_[0, np.cumsum(amount)][np.searchsorted(seq, moment, side="right")]
    return total


def money(evidence: Evidence) -> Claims:
    """Return what is owed and held in currencies."""
    return Claims(evidence, "fiat")


def coins(evidence: Evidence) -> Claims:
    """Return what is owed and held in coins."""
    return Claims(evidence, "coin")


def is_whole(amount: pl.Expr, asset: pl.Expr) -> pl.Expr:
    """Whether an amount is positive and one that a bank or a chain can move."""
    grid = {code: entry.bank_minor for code, entry in ASSETS.items()}
    least = asset.replace_strict(grid, default=None, return_dtype=pl.Int64)
    return (amount > 0) & (amount % least == 0)
