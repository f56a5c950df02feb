import json
import struct
from hashlib import blake2b
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.journal import JournalError
from sim.journal.digest import BLOCK_ROWS, row_sums, table_digest, type_name
from tests.journal.journal_samples import order_flow

NAMES = ("buy", "sell", "neither")
SCHEMA = {"seq": pl.Int64(), "text": pl.String(), "flag": pl.Boolean(), "code": pl.Enum(NAMES)}
ROWS = st.tuples(
    st.integers(-(2**63), 2**63 - 1),
    st.text(st.characters(codec="utf-8"), max_size=12),
    st.booleans(),
    st.sampled_from(NAMES),
)


def frame_of(rows: list[Any]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def plain_digest(kind: str, version: int, rows: list[Any]) -> str:
    """The definition in the docstring, value by value, in plain Python."""
    leaves = b""
    for start in range(0, len(rows), BLOCK_ROWS):
        seqs, texts, flags, codes = zip(*rows[start : start + BLOCK_ROWS], strict=True)
        data = b"".join(struct.pack("<q", seq) for seq in seqs)
        data += b"".join(struct.pack("<I", len(text.encode())) for text in texts)
        data += "".join(texts).encode()
        data += b"".join(struct.pack("<B", flag) for flag in flags)
        data += b"".join(struct.pack("<B", NAMES.index(code)) for code in codes)
        leaves += blake2b(data, digest_size=32).digest()
    columns = [["seq", "int64"], ["text", "string"], ["flag", "bool"], ["code", list(NAMES)]]
    header = {"columns": columns, "kind": kind, "rows": len(rows), "version": version}
    text = json.dumps(header, separators=(",", ":"))
    return blake2b(text.encode() + b"\n" + leaves, digest_size=32).hexdigest()


@given(rows=st.lists(ROWS, max_size=40), version=st.integers(1, 9))
def test_the_digest_is_what_its_definition_says(rows: list[Any], version: int) -> None:
    assert table_digest("sample", version, frame_of(rows)).digest == plain_digest(
        "sample", version, rows
    )


def test_the_definition_holds_over_several_blocks() -> None:
    rows = [
        (place, f"é{place}" * (place % 3), place % 5 == 0, NAMES[place % 3])
        for place in range(2 * BLOCK_ROWS + 5)
    ]
    found = table_digest("sample", 1, frame_of(rows))
    assert found.digest == plain_digest("sample", 1, rows)
    assert len(found.leaves) == len(row_sums(frame_of(rows))) == 3


@given(rows=st.lists(ROWS, min_size=1, max_size=20), data=st.data())
def test_strings_cannot_move_over_a_boundary_unnoticed(
    rows: list[Any], data: st.DataObject
) -> None:
    one = frame_of(rows)
    texts = one["text"].to_list()
    cuts = sorted(
        data.draw(
            st.lists(
                st.integers(0, len("".join(texts))),
                min_size=len(texts) - 1,
                max_size=len(texts) - 1,
            )
        )
    )
    whole = "".join(texts)
    moved = [whole[start:stop] for start, stop in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
    other = one.with_columns(pl.Series("text", moved, dtype=pl.String))
    same = table_digest("sample", 1, one).digest == table_digest("sample", 1, other).digest
    assert same == (moved == texts)


@pytest.mark.parametrize(
    "settings_",
    [
        {"compression": "uncompressed"},
        {"compression": "zstd", "compression_level": 9, "row_group_size": 100},
        {"compression": "lz4", "statistics": False, "data_page_size": 1000},
    ],
)
def test_the_digest_does_not_depend_on_how_parquet_is_written(
    tmp_path: Path, settings_: dict[str, Any]
) -> None:
    for kind, frame in order_flow(3000).items():
        frame.write_parquet(tmp_path / kind, **settings_)
        back = pl.read_parquet(tmp_path / kind)
        assert table_digest(kind, 1, back) == table_digest(kind, 1, frame)


def test_the_digest_does_not_depend_on_how_a_table_is_chunked() -> None:
    frame = order_flow(3000)["trade"]
    chunked = pl.concat([frame[:7], frame[7:100], frame[100:]], rechunk=False)
    assert chunked.n_chunks() == 3
    assert table_digest("trade", 1, chunked) == table_digest("trade", 1, frame)


FRAME = pl.concat([order_flow(90_000, first_seq=1)["trade"]])


@settings(max_examples=60)
@given(row=st.integers(0, FRAME.height - 1), data=st.data())
def test_one_changed_row_is_located_by_the_sums(row: int, data: st.DataObject) -> None:
    changed = data.draw(st.lists(st.sampled_from(FRAME.columns), min_size=1, unique=True))
    here = pl.int_range(pl.len()) == row
    edits = []
    for name in changed:
        dtype = FRAME.schema[name]
        if dtype == pl.Int64:
            new: Any = pl.col(name) + data.draw(st.integers(1, 2**62))
        elif dtype == pl.String:
            new = pl.col(name) + data.draw(st.sampled_from(["x", "\0", "é"]))
        else:
            new = (
                pl.when(pl.col(name) == "buy")
                .then(pl.lit("sell"))
                .otherwise(pl.lit("buy"))
                .cast(dtype)
            )
        edits.append(pl.when(here).then(new).otherwise(pl.col(name)).alias(name))
    before, after = row_sums(FRAME), row_sums(FRAME.with_columns(edits))
    block, place = divmod(row, BLOCK_ROWS)
    assert [one == other for one, other in zip(before, after, strict=True)] == [
        number != block for number in range(len(before))
    ]
    plain, placed = (new - old for new, old in zip(after[block], before[block], strict=True))
    assert placed == plain * place


def test_a_column_that_no_log_has_is_refused() -> None:
    with pytest.raises(JournalError, match="no column of type Float64"):
        type_name(pl.Float64())
    with pytest.raises(JournalError, match="column seq has missing values"):
        table_digest("sample", 1, pl.DataFrame({"seq": [1, None]}))
