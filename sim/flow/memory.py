"""How compiled functions reach the order plane's memory: a bare pointer and small named accessors.

Handing two dozen NumPy arrays from function to function made the kernel take minutes to compile and cost
reference counts at run time; one pointer does neither. Whoever owns the arrays keeps them alive.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from numba import types
from numba.extending import intrinsic

from sim.compiled import kernel
from sim.flow.layout import (
    ASSETS_N,
    AVAILABLE,
    BOOK_ADDRESS,
    GRID_POINTS,
    GRID_START,
    GRID_STEP,
    HELD,
    HKD_PER_USD,
    INSTRUMENT,
    INSTRUMENT_WIDTH,
    LIMIT,
    NOW,
    PARTICIPANT,
    PARTICIPANT_WIDTH,
    TICKS,
    TRADER,
    TRADER_WIDTH,
)
from sim.matching.bits import Memory, inlined

F = TypeVar("F", bound=Callable[..., Any])


def unlocked(function: F) -> F:
    """Compile without the interpreter lock, so that finished segments are written meanwhile."""
    return kernel(function, nogil=True)  # type: ignore[no-any-return]  # dispatchers are untyped


_WORD = types.int64


def _pointer_at(element: Any) -> Any:
    def make(_typing: Any, address: Any) -> Any:
        if address != _WORD:
            return None

        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            return builder.inttoptr(args[0], context.get_value_type(signature.return_type))

        return types.CPointer(element)(address), generate  # type: ignore[no-untyped-call]

    return make


words_at: Any = intrinsic(_pointer_at(types.int64))
"""The int64 array at an address."""
floats_at: Any = intrinsic(_pointer_at(types.float64))
"""The float64 array at an address."""


@inlined
def book_of(plane: Memory, instrument: int) -> Memory:
    """Order book of an instrument."""
    return words_at(plane[BOOK_ADDRESS + instrument])  # type: ignore[no-any-return]


@inlined
def trait(plane: Memory, account: int, word: int) -> int:
    """One word of an account's trader row."""
    return plane[plane[TRADER] + account * TRADER_WIDTH + word]


@inlined
def set_trait(plane: Memory, account: int, word: int, value: int) -> None:
    """Write one word of an account's trader row."""
    plane[plane[TRADER] + account * TRADER_WIDTH + word] = value


@inlined
def parameter(plane: Memory, account: int, word: int) -> int:
    """One parameter of a market maker or an arbitrageur."""
    return plane[plane[PARTICIPANT] + account * PARTICIPANT_WIDTH + word]


@inlined
def constant(plane: Memory, instrument: int, word: int) -> int:
    """One constant of an instrument."""
    return plane[INSTRUMENT + instrument * INSTRUMENT_WIDTH + word]


@inlined
def available(plane: Memory, account: int, asset: int) -> int:
    """Minor units an account may trade with or withdraw."""
    return plane[plane[AVAILABLE] + account * ASSETS_N + asset]


@inlined
def held(plane: Memory, account: int, asset: int) -> int:
    """Minor units held behind an account's resting orders."""
    return plane[plane[HELD] + account * ASSETS_N + asset]


@inlined
def credit(plane: Memory, account: int, asset: int, amount_minor: int) -> None:
    """Add to the available balance; negative amounts take away."""
    plane[plane[AVAILABLE] + account * ASSETS_N + asset] += amount_minor


@inlined
def hold_back(plane: Memory, account: int, asset: int, amount_minor: int) -> None:
    """Move an amount from available to held; negative amounts free it."""
    plane[plane[AVAILABLE] + account * ASSETS_N + asset] -= amount_minor
    plane[plane[HELD] + account * ASSETS_N + asset] += amount_minor


@inlined
def exposure_limit(plane: Memory, account: int) -> int:
    """Exposure limit in HKD minor units; -1 for none."""
    return plane[plane[LIMIT] + account]


@inlined
def grid_place(plane: Memory) -> int:
    """Index on the reference grid of the present instant."""
    return (plane[NOW] - plane[GRID_START]) // plane[GRID_STEP]


@inlined
def reference_at(plane: Memory, instrument: int, place: int) -> int:
    """Outside price of an instrument at a place of the grid, in ticks."""
    return plane[plane[TICKS] + instrument * plane[GRID_POINTS] + place]


@inlined
def reference_ticks(plane: Memory, instrument: int) -> int:
    """Outside price of an instrument now, in ticks."""
    return reference_at(plane, instrument, grid_place(plane))


@inlined
def hkd_per_usd_ppm(plane: Memory) -> int:
    """HKD for a million USD, now."""
    return plane[plane[HKD_PER_USD] + grid_place(plane)]
