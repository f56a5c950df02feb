import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.toml_lines import KeyPath, line_of, locate, syntax_problem

DOCUMENT = """\
# a comment with [brackets] and "quotes"
name = "x # not a comment"
dotted."quoted key".last = 1

many = [
  1,  # one ]
  "tw]o, {",
  { k = 1, inner = [ "a",
     "b" ] },
]
[world]
opens = 2023-06-01 00:00:00+08:00
text = \"\"\"
[fake]
x = 1 \\\" \"\"\"\"\"
literal = '''
[[fake]]'''
[[rule]]
id = 'a'
[[rule.value]]
from = 2023-01-01
[[rule.value]]
from = 2024-01-01
[rule.extra.deep]
z = {}
[[rule]]
value = [{from = 1}, {from = 2}]
"""


def leaves(value: Any, path: KeyPath = ()) -> list[tuple[KeyPath, Any]]:
    if isinstance(value, dict):
        return [leaf for key in value for leaf in leaves(value[key], (*path, key))]
    if isinstance(value, list):
        return [leaf for i, item in enumerate(value) for leaf in leaves(item, (*path, i))]
    return [(path, value)]


def test_every_way_to_write_a_key_is_found_on_its_line() -> None:
    lines = locate(DOCUMENT)
    assert lines["name",] == 2
    assert lines["dotted", "quoted key", "last"] == 3
    assert [lines["many", i] for i in range(3)] == [6, 7, 8]
    assert lines["many", 2, "inner"] == 8
    assert lines["many", 2, "inner", 1] == 9
    assert lines["world", "literal"] == 16
    assert lines["rule",] == 18
    assert lines["rule", 0, "value", 1] == 22
    assert lines["rule", 0, "value", 1, "from"] == 23
    assert lines["rule", 0, "extra"] == 24
    assert lines["rule", 0, "extra", "deep", "z"] == 25
    assert lines["rule", 1, "value", 1, "from"] == 27


def test_every_value_that_tomllib_reads_has_a_line() -> None:
    lines = locate(DOCUMENT)
    found = [path for path, _ in leaves(tomllib.loads(DOCUMENT))]
    assert len(found) == 15
    assert not [path for path in found if path not in lines]


KEYS = st.sampled_from(["a", "b-c", '"d.e"', "'f]'", "7", '"g\\"h"'])
BLANKS = st.sampled_from(["", "\n", "# [note]\n", "\n  # 'quote\n\n"])


@st.composite
def documents(draw: st.DrawFn) -> str:
    """Write TOML in which the value of every key is the number of its own line."""
    text = ""

    def here() -> int:
        return text.count("\n") + 1

    for table in range(draw(st.integers(0, 5))):
        text += draw(BLANKS)
        form = draw(
            st.sampled_from(
                ["[t{0}]\n", "[[many]]\n", "[[many]]\n[[many.value]]\n", "[ x . t{0} ] # c\n"]
            )
        )
        text += form.format(table)
        for key in draw(st.lists(KEYS, unique=True, max_size=4)):
            text += draw(BLANKS)
            shape = draw(st.sampled_from(["plain", "dotted", "inline", "array", "text"]))
            if shape == "plain":
                text += f"{key} = {here()}\n"
            elif shape == "dotted":
                text += f"  {key} . z = {here()} # note\n"
            elif shape == "inline":
                text += f"{key} = {{ y = {here()}, z = [ {here()} ] }}\n"
            elif shape == "array":
                text += f"{key} = [ # [\n"
                for _ in range(draw(st.integers(0, 3))):
                    text += draw(BLANKS)
                    text += f"  {{ y = {here()} }},\n"
                text += "]\n"
            else:
                start = here()
                text += f"{key} = '''\n[no]\nx = 1'''\n{key[:-1]}t{key[-1]} = {start + 3}\n"
    return text


@given(documents())
def test_a_document_that_knows_its_own_lines_agrees(text: str) -> None:
    lines = locate(text)
    for path, value in leaves(tomllib.loads(text)):
        if isinstance(value, int):
            assert lines[path] == value


def test_a_missing_key_gets_the_line_of_the_table_around_it() -> None:
    lines = locate(DOCUMENT)
    assert line_of(lines, ("rule", 0, "value", 1, "until")) == 22
    assert line_of(lines, ("nowhere",)) == 1


@pytest.mark.parametrize(
    ("text", "line"),
    [("a = 1\nb = = 2\n", 2), ("a = 1\nb = [\n", 2), ("a = 1\na = 2\n\n", 2), ('x = "\n', 1)],
)
def test_broken_text_is_placed_on_its_line(text: str, line: int) -> None:
    with pytest.raises(tomllib.TOMLDecodeError) as caught:
        tomllib.loads(text)
    found, message = syntax_problem(caught.value, text)
    assert found == line
    assert message
    assert "(at" not in message


@pytest.mark.parametrize("text", ["a\n", "[a\n", "a = [1\n", "a = {b 1}\n", "= 1\n", 'a = "\n'])
def test_text_that_is_not_toml_is_refused_by_line(text: str) -> None:
    with pytest.raises(ValueError, match=r"line [12]: expected"):
        locate(text)
