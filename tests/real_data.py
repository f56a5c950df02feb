"""Where the real market data lies, for the tests that need it."""

import os
from pathlib import Path

import pytest

_DEFAULT = Path(__file__).parents[2] / "shared" / "data"


def real_data(name: str) -> Path:
    """Path of a file of real data; the calling test is skipped, with the reason, where it is absent.

    `VATP_REAL_DATA` names the folder; without it the folder `../shared/data` beside the repository.
    """
    path = Path(os.environ.get("VATP_REAL_DATA") or _DEFAULT) / name
    if not path.is_file():
        pytest.skip(f"real data not found: {path} (set VATP_REAL_DATA to the folder that holds it)")
    return path
