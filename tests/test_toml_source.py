"""One TOML file: what it says, where, and everything that is wrong with its text."""

from pathlib import Path

import pytest

from sim.toml_source import DEEPEST, Source, depth, parse_source, read_source


def parsed(text: str) -> Source:
    return parse_source(text, "a.toml", Path())


def told(source: Source) -> list[str]:
    return [str(problem) for problem in source.problems]


def test_lines_are_those_of_the_file_behind_a_spoilt_line() -> None:
    source = parsed('a = "x\n[t]\nb = 2\nc = 5 %\n')
    assert source.document == {"t": {"b": 2}}
    assert source.line(("t", "b")) == 3
    assert source.unread == {"a", "c"}
    assert told(source) == [
        "a.toml:1: not TOML: the text is not closed by a quote",
        'a.toml:4: not TOML: a quantity needs quotes: "5 %"',
    ]


def nested(kind: str, levels: int) -> str:
    """A document that nests so many levels below its key `x`, on line 2."""
    return (
        "a = 1\n"
        + {
            "lists": f"x = {'[' * levels}{']' * levels}",
            "inline tables": f"x = {'{a=' * levels}1{'}' * levels}",
            "dotted keys": f"x{'.a' * levels} = 1",
            "headers": f"[x{'.a' * (levels - 1)}]\na = 1",
            "arrays of tables": f"[[x{'.a' * (levels - 2)}]]\na = 1",
        }[kind]
    )


KINDS = ("lists", "inline tables", "dotted keys", "headers", "arrays of tables")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("levels", [DEEPEST + 1, 200, 440, 480, 3_000])
def test_whatever_is_nested_too_deeply_is_refused_at_its_line(kind: str, levels: int) -> None:
    source = parsed(nested(kind, levels))
    (problem,) = source.problems
    assert problem.line == 2
    assert problem.message == (
        f"tables and lists are nested too deeply; expected at most {DEEPEST} levels"
    )


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_nested_as_deeply_as_may_be_is_read(kind: str) -> None:
    # Below its key an empty list of one level holds nothing, so one bracket more is still a level less.
    levels = DEEPEST if kind == "lists" else DEEPEST - 1
    source = parsed(nested(kind, levels))
    assert told(source) == []
    assert depth(source.document) == DEEPEST


def test_a_table_that_is_given_twice_is_named() -> None:
    assert told(parsed("[a.b]\n[a.b]\n")) == [
        "a.toml:2: not TOML: the table 'a.b' is already given above"
    ]


@pytest.mark.parametrize("number", ["9" * 5_000, "-" + "1_0" * 4_000])
def test_a_number_that_no_program_reads_is_refused_at_its_line(number: str) -> None:
    assert told(parsed(f"a = 1\nb = {number}\n")) == [
        "a.toml:2: not TOML: a number of thousands of digits"
    ]


@pytest.mark.parametrize(
    ("data", "line", "expected"),
    [
        (b"a = 1\nb = '\xff'\n", 2, "not UTF-8 text (byte 0xff)"),
        ("a = 1\n".encode("utf-16"), 1, "not UTF-8 text (byte 0xff)"),
        (b"a = 1\nb = \x00\n", 2, "not a value; text needs quotes"),
        (b"a = 1\rb = 2\n", 1, "unexpected text after the value"),
    ],
)
def test_bytes_that_are_no_text_are_refused_at_their_line(
    tmp_path: Path, data: bytes, line: int, expected: str
) -> None:
    path = tmp_path / "a.toml"
    path.write_bytes(data)
    (problem,) = read_source(path).problems
    assert (problem.file, problem.line) == (str(path), line)
    assert expected in problem.message


def test_a_byte_order_mark_and_line_ends_of_windows_change_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_bytes(b"\xef\xbb\xbfa = 1\r\nb = 2\r\n")
    source = read_source(path)
    assert source.document == {"a": 1, "b": 2}
    assert source.line(("b",)) == 2
