"""Keyed randomness: every draw is a pure function of (seed, purpose, entity, occurrence).

There is no generator to carry about and no order of calls to keep: a client's third decision is the
same number whatever anybody else did before it, in every process and in compiled code as well as in
Python. That is what makes two policies comparable person by person.

The function is Philox4x32-10, a counter-based generator: J. K. Salmon, M. A. Moraes, R. O. Dror and
D. E. Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC11 (2011), doi:10.1145/2063384.2063405.
The key is the 64-bit seed; the 128-bit counter holds

    word 0   entity, low 32 bits          word 2   purpose
    word 1   occurrence, low 32 bits      word 3   entity and occurrence, next 16 bits of each

so draws with different (purpose, entity, occurrence) never share a counter as long as entity and
occurrence lie in [0, 2**48). A purpose is the name of one decision ("flow.side"); its 31-bit code comes
from `purpose(name)`, which refuses two names with the same code.

Other distributions are inverse transforms of one uniform draw, monotone in it: raise the mean and every
client's own time grows, nobody's luck is reshuffled. They use the platform's `log`, `log1p` and `exp`,
whose last bit may differ between C libraries; results are rounded to integers where they enter a run.
"""

import math
from hashlib import blake2b
from typing import Any

import attrs
import numpy as np

from sim.compiled import kernel
from sim.units import PPM

# numba turns int64 mixed with uint64 into float64, so every constant of the generator is a uint64.
_MASK_32 = np.uint64(0xFFFFFFFF)
_MASK_16 = np.uint64(0xFFFF)
_SHIFT_32 = np.uint64(32)
_SHIFT_20 = np.uint64(20)
_SHIFT_16 = np.uint64(16)
_SHIFT_12 = np.uint64(12)
_MULTIPLIER_0 = np.uint64(0xD2511F53)
_MULTIPLIER_1 = np.uint64(0xCD9E8D57)
_WEYL_0 = np.uint64(0x9E3779B9)
_WEYL_1 = np.uint64(0xBB67AE85)
_ROUNDS = 10
_CELL = 2.0**-52

# Coefficients of AS 241 (PPND16), numerator and denominator, from the constant term up.
_CENTRE = (
    (
        3.3871328727963666080e0, 1.3314166789178437745e2, 1.9715909503065514427e3,
        1.3731693765509461125e4, 4.5921953931549871457e4, 6.7265770927008700853e4,
        3.3430575583588128105e4, 2.5090809287301226727e3,
    ),
    (
        1.0, 4.2313330701600911252e1, 6.8718700749205790830e2,
        5.3941960214247511077e3, 2.1213794301586595867e4, 3.9307895800092710610e4,
        2.8729085735721942674e4, 5.2264952788528545610e3,
    ),
)  # fmt: skip
_MIDDLE = (
    (
        1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0,
        3.64784832476320460504e0, 1.27045825245236838258e0, 2.41780725177450611770e-1,
        2.27238449892691845833e-2, 7.74545014278341407640e-4,
    ),
    (
        1.0, 2.05319162663775882187e0, 1.67638483018380384940e0,
        6.89767334985100004550e-1, 1.48103976427480074590e-1, 1.51986665636164571966e-2,
        5.47593808499534494600e-4, 1.05075007164441684324e-9,
    ),
)  # fmt: skip
_FAR = (
    (
        6.65790464350110377720e0, 5.46378491116411436990e0, 1.78482653991729133580e0,
        2.96560571828504891230e-1, 2.65321895265761230930e-2, 1.24266094738807843860e-3,
        2.71155556874348757815e-5, 2.01033439929228813265e-7,
    ),
    (
        1.0, 5.99832206555887937690e-1, 1.36929880922735805310e-1,
        1.48753612908506148525e-2, 7.86869131145613259100e-4, 1.84631831751005468180e-5,
        1.42151175831644588870e-7, 2.04426310338993978564e-15,
    ),
)  # fmt: skip

_NAME_OF_CODE: dict[int, str] = {}
_CODE_OF_NAME: dict[str, int] = {}


class PurposeError(ValueError):
    """Two purposes have the same code: their draws would be copies of each other."""


def purpose(name: str) -> int:
    """Return the stable 31-bit code of a purpose's name and record the name.

    Raises
    ------
    PurposeError
        Another name of this process already has the code; one of them must be renamed.
    """
    code = _CODE_OF_NAME.get(name)
    if code is None:
        digest = blake2b(name.encode(), digest_size=4).digest()
        code = int.from_bytes(digest, "little") & 0x7FFFFFFF
        known = _NAME_OF_CODE.setdefault(code, name)
        if known != name:
            raise PurposeError(f"purposes {known!r} and {name!r} share the code {code}: rename one")
        _CODE_OF_NAME[name] = code
    return code


@kernel
def philox4x32(
    c0: np.uint64, c1: np.uint64, c2: np.uint64, c3: np.uint64, k0: np.uint64, k1: np.uint64
) -> tuple[np.uint64, np.uint64, np.uint64, np.uint64]:
    """Philox4x32-10 of four counter words and two key words (uint64 below 2**32): four such words."""
    for _ in range(_ROUNDS):
        product_0 = _MULTIPLIER_0 * c0
        product_1 = _MULTIPLIER_1 * c2
        c0 = (product_1 >> _SHIFT_32) ^ c1 ^ k0
        c1 = product_1 & _MASK_32
        c2 = (product_0 >> _SHIFT_32) ^ c3 ^ k1
        c3 = product_0 & _MASK_32
        k0 = (k0 + _WEYL_0) & _MASK_32
        k1 = (k1 + _WEYL_1) & _MASK_32
    return c0, c1, c2, c3


@kernel
def uniform_pair(seed: int, purpose: int, entity: int, occurrence: int) -> tuple[float, float]:
    """Two independent uniform draws of one key; the first equals `uniform` of that key."""
    s = np.uint64(seed)
    e = np.uint64(entity)
    o = np.uint64(occurrence)
    high = ((e >> _SHIFT_32) & _MASK_16) | (((o >> _SHIFT_32) & _MASK_16) << _SHIFT_16)
    w0, w1, w2, w3 = philox4x32(
        e & _MASK_32,
        o & _MASK_32,
        np.uint64(purpose) & _MASK_32,
        high,
        s & _MASK_32,
        s >> _SHIFT_32,
    )
    # The midpoint of one of 2**52 equal cells: an odd multiple of 2**-53, so never 0 and never 1.
    first = (float((w0 << _SHIFT_20) | (w1 >> _SHIFT_12)) + 0.5) * _CELL
    second = (float((w2 << _SHIFT_20) | (w3 >> _SHIFT_12)) + 0.5) * _CELL
    return first, second


@kernel
def uniform(seed: int, purpose: int, entity: int, occurrence: int) -> float:
    """Uniform draw in the open interval (0, 1), on a grid of 2**-53.

    All arguments are int64; entity and occurrence lie in [0, 2**48).
    """
    return float(uniform_pair(seed, purpose, entity, occurrence)[0])


@kernel
def exponential(u: float, mean: float) -> float:
    """Exponential draw with the given mean, in the mean's unit."""
    return -mean * math.log1p(-u)


@kernel
def _ratio(r: float, coefficients: Any) -> float:
    numerator = 0.0
    denominator = 0.0
    for index in range(7, -1, -1):
        numerator = numerator * r + coefficients[0][index]
        denominator = denominator * r + coefficients[1][index]
    return numerator / denominator


@kernel
def normal(u: float) -> float:
    """Draw from the standard normal distribution by its inverse, to about 1 part in 10**16.

    M. J. Wichura, "Algorithm AS 241: the percentage points of the normal distribution", Applied
    Statistics 37 (1988) 477-484, routine PPND16.
    """
    q = u - 0.5
    if abs(q) <= 0.425:
        r = 0.180625 - q * q
        return float(q * _ratio(r, _CENTRE))
    tail = u if q < 0.0 else 1.0 - u
    r = math.sqrt(-math.log(tail))
    z = float(_ratio(r - 1.6, _MIDDLE) if r <= 5.0 else _ratio(r - 5.0, _FAR))
    return -z if q < 0.0 else z


@kernel
def lognormal(u: float, median: float, sigma: float) -> float:
    """Lognormal draw: its median, and the standard deviation of its natural logarithm."""
    return float(median * math.exp(sigma * normal(u)))


@kernel
def pareto(u: float, minimum: float, alpha: float) -> float:
    """Pareto draw: at least `minimum`, P(X > x) = (minimum / x)**alpha."""
    return minimum * math.exp(-math.log1p(-u) / alpha)


@kernel
def categorical(u: float, cumulative: Any) -> int:
    """Index of a category, given the running sums of the weights (one-dimensional, any scale).

    A category of weight zero is never drawn. Monotone: a larger u gives the same or a later category.
    """
    last = len(cumulative) - 1
    target = u * cumulative[last]
    low = 0
    high = last
    while low < high:
        middle = (low + high) // 2
        if cumulative[middle] > target:
            high = middle
        else:
            low = middle + 1
    return low


@attrs.frozen
class Draws:
    """The draws of one run for code outside kernels: purposes by name, results as integers."""

    seed: int

    def uniform(self, name: str, entity: int, occurrence: int = 0) -> float:
        """Uniform draw in (0, 1)."""
        return float(uniform(self.seed, purpose(name), entity, occurrence))

    def normal(self, name: str, entity: int, occurrence: int = 0) -> float:
        """Draw from the standard normal distribution."""
        return float(normal(self.uniform(name, entity, occurrence)))

    def exponential_us(self, name: str, entity: int, occurrence: int, mean_us: int) -> int:
        """Exponential duration in whole microseconds, at least one."""
        u = self.uniform(name, entity, occurrence)
        return max(1, round(float(exponential(u, float(mean_us)))))

    def lognormal_us(
        self, name: str, entity: int, occurrence: int, median_us: int, sigma: float
    ) -> int:
        """Lognormal duration in whole microseconds, at least one; sigma is that of its logarithm."""
        u = self.uniform(name, entity, occurrence)
        return max(1, round(float(lognormal(u, float(median_us), float(sigma)))))

    def chance(self, name: str, entity: int, occurrence: int, share_ppm: int) -> bool:
        """Whether an event with this probability (parts per million) happens.

        A larger share only adds to the entities for whom it happens.
        """
        return self.uniform(name, entity, occurrence) * PPM < share_ppm
