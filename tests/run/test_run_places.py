"""Where the prices of a run lie is known from the instant on in which there is a run."""

from pathlib import Path

import pytest

from sim.journal.entries import Entry
from sim.journal.store import Store
from sim.rerun import fork
from sim.units import DAY_US
from tests.run.small_run import short_run

DAYS_US = 1_692_547_200_000_000
"""21 August 2023 in Hong Kong."""


def price_file(folder: Path) -> Path:
    """Write prices of three dates around a short run."""
    rows = [
        f"{day}T00:00:00Z,{asset},{price}"
        for day in ("2023-08-01", "2023-09-01", "2023-10-01")
        for asset, price in (("BTC", 26000), ("ETH", 1700))
    ]
    path = folder / "prices.csv"
    path.write_text("time,asset,price\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return path


def test_a_run_and_a_fork_that_are_killed_at_any_instant_know_where_their_prices_lie(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known: list[tuple[str, bool]] = []
    append = Store._append

    def noting(store: Store, entry: Entry) -> None:
        known.append((store.run_dir.name, (store.run_dir / "places.toml").is_file()))
        append(store, entry)

    monkeypatch.setattr(Store, "_append", noting)
    settings = (f"world.reference.file={price_file(tmp_path)}", "horizon.end=2023-08-24")
    result = short_run(tmp_path / "run", *settings)
    fork(result.run_dir, tmp_path / "fork", DAYS_US + DAY_US)
    assert [name for name, _ in known] == ["run"] * 3 + ["fork"] * 3
    assert all(there for _, there in known)
