"""Stylised facts of a price path, computed as the facts file says."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def returns(prices: npt.NDArray[np.int64] | Floats, every: int) -> Floats:
    return np.diff(np.log(prices[::every].astype(np.float64)))


def excess_kurtosis(sample: Floats) -> float:
    centred = sample - sample.mean()
    return float(np.mean(centred**4) / np.mean(centred**2) ** 2 - 3.0)


def autocorrelation(sample: Floats, lag: int) -> float:
    centred = sample - sample.mean()
    return float(np.mean(centred[lag:] * centred[:-lag]) / np.mean(centred**2))


def hill(sample: Floats, share: float = 0.01) -> float:
    sizes = np.sort(np.abs(sample))[::-1]
    count = int(len(sizes) * share)
    return float(1.0 / np.mean(np.log(sizes[:count] / sizes[count])))
