"""What tokens are worth in Hong Kong dollars at an order's instant, as far as the log says.

The outside price changes at the steps of a grid, and each sample of the books records it. So it is known
for orders in the same step as a sample, and not for those between. The rate of the Hong Kong dollar is not
recorded; it follows from the prices of one coin in both currencies, each rounded to its tick.
"""

from fractions import Fraction

import attrs
import numpy as np
import polars as pl
from numpy.typing import NDArray

from analysis.audit.evidence import Evidence
from analysis.audit.grids import ASSETS_N
from analysis.audit.postings import Postings
from analysis.audit.stretches import Ints
from sim.units import ASSET_INDEX, INSTRUMENTS, PPM

_COINS = tuple(
    (ASSET_INDEX[pair.base], symbol) for symbol, pair in INSTRUMENTS.items() if pair.quote == "HKD"
)
HKD, USD = ASSET_INDEX["HKD"], ASSET_INDEX["USD"]


@attrs.frozen(eq=False)
class Worth:
    """Prices by step of the outside path; arrays of shape [steps that were sampled], in order."""

    step_us: int
    step: Ints
    ticks: dict[str, Ints]
    """Outside price of each pair in ticks."""
    least_ppm: Ints
    most_ppm: Ints
    """Bounds of HKD for a million USD."""

    def places(self, time_us: Ints) -> tuple[Ints, NDArray[np.bool_]]:
        """Return each instant's place in the arrays, and whether its step was sampled."""
        wanted = time_us // self.step_us
        if not len(self.step):
            return np.zeros(len(wanted), np.int64), np.zeros(len(wanted), np.bool_)
        place = np.minimum(np.searchsorted(self.step, wanted), len(self.step) - 1)
        return place, self.step[place] == wanted

    def exposure(
        self, postings: Postings, account: Ints, seq: Ints, place: Ints
    ) -> tuple[Ints, Ints]:
        """Return bounds of each client's exposure before an event, HKD minor units.

        Exposure is the value of all tokens, whole lots of them, and what open buy orders hold.
        """
        base = account * ASSETS_N
        least = np.zeros(len(seq), np.int64)
        for asset, symbol in _COINS:
            pair = INSTRUMENTS[symbol]
            owned, _ = postings.before(base + asset, seq)
            least += owned // pair.lot_minor * pair.tick_lot_minor * self.ticks[symbol][place]
        least += postings.before(base + HKD, seq)[1]
        held = postings.before(base + USD, seq)[1]
        return least + self.hkd(held, self.least_ppm[place]), least + self.hkd(
            held, self.most_ppm[place], up=True
        )

    def value(self, notional: Ints, usd: NDArray[np.bool_], place: Ints) -> tuple[Ints, Ints]:
        """Return bounds of each notional in HKD minor units; `usd` says which are in US dollars."""
        least = np.where(usd, self.hkd(notional, self.least_ppm[place]), notional)
        most = np.where(usd, self.hkd(notional, self.most_ppm[place], up=True), notional)
        return least, most

    @staticmethod
    def hkd(amount: Ints, rate_ppm: Ints, *, up: bool = False) -> Ints:
        """Convert at a rate, in parts that cannot overflow, rounded down or up."""
        whole, rest = amount // PPM, amount % PPM
        return whole * rate_ppm + (rest * rate_ppm + (PPM - 1 if up else 0)) // PPM


def worth(evidence: Evidence) -> Worth:
    """Read the outside prices that the samples recorded."""
    step_us = int(evidence.terms.scenario.world.reference.step)
    samples = (
        evidence.log.scan("book_sampled")
        .select("instrument", "reference_ticks", step=pl.col("time_us") // step_us)
        .unique(["step", "instrument"], keep="first")
        .collect(engine="streaming")
        .pivot("instrument", index="step", values="reference_ticks")
        .sort("step")
    )
    symbols = [symbol for symbol in INSTRUMENTS if symbol in samples.columns]
    if len(symbols) < len(INSTRUMENTS):
        samples = samples.clear().with_columns(
            pl.lit(None, pl.Int64).alias(symbol) for symbol in INSTRUMENTS if symbol not in symbols
        )
    samples = samples.drop_nulls()
    ticks = {symbol: samples[symbol].cast(pl.Int64).to_numpy() for symbol in INSTRUMENTS}
    least, most = _rate_bounds(ticks)
    return Worth(step_us, samples["step"].cast(pl.Int64).to_numpy(), ticks, least, most)


def _rate_bounds(ticks: dict[str, Ints]) -> tuple[Ints, Ints]:
    """Bound the rate by each coin's two prices: a price lies within half a tick of its ticks."""
    size = len(next(iter(ticks.values())))
    least = np.zeros(size, np.int64)
    most = np.full(size, np.iinfo(np.int64).max)
    for symbol, pair in INSTRUMENTS.items():
        if pair.quote != "HKD":
            continue
        dollars = INSTRUMENTS[f"{pair.base}/USD"]
        scale = Fraction(pair.tick_minor, dollars.tick_minor) * PPM
        top, bottom = scale.numerator, scale.denominator
        hkd, usd = 2 * ticks[symbol], 2 * ticks[f"{pair.base}/USD"]
        low = (hkd - 1) * top // ((usd + 1) * bottom)
        high = -(-(hkd + 1) * top // ((usd - 1) * bottom))
        least, most = np.maximum(least, low), np.minimum(most, high)
    return least, most


def limits(evidence: Evidence) -> tuple[Ints, Ints, Ints]:
    """Return every exposure limit as (client, seq, HKD minor units), in order of client and seq."""
    rows = evidence.table("exposure_limit_set").sort("client", "seq")
    return rows["client"].to_numpy(), rows["seq"].to_numpy(), rows["limit_minor"].to_numpy()


def limit_before(known: tuple[Ints, Ints, Ints], client: Ints, seq: Ints) -> Ints:
    """Return each client's limit just before an event, -1 where there is none."""
    clients, seqs, amounts = known
    found = np.full(len(client), -1, np.int64)
    if not len(clients):
        return found
    span = int(max(seqs.max(), seq.max(initial=0))) + 1
    place = np.searchsorted(clients * span + seqs, client * span + seq) - 1
    mine = (place >= 0) & (clients[place] == client)
    found[mine] = amounts[place[mine]]
    return found
