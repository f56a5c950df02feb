import json
import re
import shutil
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import polars as pl
import pytest

from sim.journal import Journal, JournalError, RunLog, verify
from sim.journal import manifest as manifests
from sim.journal.digest import canonical_json
from sim.journal.durable import FileDigest
from sim.journal.order import first_disorder
from sim.journal.recovery import KILLED
from tests.journal.journal_samples import (
    HEADER,
    control_events,
    order_flow,
    write_controls,
    write_mixed,
)

POSITIONS = 6


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    run_dir = tmp_path_factory.mktemp("sealed") / "run"
    write_mixed(run_dir)
    return run_dir


@pytest.fixture
def run_dir(sealed: Path, tmp_path: Path) -> Path:
    """A copy of a sealed run, to damage."""
    return Path(shutil.copytree(sealed, tmp_path / "run"))


def lines_of(run_dir: Path) -> list[bytes]:
    return (run_dir / "manifest.jsonl").read_bytes().splitlines(keepends=True)


def write_lines(run_dir: Path, lines: list[bytes]) -> None:
    (run_dir / "manifest.jsonl").write_bytes(b"".join(lines))


def test_a_sealed_run_has_no_problems(sealed: Path) -> None:
    log = RunLog.open(sealed)
    told: list[tuple[int, int]] = []
    found = verify(
        sealed, expect_head=log.head, progress=lambda done, total: told.append((done, total))
    )
    assert found.problems == found.notes == ()
    assert (found.events, found.head, found.state) == (73, log.head, "complete")
    assert (found.valid_segments, found.valid_events) == (3, 73)
    assert told == [(0, 3), (1, 3), (2, 3), (3, 3)]


def test_one_changed_byte_anywhere_is_found_and_its_segment_named(run_dir: Path) -> None:
    draws = np.random.default_rng(11)
    files = [path for path in sorted(run_dir.rglob("*")) if path.is_file()]
    assert len(files) > 12
    for path in files:
        whole = path.read_bytes()
        name = path.relative_to(run_dir).as_posix()
        for place in {0, len(whole) - 1, *draws.integers(0, len(whole), POSITIONS).tolist()}:
            damaged = bytearray(whole)
            damaged[place] ^= int(draws.integers(1, 256))
            path.write_bytes(damaged)
            text = "\n".join(verify(run_dir, locate=False).problems)
            assert name in text, f"byte {place} of {name}: {text}"
            if segment := re.search(r"0*(\d+)\.parquet", name):
                assert f"segment {segment[1]}: {name}" in text
        path.write_bytes(whole)
    assert verify(run_dir).problems == ()


def test_every_byte_of_the_manifest_counts(run_dir: Path) -> None:
    path = run_dir / "manifest.jsonl"
    whole = path.read_bytes()
    ends = np.cumsum([len(line) for line in lines_of(run_dir)])
    draws = np.random.default_rng(5)
    for place in sorted(
        {*draws.integers(0, len(whole), 60).tolist(), *(ends - 1).tolist(), *ends[:-1].tolist()}
    ):
        damaged = bytearray(whole)
        damaged[place] ^= int(draws.integers(1, 256))
        path.write_bytes(damaged)
        line = int(np.searchsorted(ends, place, side="right")) + 1
        problem = verify(run_dir).problems[0]
        assert f"line {line}" in problem, f"byte {place}: {problem}"
        if 1 < line < 5:
            assert problem.startswith(f"segment {line - 1} ")


@pytest.mark.parametrize("place", [1, 2, 3])
def test_a_dropped_segment_is_found(run_dir: Path, place: int) -> None:
    lines = lines_of(run_dir)
    write_lines(run_dir, lines[:place] + lines[place + 1 :])
    found = verify(run_dir)
    assert (
        f"manifest.jsonl line {place + 1} does not follow the line before it" in found.problems[0]
    )
    assert found.valid_segments == place - 1
    assert found.valid_events == (place - 1) * 25


def test_swapped_segments_are_found(run_dir: Path) -> None:
    header, one, two, three, end = lines_of(run_dir)
    write_lines(run_dir, [header, two, one, three, end])
    assert "line 2 does not follow" in verify(run_dir).problems[0]


def test_a_repeated_segment_is_found(run_dir: Path) -> None:
    header, one, two, three, end = lines_of(run_dir)
    write_lines(run_dir, [header, one, one, two, three, end])
    assert "line 3 does not follow" in verify(run_dir).problems[0]


@pytest.mark.parametrize("left", [0, 10, -1])
def test_a_truncated_part_is_found(run_dir: Path, left: int) -> None:
    path = run_dir / "events" / "trade" / "00000002.parquet"
    path.write_bytes(path.read_bytes()[:left])
    found = verify(run_dir)
    assert "segment 2: events/trade/00000002.parquet: has" in found.problems[0]
    assert found.valid_segments == 1


def test_a_part_that_is_gone_is_found(run_dir: Path) -> None:
    (run_dir / "events" / "trade" / "00000002.parquet").unlink()
    (problem,) = verify(run_dir).problems
    assert problem.startswith("segment 2: events/trade/00000002.parquet: is gone")


def test_a_file_that_does_not_belong_is_found(run_dir: Path) -> None:
    (run_dir / "events" / "trade" / "00000009.parquet").write_bytes(b"x")
    assert verify(run_dir).problems == ("events/trade/00000009.parquet is not part of the run",)


def test_a_changed_attachment_is_found(run_dir: Path) -> None:
    (run_dir / "scenario.toml").write_bytes(b'name = "simple"\n')
    assert verify(run_dir).problems == ("scenario.toml: its bytes are not those that were sealed",)


def rewrite(run_dir: Path, kind: str, segment: int, *edits: pl.Expr) -> pl.DataFrame:
    path = run_dir / "events" / kind / f"{segment:08d}.parquet"
    table = pl.read_parquet(path)
    table.with_columns(edits).write_parquet(path)
    return table


def at(row: int, name: str, value: Any) -> pl.Expr:
    here = pl.int_range(pl.len()) == row
    return pl.when(here).then(pl.lit(value)).otherwise(pl.col(name)).alias(name)


@pytest.mark.parametrize("row", [0, 3, 10])
def test_a_changed_value_is_named_with_segment_file_and_row(run_dir: Path, row: int) -> None:
    table = rewrite(run_dir, "order_accepted", 2, at(row, "price_ticks", 1), at(row, "client", 999))
    found = verify(run_dir)
    seq = table["seq"][row]
    (problem,) = found.problems
    assert problem.startswith("segment 2: events/order_accepted/00000002.parquet: ")
    assert f"row {row} (seq {seq}) was changed" in problem
    assert (found.valid_segments, found.valid_events) == (1, 25)


def test_several_changed_rows_are_named_by_their_block(run_dir: Path) -> None:
    rewrite(
        run_dir,
        "order_accepted",
        2,
        at(1, "client", 999),
        at(4, "price_ticks", 1),
    )
    (problem,) = verify(run_dir).problems
    assert "several rows were changed, the first between row 0 and row" in problem


def test_lost_rows_are_counted(run_dir: Path) -> None:
    path = run_dir / "events" / "order_accepted" / "00000002.parquet"
    table = pl.read_parquet(path)
    table[1:].write_parquet(path)
    (problem,) = verify(run_dir).problems
    assert f"{table.height - 1} rows; {table.height} were sealed" in problem


def test_a_renamed_column_is_found(run_dir: Path) -> None:
    path = run_dir / "events" / "order_accepted" / "00000002.parquet"
    pl.read_parquet(path).rename({"client": "customer"}).write_parquet(path)
    assert "its columns are not those that were sealed" in verify(run_dir).problems[0]


def forge(run_dir: Path, change: Any) -> None:
    """Rewrite the manifest with one line changed and every check recomputed, as an insider could."""
    check = manifests.NO_CHECK
    forged = []
    for place, line in enumerate(lines_of(run_dir)):
        record = json.loads(line)
        record.pop("check")
        change(place, record)
        new, check = manifests.encode(manifests._entry(record), check)
        forged.append(new)
    write_lines(run_dir, forged)


def test_forged_file_digests_do_not_hide_a_changed_value(run_dir: Path) -> None:
    rewrite(run_dir, "trade", 2, at(0, "price_ticks", 1))
    file = FileDigest.of(run_dir / "events" / "trade" / "00000002.parquet")

    def change(place: int, record: dict[str, Any]) -> None:
        if place == 2:
            part = next(part for part in record["parts"] if part["kind"] == "trade")
            part["file"] = attrs.asdict(file)

    forge(run_dir, change)
    (problem,) = verify(run_dir).problems
    assert problem.startswith("segment 2: events/trade/00000002.parquet: row 0 ")


@pytest.mark.parametrize(
    ("field", "value", "complaint"),
    [
        ("digest", "00" * 32, "its digest is not that of its parts"),
        ("chain", "00" * 32, "its chain does not follow"),
        ("first_seq", 27, "begins at seq 27; expected segment 2 from seq 26"),
        ("number", 5, "begins at seq 26; expected segment 2 from seq 26"),
        ("last_seq", 51, "its parts have not 26 rows"),
        ("last_seq", 49, "ends at seq 49; expected 50"),
        ("first_time_us", 1, "not the time its line says"),
        ("last_time_us", 1, "not the time its line says"),
    ],
)
def test_a_forged_segment_line_is_found(
    run_dir: Path, field: str, value: Any, complaint: str
) -> None:
    forge(run_dir, lambda place, record: record.update({field: value}) if place == 2 else None)
    problems = [problem for problem in verify(run_dir).problems if complaint in problem]
    assert problems
    assert problems[0].startswith("segment ")


NONSENSE = [None, "x", -1, 1.5, [], {}, [None], {"x": 1}]


@pytest.mark.parametrize("line", [0, 2, 4])
def test_a_forged_line_that_makes_no_sense_is_found(run_dir: Path, line: int) -> None:
    whole = lines_of(run_dir)
    record = json.loads(whole[line])
    record.pop("check")
    for field in [*record, "unheard_of"]:
        for value in NONSENSE:
            if field in {"header", "footer", "attachments"} and isinstance(value, dict):
                continue
            if field == "reason" and value == "x":
                continue  # A reason can be forged: the head does not cover the closing line.
            forged = {**record, field: value}
            check = json.loads(whole[line - 1])["check"] if line else manifests.NO_CHECK
            forged["check"] = manifests._check(forged, check)
            write_lines(
                run_dir, [*whole[:line], canonical_json(forged) + b"\n", *whole[line + 1 :]]
            )
            assert verify(run_dir, locate=False).problems, (field, value)


def test_a_part_that_lies_elsewhere_is_found(run_dir: Path) -> None:
    def change(place: int, record: dict[str, Any]) -> None:
        if place == 2:
            record["parts"][0]["path"] = "../elsewhere.parquet"

    forge(run_dir, change)
    assert verify(run_dir).problems[0] == "segment 2: its parts are not where they belong"


def test_a_forged_closing_line_is_found(run_dir: Path) -> None:
    forge(run_dir, lambda place, record: record.update(events=7) if place == 4 else None)
    assert "the closing line: 7 events" in verify(run_dir).problems[0]


def test_a_log_cut_at_a_segment_is_found_by_the_head_alone(run_dir: Path) -> None:
    head = RunLog.open(run_dir).head
    write_lines(run_dir, lines_of(run_dir)[:-2])
    assert verify(run_dir).problems == ()
    (problem,) = verify(run_dir, expect_head=head).problems
    assert problem.endswith(f"expected {head}")


def test_a_replaced_log_is_found_by_the_head_alone(run_dir: Path, tmp_path: Path) -> None:
    head = RunLog.open(run_dir).head
    other = tmp_path / "other"
    write_mixed(other, orders=61)
    assert verify(other).problems == ()
    assert verify(other, expect_head=head).problems != ()


def test_an_interrupted_run_has_no_problems(tmp_path: Path) -> None:
    journal = Journal.create(tmp_path / "run", HEADER, 10)
    journal.append_rows(order_flow(25), 26)
    journal.interrupt("stopped by hand")
    found = verify(tmp_path / "run")
    assert (found.problems, found.state, found.events) == ((), "interrupted", 25)


def test_a_killed_run_is_marked_and_said_to_be_interrupted(run_dir: Path) -> None:
    lines = (run_dir / "manifest.jsonl").read_bytes().splitlines(keepends=True)
    (run_dir / "manifest.jsonl").write_bytes(b"".join(lines[:-1]))
    found = verify(run_dir)
    assert (found.problems, found.state) == ((), "interrupted")
    assert found.notes == (f"interrupted: {KILLED}",)
    assert manifests.read(run_dir).closing is not None


def test_what_was_not_sealed_is_named_and_not_judged(run_dir: Path) -> None:
    (run_dir / "places.toml").write_text("")
    (run_dir / "snapshots").mkdir()
    found = verify(run_dir)
    assert found.problems == ()
    assert found.notes == ("not covered, no part of what was sealed: places.toml, snapshots/",)


def test_a_run_without_events_has_no_problems(tmp_path: Path) -> None:
    head = write_controls(tmp_path / "run", [])
    assert verify(tmp_path / "run", expect_head=head).problems == ()


def test_a_folder_without_a_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="is not a run folder"):
        verify(tmp_path)


def tables(**changes: list[int]) -> dict[str, pl.DataFrame]:
    """Two kinds that take turns: seqs 11 to 20."""
    one = {"seq": [11, 13, 15, 17, 19], "time_us": [1, 3, 5, 7, 9], "cause": [0, 11, 0, 0, 0]}
    other = {"seq": [12, 14, 16, 18, 20], "time_us": [2, 4, 6, 8, 10], "cause": [0, 0, 0, 0, 19]}
    return {"one": pl.DataFrame(one), "other": pl.DataFrame({**other, **changes})}


@pytest.mark.parametrize(
    ("changes", "kind", "row", "what"),
    [
        ({"seq": [12, 14, 16, 18, 21]}, "other", 4, "seq 21 lies outside 11 to 20"),
        ({"seq": [10, 14, 16, 18, 20]}, "other", 0, "seq 10 lies outside 11 to 20"),
        ({"seq": [12, 16, 14, 18, 20]}, "other", 2, "seq 14 does not follow the row before it"),
        ({"seq": [12, 14, 15, 18, 20]}, "other", 2, "seq 15 is also that of a row of one"),
        ({"cause": [0, 0, 16, 0, 0]}, "other", 2, "cause 16 is not an event before seq 16"),
        ({"cause": [0, -1, 0, 0, 0]}, "other", 1, "cause -1 is not an event before seq 14"),
        (
            {"time_us": [2, 4, 4, 8, 10]},
            "other",
            2,
            "time 4 of seq 16 is before 5, the event before",
        ),
        (
            {"time_us": [-1, 4, 6, 8, 10]},
            "other",
            0,
            "time -1 of seq 12 is before 1, the event before",
        ),
    ],
)
def test_the_first_row_out_of_order_is_named(
    changes: dict[str, list[int]], kind: str, row: int, what: str
) -> None:
    found = first_disorder(tables(**changes), 11, 20, 0)
    assert found is not None
    assert (found.kind, found.row, found.what) == (kind, row, what)


def test_rows_in_order_are_in_order() -> None:
    assert first_disorder(tables(), 11, 20, None) is None
    assert first_disorder(tables(), 11, 20, 1) is None
    early = first_disorder(tables(), 11, 20, 2)
    assert early is not None
    assert early.what == "time 1 of seq 11 is before 2, the event before"


@pytest.mark.parametrize(
    ("lost", "kind", "row"), [(11, "other", 0), (14, "one", 2), (20, "one", 4)]
)
def test_a_lost_row_is_named_by_its_neighbour(lost: int, kind: str, row: int) -> None:
    left = {name: table.filter(pl.col("seq") != lost) for name, table in tables().items()}
    found = first_disorder(left, 11, 20, None)
    assert found is not None
    assert (found.kind, found.row, found.what) == (
        kind,
        row,
        f"seq {lost} is missing (1 of 10 are)",
    )


def test_verification_says_nothing_of_a_run_it_only_read(sealed: Path) -> None:
    before = {path: path.read_bytes() for path in sealed.rglob("*") if path.is_file()}
    verify(sealed)
    assert before == {path: path.read_bytes() for path in sealed.rglob("*") if path.is_file()}
    assert len(control_events(1)) == 1
