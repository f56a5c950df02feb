"""The people who may become clients: born alike under every policy.

Each trait is a keyed draw by (seed, trait, client id), so a person is the same under every rule and
whether a hundred or a million others live in the same world. Only the arrival time also depends on the
horizon, because a prospect is somebody who becomes interested within it.

The survey is HKUST's of 2024 (n = 5,863; facts rows ust.amount, ust.share, ust.coin): amounts (fig. 13),
shares of the portfolio (fig. 14) and coins (fig. 15). What has no source here says "assumption".
"""

import math
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt

from sim.compiled import kernel
from sim.draws import categorical, lognormal, normal, pareto, purpose, uniform
from sim.events.codes import ClientClass
from sim.scenario.model import PARTICIPANTS_MAX, Horizon, Population
from sim.units import ASSETS, PPM

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

FIRST_PROSPECT = PARTICIPANTS_MAX + 1
"""Client id of row 0; lower ids belong to the venue's participants."""

SAVER, TREND, CONTRARIAN, RANDOM = range(4)
"""Codes of `trader_type`."""

ARRIVAL_FLOOR = 0.2
"""Rate of arrivals long after the start, relative to the rate at the start; assumption."""

AMOUNT_EDGES_HKD = (1_000, 10_000, 50_000, 100_000, 200_000, 500_000, 1_000_000, 3_000_000)
"""Brackets of fig. 13. Its outer ends are open: HKD 1,000 and 3 m are assumptions, which keep the mean
near the HKD 55,000 that the mid-points give."""
AMOUNT_WEIGHTS = (55.0, 24.5, 10.9, 5.4, 2.3, 0.9, 0.9)

SHARE_EDGES = (0.005, 0.05, 0.10, 0.25, 0.50, 1.0, 1.0)
"""Brackets of fig. 14; the lower end 0.5 % is an assumption, the last bracket is "all of it"."""
SHARE_WEIGHTS = (66.2, 21.5, 8.3, 2.7, 1.0, 0.2)

BITCOIN_INTEREST, ETHER_INTEREST = 0.807, 0.231
"""Fig. 15, several answers allowed; that the two interests are independent is an assumption."""

AMOUNT_LOADING = 0.65
"""Weight of net worth, and of the preferred share, in the amount's normal score; assumption."""
INTERVAL_SIGMA = 0.8
"""Spread between people of the logarithm of the time between looks; assumption."""
PATIENCE_SIGMA = 1.0
"""Spread between people of the logarithm of patience; assumption."""
PROFESSIONAL_MINIMUM_HKD = 8_000_000
"""Least portfolio of an individual professional investor (Cap. 571D s.5; facts row onb.pi_individual)."""
WEALTH_TAIL = 1.5
"""Pareto exponent of large fortunes (Klass et al. 2006, Economics Letters 90: 1.49 for the Forbes 400)."""

_UNIT = ASSETS["HKD"].unit_minor
POOREST, RICHEST = 1_000.0 * _UNIT, 300e9 * _UNIT
"""Net worth is kept between the survey's smallest amount and about the largest fortune in the city, in
minor units; the upper end also keeps every amount inside int64."""
_RETAIL, _PROFESSIONAL = np.int64(ClientClass.RETAIL), np.int64(ClientClass.INDIVIDUAL_PI)
_ROUND_AMOUNT = 100 * _UNIT
"""People send round sums: first amounts are multiples of HKD 100; assumption."""


@attrs.frozen(eq=False, kw_only=True)
class People:
    """One row per prospect, client id `FIRST_PROSPECT + row`; rows are not in order of arrival."""

    arrival_us: Ints
    """When the prospect becomes interested."""
    client_class: Ints
    """Code of `ClientClass`: retail or individual professional investor."""
    net_worth_minor: Ints
    """Net worth in HKD as declared; for a professional investor the portfolio."""
    trader_type: Ints
    """0 steady saver, 1 trend follower, 2 contrarian, 3 trades at random."""
    usd: Flags
    """Funds and trades in USD instead of HKD."""
    btc_weight_ppm: Ints
    """Share of bitcoin in what the person wants to hold; the rest is ether."""
    target_share_ppm: Ints
    """Preferred share of net worth in tokens."""
    ticket_minor: Ints
    """Preferred first amount in HKD, at most the net worth."""
    interval_us: Ints
    """Mean business time between looks at the market; for a saver between top-ups."""
    patience_us: Ints
    """How long the person waits for the platform before leaving."""
    needs_review: Flags
    """The application needs an officer."""
    acceptable: Flags
    """Identity and documents would pass a review."""
    knowledge_u: Floats
    """Uniform draw of the untrained knowledge test: passed when below the chance to pass."""
    returns: Flags
    """If refused for being retail, comes back when access opens."""

    def __len__(self) -> int:
        return len(self.arrival_us)

    def client_id(self, row: int) -> int:
        """Return the client id of a row."""
        return FIRST_PROSPECT + row

    def by_arrival(self) -> Ints:
        """Rows in order of arrival; simultaneous arrivals in order of client id."""
        return np.argsort(self.arrival_us, kind="stable")


def build_people(population: Population, horizon: Horizon, seed: int) -> People:
    """Draw every prospect's traits.

    Raises
    ------
    ValueError
        The horizon is empty, the trader types add to more than 100 %, or the net worth is not in HKD.
    """
    _check(population, horizon)
    draws = _Columns(seed, population.prospects)
    professional = draws.chance(purpose("people.professional"), population.professional_share)
    share_u = draws.uniforms(purpose("people.target_share"))
    net_worth, wealth_score = _net_worths(
        draws.uniforms(purpose("people.net_worth")),
        professional,
        float(population.net_worth_median.amount_minor),
        population.net_worth_sigma / PPM,
    )
    trader_type = _trader_types(population, draws.uniforms(purpose("people.trader")))
    return People(
        arrival_us=_arrivals_us(population, horizon, draws.uniforms(purpose("people.arrival"))),
        client_class=np.where(professional, _PROFESSIONAL, _RETAIL),
        net_worth_minor=net_worth,
        trader_type=trader_type,
        usd=draws.chance(purpose("people.usd"), population.usd_share),
        btc_weight_ppm=_bitcoin_weights(
            draws.uniforms(purpose("people.coin")), draws.uniforms(purpose("people.coin_mix"))
        ),
        target_share_ppm=_shares(share_u, np.cumsum(SHARE_WEIGHTS), np.array(SHARE_EDGES)),
        ticket_minor=_tickets(
            wealth_score,
            share_u,
            draws.uniforms(purpose("people.ticket")),
            net_worth,
            np.cumsum(AMOUNT_WEIGHTS),
            np.array(AMOUNT_EDGES_HKD, dtype=np.float64),
        ),
        interval_us=_intervals_us(
            population, trader_type, draws.uniforms(purpose("people.interval"))
        ),
        patience_us=_lognormals(
            draws.uniforms(purpose("people.patience")),
            float(population.patience_median),
            PATIENCE_SIGMA,
        ),
        needs_review=draws.chance(purpose("people.review"), population.manual_review_share),
        acceptable=~draws.chance(purpose("people.unacceptable"), population.unacceptable_share),
        knowledge_u=draws.uniforms(purpose("people.knowledge")),
        returns=draws.chance(purpose("people.returns"), population.return_share),
    )


@attrs.frozen
class _Columns:
    """One draw a prospect for each purpose."""

    seed: int
    count: int

    def uniforms(self, code: int) -> Floats:
        return np.asarray(_uniforms(self.seed, code, self.count))

    def chance(self, code: int, share_ppm: int) -> Flags:
        return np.asarray(self.uniforms(code) * PPM < share_ppm)


def _check(population: Population, horizon: Horizon) -> None:
    if horizon.end <= horizon.start:
        raise ValueError("the horizon ends before it starts")
    if population.saver_share + population.trend_share + population.contrarian_share > PPM:
        raise ValueError("saver_share, trend_share and contrarian_share add to more than 100 %")
    if population.net_worth_median.asset != "HKD":
        raise ValueError(f"net_worth_median must be in HKD, not {population.net_worth_median}")


def _trader_types(population: Population, u: Floats) -> Ints:
    shares = (population.saver_share, population.trend_share, population.contrarian_share)
    bounds = np.cumsum(shares) / PPM
    return np.asarray(np.searchsorted(bounds, u, side="right"), dtype=np.int64)


def _arrivals_us(population: Population, horizon: Horizon, u: Floats) -> Ints:
    span, half_life = float(horizon.end - horizon.start), float(population.arrival_half_life)
    return np.asarray(horizon.start + _arrivals(u, span, half_life))


def _intervals_us(population: Population, trader_type: Ints, u: Floats) -> Ints:
    # The mean rate of looks, not the mean gap, is the scenario's: E[1 / gap] = 1 / trade_interval.
    median = population.trade_interval * math.exp(INTERVAL_SIGMA**2 / 2)
    looks = _lognormals(u, median, INTERVAL_SIGMA)
    return np.where(trader_type == SAVER, np.int64(population.saving_interval), looks)


@kernel
def _uniforms(seed: int, code: int, count: int) -> Any:
    values = np.empty(count)
    for row in range(count):
        values[row] = uniform(seed, code, FIRST_PROSPECT + row, 0)
    return values


@kernel
def _lognormals(u: Any, median: float, sigma: float) -> Any:
    values = np.empty(len(u), np.int64)
    for row in range(len(u)):
        # 2**62 us is 146,000 years: a wild sigma must not overflow.
        values[row] = np.int64(min(lognormal(u[row], median, sigma), 2.0**62))
    return values


@kernel
def _arrivals(u: Any, span: float, half_life: float) -> Any:
    """Arrival times after the start, density proportional to floor + (1 - floor) * 2**(-t/half_life).

    The integral is concave, so Newton's method from 0 climbs to the root without ever passing it.
    """
    decay = math.log(2.0) / half_life
    wave = (1.0 - ARRIVAL_FLOOR) / decay
    total = ARRIVAL_FLOOR * span + wave * (1.0 - math.exp(-decay * span))
    times = np.empty(len(u), np.int64)
    for row in range(len(u)):
        target = u[row] * total
        time = 0.0
        for _ in range(100):
            fading = math.exp(-decay * time)
            missing = target - ARRIVAL_FLOOR * time - wave * (1.0 - fading)
            step = missing / (ARRIVAL_FLOOR + (1.0 - ARRIVAL_FLOOR) * fading)
            time += step
            if step < 0.25:
                break
        times[row] = min(np.int64(time), np.int64(span) - 1)
    return times


@kernel
def _net_worths(u: Any, professional: Any, median: float, sigma: float) -> Any:
    """Net worth in minor units, and its normal score among retail prospects."""
    worth = np.empty(len(u), np.int64)
    score = np.empty(len(u))
    for row in range(len(u)):
        if professional[row]:
            amount = pareto(u[row], float(PROFESSIONAL_MINIMUM_HKD * _UNIT), WEALTH_TAIL)
            # Where a retail person of this wealth would stand; far out the score no longer matters.
            reach = math.log(amount / median)
            score[row] = min(reach / sigma, 6.0) if sigma > 0.0 else 6.0
        else:
            amount = lognormal(u[row], median, sigma)
            score[row] = normal(u[row])
        worth[row] = np.int64(min(max(amount, POOREST), RICHEST))
    return worth, score


@kernel
def _in_brackets(u: float, cumulative: Any, edges: Any) -> float:
    """Quantile of a distribution that is log-uniform within each bracket."""
    index = categorical(u, cumulative)
    below = cumulative[index - 1] if index > 0 else 0.0
    part = (u * cumulative[-1] - below) / (cumulative[index] - below)
    return float(edges[index] * math.exp(part * math.log(edges[index + 1] / edges[index])))


@kernel
def _shares(u: Any, cumulative: Any, edges: Any) -> Any:
    shares = np.empty(len(u), np.int64)
    for row in range(len(u)):
        shares[row] = min(round(_in_brackets(u[row], cumulative, edges) * PPM), PPM)
    return shares


@kernel
def _tickets(
    wealth_score: Any, share_u: Any, own_u: Any, worth: Any, cumulative: Any, edges: Any
) -> Any:
    """First amounts: the survey's distribution, richer and keener people towards its upper end.

    A Gaussian copula: the amount's normal score is a weighted sum of those of net worth, preferred share
    and an own draw, the squares of the weights adding to one. Among retail prospects it is therefore
    standard normal and the amounts keep the survey's distribution exactly, up to rounding and up to the
    few whom their net worth limits. Professional investors stand above almost everybody by wealth.
    """
    rest = math.sqrt(1.0 - 2.0 * AMOUNT_LOADING**2)
    tickets = np.empty(len(own_u), np.int64)
    for row in range(len(own_u)):
        score = AMOUNT_LOADING * (wealth_score[row] + normal(share_u[row])) + rest * normal(
            own_u[row]
        )
        # Standard normal distribution function; kept below one for the bracket look-up.
        u = min(0.5 * math.erfc(-score / math.sqrt(2.0)), 1.0 - 2.0**-53)
        amount = np.int64(_in_brackets(u, cumulative, edges) * _UNIT)
        limited = min(amount, worth[row])
        tickets[row] = limited - limited % _ROUND_AMOUNT
    return tickets


@kernel
def _bitcoin_weights(u: Any, mix_u: Any) -> Any:
    """Weight of bitcoin: all or none for those interested in one coin, half to all for both."""
    only_bitcoin = BITCOIN_INTEREST * (1.0 - ETHER_INTEREST)
    both = BITCOIN_INTEREST * ETHER_INTEREST
    only_ether = (1.0 - BITCOIN_INTEREST) * ETHER_INTEREST
    total = only_bitcoin + both + only_ether
    weights = np.empty(len(u), np.int64)
    for row in range(len(u)):
        place = u[row] * total
        if place < only_bitcoin:
            weights[row] = PPM
        elif place < only_bitcoin + both:
            # Half to all: a mean of 75 %, near bitcoin's 78 % of the two coins' mentions.
            weights[row] = round((0.5 + 0.5 * mix_u[row]) * PPM)
        else:
            weights[row] = 0
    return weights
