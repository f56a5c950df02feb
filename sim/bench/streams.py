"""The six streams: how much of what, around which price, with how large a book.

Figures of a stream are its definition: another value is another stream. The shapes are those in which books
differ: ordinary flow, amends, depth, cancels, sweeps, a wide range of prices.
"""

import attrs

DEFAULT_SEED = 20_240_607


@attrs.frozen
class Flow:
    """Parameters of orders that come and go around a wandering middle price."""

    commands: int
    limit_share: float
    """Share of new passive orders; the shares left over are market orders."""
    cancel_share: float
    replace_share: float
    aggressive_share: float
    """Orders priced at the other side's best or through it; half of them immediate-or-cancel."""
    first_middle_ticks: int = 50_000
    commands_per_step: int = 20
    """The middle moves by a tick, or not, once in so many commands."""
    jump_chance: float = 0.0
    """Chance that a command comes with a jump of the middle."""
    jump_deviation: float = 0.0
    """Standard deviation of a jump, as a share of the middle."""
    mean_depth_inverse: float = 0.02
    """One over the mean distance of a passive order from the middle, in ticks."""
    most_ticks_through: int = 4
    """An aggressive order is priced at most so far through the other side's best."""
    passive_lots: float = 60
    """Median of a passive order."""
    aggressive_lots: float = 45
    market_lots: float = 90
    wanted_orders: int = 20_000
    """Resting orders towards which the share of limit orders leans."""
    filling_commands: int = 20_000
    """First commands, all of them limit orders."""
    recent_share: float = 0.7
    """Cancels and amends that look for a recent order first."""
    reduce_share: float = 0.0
    """Share of amends that only take lots off."""


@attrs.frozen
class Insertion:
    """Parameters of the stream that only inserts: each order alone at its price, in random order."""

    commands: int


STREAMS: dict[str, Flow | Insertion] = {
    "mixed": Flow(
        commands=1_000_000,
        limit_share=0.45,
        cancel_share=0.40,
        replace_share=0.05,
        aggressive_share=0.08,
    ),
    "amend": Flow(
        commands=300_000,
        limit_share=0.40,
        cancel_share=0.27,
        replace_share=0.25,
        aggressive_share=0.06,
        reduce_share=0.5,
    ),
    "deep": Insertion(commands=200_000),
    "cancel": Flow(
        commands=500_000,
        limit_share=0.50,
        cancel_share=0.485,
        replace_share=0.005,
        aggressive_share=0.008,
        wanted_orders=50_000,
        filling_commands=50_000,
        recent_share=0.0,
    ),
    "sweep": Flow(
        commands=300_000,
        limit_share=0.79,
        cancel_share=0.16,
        replace_share=0.0,
        aggressive_share=0.01,
        passive_lots=30,
        market_lots=500,
    ),
    "sparse": Flow(
        commands=300_000,
        limit_share=0.45,
        cancel_share=0.40,
        replace_share=0.05,
        aggressive_share=0.08,
        first_middle_ticks=1_000_000,
        jump_chance=1e-3,
        jump_deviation=0.05,
        mean_depth_inverse=1 / 20_000,
        most_ticks_through=2_000,
        wanted_orders=3_000,
        filling_commands=3_000,
    ),
}

ABOUT: dict[str, str] = {
    "mixed": "ordinary flow on 600 prices: adds, cancels, replaces, aggressive and market orders",
    "amend": "a quarter amends, half of them reductions in place",
    "deep": "insertions only, every order at a price of its own",
    "cancel": "cancels spread evenly over a large book",
    "sweep": "small orders and large market orders that walk the book",
    "sparse": "few orders over a hundredfold range of prices, with jumps",
}
