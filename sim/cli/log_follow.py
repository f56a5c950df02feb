"""`vatp log show --follow-causes`: events below what led to them, and what followed from them."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from sim.cli.console import remark
from sim.cli.streams import print_json_line, write
from sim.units import format_us

if TYPE_CHECKING:
    from sim.journal import Row, RunLog
    from sim.journal.causes import Followers

FOLLOWERS_SHOWN = 3
"""Events outside the filter that are shown after the one they followed from; the rest is counted."""
_TIME_WIDTH = 32
_ENVELOPE = frozenset({"seq", "time_us", "kind"})
_MATCHED, _CAUSE, _FOLLOWED = "matched", "cause", "followed"


def details(row: "Row") -> str:
    """Write what an event says besides its seq, time and kind; empty columns are left out."""
    return " ".join(
        f"{key}={value}"
        for key, value in row.items()
        if key not in _ENVELOPE and value not in {"", None}
    )


def say_more(limit: int) -> None:
    """Remark that the limit left events out."""
    first = "the first event" if limit == 1 else f"the first {limit:,} events"
    remark(f"{first}; --limit 0 prints all")


def print_followed(log: "RunLog", rows: "Iterable[Row]", limit: int, *, as_json: bool) -> int:
    """Print events as a forest of causes; return how many of them match the filter.

    Parameters
    ----------
    log
        The run.
    rows
        What the filter matches, one more than the limit where there are more.
    limit
        Most matching events to print; 0 prints all. Causes and followers come on top.
    as_json
        One document a line, with `depth`, `relation` (matched, cause, followed) and, where more followed
        than are shown, `more_followed` by kind.
    """
    from sim.journal.causes import ancestors, followers

    found = list(rows)
    matched = found[:limit] if limit else found
    behind = ancestors(log, matched)
    own = {int(row["seq"]): row for row in matched}
    after = followers(log, list(own), FOLLOWERS_SHOWN, without=own)
    _Forest(own, behind, after, as_json=as_json).print()
    if len(found) > len(matched):
        say_more(limit)
    return len(matched)


class _Forest:
    """Events with their causes, ready to be printed from each beginning on."""

    def __init__(
        self,
        matched: "dict[int, Row]",
        behind: "dict[int, Row]",
        after: "dict[int, Followers]",
        *,
        as_json: bool,
    ) -> None:
        self._rows = behind | matched
        self._relation = dict.fromkeys(behind, _CAUSE) | dict.fromkeys(matched, _MATCHED)
        for followed in after.values():
            for row in followed.first:
                self._rows[int(row["seq"])] = row
                self._relation[int(row["seq"])] = _FOLLOWED
        self._after = after
        self._as_json = as_json
        self._children: dict[int, list[int]] = {}
        for seq in sorted(self._rows):
            self._children.setdefault(int(self._rows[seq]["cause"]), []).append(seq)

    def print(self) -> None:
        """Print every tree, its beginning first; what followed from an event stands below it."""
        # A stack and no recursion: a chain may be longer than Python's.
        waiting: list[tuple[int, int, bool]] = [
            (seq, 0, False) for seq in reversed(self._children.get(0, []))
        ]
        while waiting:
            seq, depth, done = waiting.pop()
            if done:
                self._print_rest(seq, depth)
                continue
            self._print_one(seq, depth)
            waiting.append((seq, depth, True))
            waiting += [
                (child, depth + 1, False) for child in reversed(self._children.get(seq, []))
            ]

    def _print_one(self, seq: int, depth: int) -> None:
        row, relation = self._rows[seq], self._relation[seq]
        if self._as_json:
            more = self._left_out(seq)
            document = row | {"depth": depth, "relation": relation}
            print_json_line(document | ({"more_followed": more} if more else {}))
            return
        mark = "" if relation == _MATCHED else f"  ({relation})"
        head = _head(str(seq), format_us(int(row["time_us"])), depth)
        write(f"{head}{row['kind']} {details(row)}{mark}\n")

    def _print_rest(self, seq: int, depth: int) -> None:
        more = self._left_out(seq)
        if more and not self._as_json:
            kinds = ", ".join(f"{count:,} {kind}" for kind, count in more.items())
            write(f"{_head('', '', depth + 1)}and {kinds} more  ({_FOLLOWED})\n")

    def _left_out(self, seq: int) -> dict[str, int]:
        followed = self._after.get(seq)
        if followed is None:
            return {}
        left = followed.kinds.copy()
        left.subtract(str(row["kind"]) for row in followed.first)
        return {kind: count for kind, count in sorted(left.items()) if count}


def _head(seq: str, time: str, depth: int) -> str:
    return f"{seq:>10}  {time:<{_TIME_WIDTH}}  {'  ' * depth}"
