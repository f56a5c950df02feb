"""The kernels as plain Python: a fault in one then shows after seconds, not after a minute of compiling.

`install` makes `sim.compiled.kernel` hand back the function it was given and puts Python in the place of the
few pieces that exist only as machine instructions. The words of a kernel are NumPy's int64, so sums wrap
around and shifts drop bits as in machine code. A test holds the log of a run lived this way against that of
the compiled kernels: they are the same, head and all.
"""

import ctypes
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

Words = npt.NDArray[Any]

_WORD_BITS = 64
_MASK = (1 << _WORD_BITS) - 1
_ADDRESSABLE_WORDS = 1 << 40


def install() -> None:
    """Leave every kernel that is imported from now on as it was written.

    Raises
    ------
    RuntimeError
        A kernel has been imported before.
    """
    early = [name for name in ("sim.draws", "sim.matching.bits") if name in sys.modules]
    if early:
        raise RuntimeError(f"kernels are compiled already: {', '.join(early)}")
    import numba

    import sim.compiled

    # Machine integers wrap around without a word.
    np.seterr(over="ignore")
    sim.compiled.kernel = _as_written
    setattr(numba, "carray", _first_items)  # noqa: B010 - it is not listed in numba's __all__
    _replace("sim.matching.bits", _INSTRUCTIONS)
    _replace("sim.flow.memory", {"words_at": _words_at, "floats_at": _floats_at})


def _replace(module: str, names: dict[str, Any]) -> None:
    __import__(module)
    for name, function in names.items():
        if not hasattr(sys.modules[module], name):
            raise RuntimeError(f"{module} has no {name} any more")
        setattr(sys.modules[module], name, function)


def _as_written(function: Callable[..., Any] | None = None, **_options: Any) -> Any:
    return _as_written if function is None else function


def _u64(value: Any) -> Any:
    return np.uint64(int(value) & _MASK)


def _i64(value: Any) -> Any:
    word = int(value) & _MASK
    return np.int64(word - (word >> (_WORD_BITS - 1) << _WORD_BITS))


def _memory_of(array: Words) -> Words:
    return array


def _trailing_zeros(value: int) -> Any:
    return np.int64((int(value) & -int(value)).bit_length() - 1)


def _leading_zeros(value: int) -> Any:
    return np.int64(_WORD_BITS - (int(value) & _MASK).bit_length())


def _prefetch(_memory: Words, _index: int) -> None:
    """Bring nothing near: a processor's matter."""


def _entry_point(function: Callable[..., Any], arrays: int, numbers: int = 0) -> Any:  # noqa: ARG001
    return function


_INSTRUCTIONS = {
    "u64": _u64,
    "i64": _i64,
    "memory_of": _memory_of,
    "trailing_zeros": _trailing_zeros,
    "leading_zeros": _leading_zeros,
    "prefetch": _prefetch,
    "entry_point": _entry_point,
}


def _array_at(element: Any) -> Callable[[int], Words]:
    known: dict[int, Words] = {}
    every = element * _ADDRESSABLE_WORDS

    def at(address: int) -> Words:
        found = known.get(int(address))
        if found is None:
            found = known[int(address)] = np.frombuffer(
                every.from_address(int(address)), np.dtype(element)
            )
        return found

    return at


_words_at = _array_at(ctypes.c_int64)
_floats_at = _array_at(ctypes.c_double)


def _first_items(array: Words, shape: tuple[int, ...]) -> Words:
    return array[: shape[0]]
