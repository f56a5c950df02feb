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

from analysis.audit.columns import Ints
from analysis.audit.evidence import Evidence
from analysis.audit.grids import ASSETS_N
from analysis.audit.stretches import Stretch
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
        self, stretch: Stretch, account: Ints, seq: Ints, place: Ints
    ) -> tuple[Ints, Ints]:
        """Return bounds of each client's exposure before an event, HKD minor units.

        Exposure is the value of all tokens, whole lots of them, and what open buy orders hold.
        """
        base = account * ASSETS_N
        least = np.zeros(len(seq), np.int64)
        for asset, symbol in _COINS:
            pair = INSTRUMENTS[symbol]
            owned = stretch.balances.before(base + asset, seq)
            least += owned // pair.lot_minor * pair.tick_lot_minor * self.ticks[symbol][place]
        least += held_before(stretch, base + HKD, seq)
        held = held_before(stretch, base + USD, seq)
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


def held_before(stretch: Stretch, key: Ints, seq: Ints) -> Ints:
    """Return what each account's open orders hold just before an event."""
    return stretch.balances.before(key, seq) - stretch.available.before(key, seq)


def worth(evidence: Evidence) -> Worth:
    """Read the outside prices that the samples recorded."""
    step_us = int(evidence.terms.scenario.world.reference.step)
    samples = (
        evidence.scan("book_sampled")
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


class Limits:
    """Every client's exposure limits, HKD minor units, for many look-ups."""

    def __init__(self, rows: pl.DataFrame) -> None:
        """Take client, seq and limit_minor of each limit that was set."""
        rows = rows.sort("client", "seq")
        self._client = rows["client"].to_numpy()
        self._seq = rows["seq"].to_numpy()
        self._limit = rows["limit_minor"].to_numpy()
        self._span = int(self._seq.max(initial=0)) + 1
        self._code = self._client * self._span + self._seq

    def clients(self, size: int) -> NDArray[np.bool_]:
        """Return which of so many clients ever have a limit."""
        have = np.zeros(size, np.bool_)
        have[self._client[(self._client >= 0) & (self._client < size)]] = True
        return have

    def before(self, client: Ints, seq: Ints) -> Ints:
        """Return each client's limit just before an event, -1 where there is none."""
        found = np.full(len(client), -1, np.int64)
        if not len(self._code):
            return found
        # Any later event comes after the client's last limit.
        code = client * self._span + np.minimum(seq, self._span)
        place = np.searchsorted(self._code, code) - 1
        mine = (place >= 0) & (self._client[place] == client)
        found[mine] = self._limit[place[mine]]
        return found


def limits(evidence: Evidence) -> Limits:
    """Return every exposure limit that was set."""
    return Limits(evidence.table("exposure_limit_set").select("client", "seq", "limit_minor"))
