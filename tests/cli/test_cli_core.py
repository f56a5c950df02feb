"""`vatp core replay`: the table, the first disagreement, the exit code, and what is said of bad input."""

from pathlib import Path

import pytest

from tests.cli.conftest import Vatp

AGREEING = """command,order,side,type,price,quantity,maker
seed,1,sell,,101.5,3,
new,2,buy,,101.5,2,
trade,2,,,101.5,2,1
cancel,1,,,,,
"""
DIFFERING = AGREEING.replace("trade,2,,,101.5,2,1", "trade,2,,,101.5,1.5,1")


@pytest.fixture
def agreeing(tmp_path: Path) -> Path:
    """Return the path of a record that agrees in everything."""
    path = tmp_path / "agreeing.csv"
    path.write_text(AGREEING, encoding="utf-8")
    return path


@pytest.fixture
def differing(tmp_path: Path) -> Path:
    """Return the path of a record with a trade of another size."""
    path = tmp_path / "differing.csv"
    path.write_text(DIFFERING, encoding="utf-8")
    return path


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.split("  ") if cell.strip()]


def test_the_table_counts_both_ways(agreeing: Path, vatp: Vatp) -> None:
    answer = vatp("core", "replay", agreeing)
    assert (answer.code, answer.err) == (0, "")
    lines = [cells(line) for line in answer.out.splitlines()]
    assert lines[0] == ["measure", "agreed", "recorded", "% of recorded", "ours", "% of ours"]
    assert ["agreeing.csv"] in lines
    assert ["trades", "1", "1", "100.00", "1", "100.00"] in lines
    assert ["commands accepted", "2", "2", "100.00", "2", "100.00"] in lines
    assert "disagreement" not in answer.out


def test_the_first_disagreement_is_shown_with_the_book_around_it(
    differing: Path, vatp: Vatp
) -> None:
    answer = vatp("core", "replay", differing)
    assert answer.code == 0
    _, _, shown = answer.out.partition("the first disagreement: ")
    lines = [line.rstrip() for line in shown.splitlines()]
    assert lines[:5] == [
        "trades",
        f"where     {differing}:4",
        "command   order 2: buy 2.0 at 101.5",
        "recorded  1.5 at 101.5: order 1 met by 2",
        "ours      2.0 at 101.5: order 1 met by 2",
    ]
    assert "asks before the command" in lines
    assert ["101.5", "3.0", "1: 3.0"] in [cells(line) for line in lines]


def test_the_document_says_all_that_the_table_says(differing: Path, vatp: Vatp) -> None:
    answer = vatp("core", "replay", differing, "--json", "--format", "csv")
    assert (answer.code, answer.err) == (0, "")
    document = answer.document
    assert (document["format"], document["lowest_percent"], document["ok"]) == ("csv", 0.0, True)
    (book,) = document["books"]
    assert (book["commands"], book["seed_commands"]) == (2, 1)
    assert (book["trades_recorded"], book["trades_made"]) == (1, 1)
    assert book["agreement"][0] == {
        "measure": "trades",
        "agreed": 0,
        "recorded": 1,
        "ours": 1,
        "percent_of_recorded": 0.0,
        "percent_of_ours": 0.0,
    }
    assert document["total"] == book["agreement"]
    first = book["first_disagreement"]
    assert first["recorded"] == ["1.5 at 101.5: order 1 met by 2"]
    assert first["asks"] == [
        {"price": "101.5", "size": "3.0", "orders": ["1: 3.0"], "more_orders": 0}
    ]


def test_too_little_agreement_is_exit_code_1(agreeing: Path, differing: Path, vatp: Vatp) -> None:
    assert vatp("core", "replay", agreeing, "--require", "100").code == 0
    answer = vatp("core", "replay", differing, "--require", "99.5")
    assert answer.code == 1
    assert answer.err == "the lowest agreement is 0.00 %; required are 99.5 %\n"
    document = vatp("core", "replay", differing, "--require", "99.5", "--json")
    assert document.code == 1
    assert document.document["ok"] is False


def test_a_limit_replays_the_first_commands_only(differing: Path, vatp: Vatp) -> None:
    answer = vatp("core", "replay", differing, "--limit", "1", "--json").document
    assert [book["commands"] for book in answer["books"]] == [1]


def test_a_book_that_is_set_right_is_told(tmp_path: Path, vatp: Vatp) -> None:
    path = tmp_path / "turns.csv"
    rows = (
        "new,1,sell,9,2,",
        "new,2,sell,9,2,",
        "new,3,buy,9,2,",
        "trade,3,,9,2,2",
        "cancel,1,,,,",
    )
    path.write_text("\n".join(("command,order,side,price,quantity,maker", *rows)), encoding="utf-8")
    plain = vatp("core", "replay", path)
    assert "turns.csv: commands refused: 1, unknown order\n" in plain.out
    right = vatp("core", "replay", path, "--set-right")
    assert "refused" not in right.out
    assert "turns.csv: set right after 1 commands\n" in right.out


def test_a_record_that_names_no_makers_cannot_be_set_right(tmp_path: Path, vatp: Vatp) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("command,order,side,price,quantity\nnew,1,buy,1,1\n", encoding="utf-8")
    answer = vatp("core", "replay", path, "--set-right")
    says = "mine.csv does not say whose orders traded, so nothing can be set right\n"
    assert (answer.code, answer.err) == (0, says)


def test_trades_that_the_file_does_not_record_are_told(tmp_path: Path, vatp: Vatp) -> None:
    path = tmp_path / "mine.csv"
    rows = [row for row in AGREEING.splitlines() if not row.startswith("trade")]
    path.write_text("\n".join(rows), encoding="utf-8")
    answer = vatp("core", "replay", path)
    assert "mine.csv: 1 trades made; the file records none to compare\n" in answer.out


@pytest.mark.parametrize(
    ("content", "words", "says"),
    [
        ("command\nnwe\n", (), "{path}:2: command: 'nwe' is not known; did you mean 'new'?\n"),
        ("a,b\n1,2\n", (), "{path}: looks like none of the formats; name one with --format: "),
        (
            AGREEING,
            ("--format", "coinbas"),
            "there is no format 'coinbas'; did you mean 'coinbase'?",
        ),
        (AGREEING, ("--format", "coinbase"), "{path}:1: no column 'product_id'; columns: "),
        (
            AGREEING,
            ("--product", "X"),
            "{path}: a csv file holds one product; leave the product out",
        ),
        (AGREEING, ("--require", "101"), "vatp core replay: "),
    ],
)
def test_bad_input_is_a_sentence_and_exit_code_2(
    content: str, words: tuple[str, ...], says: str, tmp_path: Path, vatp: Vatp
) -> None:
    path = tmp_path / "bad.csv"
    path.write_text(content, encoding="utf-8")
    answer = vatp("core", "replay", path, *words)
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.startswith(says.format(path=path))
    assert "Traceback" not in answer.err


def test_a_file_that_is_not_there_is_said(tmp_path: Path, vatp: Vatp) -> None:
    answer = vatp("core", "replay", tmp_path / "none.csv")
    assert (answer.code, answer.err) == (2, f"{tmp_path / 'none.csv'}: no such file or directory\n")
    folder = vatp("core", "replay", tmp_path)
    assert (folder.code, folder.err) == (2, f"{tmp_path}: is a directory\n")
