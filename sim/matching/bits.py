"""What the compiled functions of this package are made with: bare memory, inlining, two instructions."""

from collections.abc import Callable
from functools import cache
from typing import Any, Protocol, TypeVar

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from sim.compiled import kernel

F = TypeVar("F", bound=Callable[..., Any])

# int64 mixed with uint64 becomes float64, so unsigned arithmetic converts every operand.
u64: Any = np.uint64
i64: Callable[[Any], int] = np.int64  # type: ignore[assignment]  # compiled: a plain int64

_WORD = types.int64
_POINTER = types.CPointer(_WORD)  # type: ignore[no-untyped-call]


class Memory(Protocol):
    """The words of an array inside compiled code: a bare pointer to int64.

    Handing NumPy arrays from function to function costs an atomic reference count on each and a test
    for a negative index on every access, together more than the matching itself. The public functions
    take arrays; everything below them takes their memory.
    """

    def __getitem__(self, index: int) -> int:
        """Load a word; not checked."""

    def __setitem__(self, index: int, value: int) -> None:
        """Store a word; not checked."""


def exported(function: F) -> F:
    """Compile a function that Python may call; `kernel` with the function's own type."""
    return kernel(function)  # type: ignore[no-any-return]  # dispatchers are untyped


def compiled(function: F) -> F:
    """Compile a function that only compiled code calls."""
    return kernel(  # type: ignore[no-any-return]  # dispatchers are untyped
        function, no_cpython_wrapper=True, no_cfunc_wrapper=True
    )


def inlined(function: F) -> F:
    """Put a small function's code wherever it is called; it is never compiled on its own.

    Machine code of its own for every small function would take most of the compiler's time.
    """
    return kernel(function, inline="always")  # type: ignore[no-any-return]  # dispatchers are untyped


@cache
def entry_point(function: Callable[..., Any], arrays: int, numbers: int = 0) -> Callable[..., int]:
    """Compile a function of so many int64 arrays and then int64s, and return its machine code's own entry.

    Calling it skips the dispatcher, which looks up the type of every argument at every call and takes
    half of the time of a short one. So the arrays must be writable, C-contiguous, one-dimensional
    and of int64, which nothing checks; a number that does not fit raises OverflowError, and a float is cut.
    """
    signature = (types.Array(_WORD, 1, "C"),) * arrays + (_WORD,) * numbers
    dispatcher: Any = function
    dispatcher.compile(signature)
    entry: Callable[..., int] = dispatcher.overloads[signature].entry_point
    return entry


def _memory_of(_typing: Any, array: Any) -> Any:
    """Memory of a C-contiguous one-dimensional int64 array, which the caller keeps alive."""
    if not (isinstance(array, types.Array) and array.dtype == _WORD and array.layout == "C"):
        return None

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return context.make_array(signature.args[0])(context, builder, args[0]).data

    return _POINTER(array), generate


def _trailing_zeros(_typing: Any, value: Any) -> Any:
    """Index of the lowest set bit of an int64, 0 to 63; undefined for 0."""
    if value != _WORD:
        return None

    def generate(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        return builder.cttz(args[0], ir.Constant(ir.IntType(1), 1))

    return _WORD(_WORD), generate


def _leading_zeros(_typing: Any, value: Any) -> Any:
    """Zero bits above the highest set bit of an int64, 0 to 63; undefined for 0."""
    if value != _WORD:
        return None

    def generate(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        return builder.ctlz(args[0], ir.Constant(ir.IntType(1), 1))

    return _WORD(_WORD), generate


def _prefetch(_typing: Any, memory: Any, index: Any) -> Any:
    """Bring the cache line of a word near; no effect on any value, harmless for any index."""
    if memory != _POINTER or index != _WORD:
        return None

    def generate(context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        byte_pointer = ir.IntType(8).as_pointer()
        number = ir.IntType(32)
        declared = builder.module.declare_intrinsic(
            "llvm.prefetch",
            [byte_pointer],
            ir.FunctionType(ir.VoidType(), [byte_pointer, number, number, number]),
        )
        address = builder.bitcast(builder.gep(args[0], [args[1]]), byte_pointer)
        to_write, keep_close, data = (ir.Constant(number, value) for value in (1, 3, 1))
        builder.call(declared, [address, to_write, keep_close, data])
        return context.get_dummy_value()

    return types.none(_POINTER, _WORD), generate


_intrinsic: Any = intrinsic  # its type stub does not know what it makes
memory_of: Callable[[Any], Memory] = _intrinsic(_memory_of)
trailing_zeros: Callable[[int], int] = _intrinsic(_trailing_zeros)
leading_zeros: Callable[[int], int] = _intrinsic(_leading_zeros)
prefetch: Callable[[Memory, int], None] = _intrinsic(_prefetch)
