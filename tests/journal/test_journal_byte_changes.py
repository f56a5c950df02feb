"""Any byte of a sealed run that changes is found, and so is a segment that is dropped, swapped or cut.

`VATP_BYTE_CHANGES=1000 pytest tests/journal/test_journal_byte_changes.py` is the whole measurement.
"""

import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from sim.journal import Journal, RunLog, verify
from tests.journal.journal_samples import HEADER, memory_folder, order_batch, order_flow
from tests.run.small_run import short_run

CHANGES = int(os.environ.get("VATP_BYTE_CHANGES", "60"))


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real run over a month's end, small enough to be verified a thousand times."""
    settings = ("log_level=full", "horizon.start=2023-08-30", "horizon.end=2023-09-03")
    maker = "world.market_makers=[{name='maker-1', requote_interval='30 min'}]"
    result = short_run(tmp_path_factory.mktemp("sealed") / "run", *settings, maker)
    found = verify(result.run_dir, expect_head=result.head)
    assert (found.problems, found.state) == ((), "complete")
    return result.run_dir


@pytest.mark.skipif(CHANGES > 500, reason="covered by the whole measurement")
def test_some_byte_changes_are_found(sealed: Path) -> None:
    change_bytes(sealed, CHANGES)


@pytest.mark.slow
@pytest.mark.skipif(CHANGES <= 500, reason="set VATP_BYTE_CHANGES=1000")
def test_a_thousand_byte_changes_are_found(sealed: Path) -> None:
    change_bytes(sealed, CHANGES)


def change_bytes(sealed: Path, changes: int) -> None:
    """Change one byte after another, each anywhere in the run with the same chance."""
    draws = np.random.default_rng(2024)
    with memory_folder() as folder:
        run_dir = Path(shutil.copytree(sealed, folder / "run"))
        files = sorted(path for path in run_dir.rglob("*") if path.is_file())
        sizes = [path.stat().st_size for path in files]
        ends = np.cumsum(sizes)
        missed = []
        for number in range(changes):
            # Every other change falls on a file drawn first, so that small files have their share.
            if number % 2:
                which = int(draws.integers(len(files)))
                place = int(draws.integers(sizes[which]))
            else:
                byte = int(draws.integers(ends[-1]))
                which = int(np.searchsorted(ends, byte, side="right"))
                place = byte - int(ends[which]) + sizes[which]
            path = files[which]
            whole = path.read_bytes()
            damaged = bytearray(whole)
            damaged[place] ^= int(draws.integers(1, 256))
            path.write_bytes(damaged)
            problems = verify(run_dir, locate=False).problems
            name = path.relative_to(run_dir).as_posix()
            if not any(name in problem for problem in problems):
                missed.append((name, place, problems))
            path.write_bytes(whole)
        assert missed == []
        assert verify(run_dir).problems == ()


@pytest.fixture
def run_dir(tmp_path: Path) -> Path:
    """A run of six segments, the last one not full."""
    folder = tmp_path / "run"
    with Journal.create(folder, HEADER, segment_events=500) as journal:
        for number in range(5):
            journal.append_rows(order_batch(number), journal.next_seq + 500)
        journal.append_rows(order_flow(77, 9, journal.next_seq, 2 * 10**15), journal.next_seq + 77)
        journal.complete({})
    assert len(RunLog.open(folder).segments) == 6
    return folder


def manifest_lines(run_dir: Path) -> list[bytes]:
    return (run_dir / "manifest.jsonl").read_bytes().splitlines(keepends=True)


@pytest.mark.parametrize("number", range(1, 7))
def test_a_dropped_segment_is_found_and_named(run_dir: Path, number: int) -> None:
    lines = manifest_lines(run_dir)
    (run_dir / "manifest.jsonl").write_bytes(b"".join(lines[:number] + lines[number + 1 :]))
    found = verify(run_dir)
    assert f"line {number + 1} does not follow the line before it" in found.problems[0]
    assert found.valid_segments == number - 1


@pytest.mark.parametrize("number", range(1, 6))
def test_two_swapped_segments_are_found_and_named(run_dir: Path, number: int) -> None:
    lines = manifest_lines(run_dir)
    lines[number : number + 2] = reversed(lines[number : number + 2])
    (run_dir / "manifest.jsonl").write_bytes(b"".join(lines))
    found = verify(run_dir)
    assert f"line {number + 1} does not follow" in found.problems[0]
    assert found.valid_events == (number - 1) * 500


@pytest.mark.parametrize("number", range(1, 6))
def test_swapped_files_are_found_and_named(run_dir: Path, number: int) -> None:
    one, two = (run_dir / f"events/trade/{place:08d}.parquet" for place in (number, number + 1))
    first, second = one.read_bytes(), two.read_bytes()
    one.write_bytes(second)
    two.write_bytes(first)
    found = verify(run_dir, locate=False)
    assert found.problems[0].startswith(f"segment {number}: events/trade/{number:08d}.parquet")
    assert any(problem.startswith(f"segment {number + 1}: ") for problem in found.problems)
    assert found.valid_segments == number - 1


@pytest.mark.parametrize("number", range(1, 7))
@pytest.mark.parametrize("kept", [0, 1, 4, 0.5, -8, -1])
def test_a_truncated_segment_is_found_and_named(run_dir: Path, number: int, kept: float) -> None:
    path = run_dir / f"events/order_accepted/{number:08d}.parquet"
    data = path.read_bytes()
    path.write_bytes(data[: int(kept * len(data)) if kept == 0.5 else int(kept)])
    found = verify(run_dir, locate=False)
    assert found.problems[0].startswith(
        f"segment {number}: events/order_accepted/{number:08d}.parquet: has "
    )
    assert len(found.problems) == 1
    assert found.valid_segments == number - 1


@pytest.mark.parametrize("number", [1, 3, 6])
def test_the_first_of_several_damaged_segments_gives_the_row(run_dir: Path, number: int) -> None:
    import polars as pl

    for place in range(number, 7):
        path = run_dir / f"events/trade/{place:08d}.parquet"
        rows = pl.read_parquet(path)
        price = pl.when(pl.int_range(pl.len()) == 3).then(1).otherwise(pl.col("price_ticks"))
        rows.with_columns(price_ticks=price).write_parquet(path)
    found = verify(run_dir)
    assert "row 3 (seq" in found.problems[0]
    assert found.problems[0].startswith(f"segment {number}: events/trade/{number:08d}.parquet")
    assert not any("row 3" in problem for problem in found.problems[1:])
    assert len(found.problems) == 7 - number
