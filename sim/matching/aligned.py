"""Arrays that begin on a cache line, so that a record or a row of eight words lies on one line."""

import numpy as np
import numpy.typing as npt

_LINE_BYTES = 64
_WORD_BYTES = 8
_SPARE = _LINE_BYTES // _WORD_BYTES


def aligned_zeros(words: int) -> npt.NDArray[np.int64]:
    """Return so many zeros."""
    return _from_line(np.zeros(words + _SPARE, np.int64), words)


def aligned_empty(words: int) -> npt.NDArray[np.int64]:
    """Return so many words of any value."""
    return _from_line(np.empty(words + _SPARE, np.int64), words)


def _from_line(raw: npt.NDArray[np.int64], words: int) -> npt.NDArray[np.int64]:
    first = -raw.ctypes.data % _LINE_BYTES // _WORD_BYTES
    return raw[first : first + words]
