"""Money on the way: begun and not ended at an instant, held against a plain count of the events."""

import pytest

from sim.journal import RunLog
from sim.state.under_way import under_way

Runs = dict[str, RunLog]
BEGINS = {
    "deposit_instructed": ("deposit", "deposit"),
    "withdrawal_requested": ("withdrawal", "withdrawal"),
    "coin_withdrawal_requested": ("coin withdrawal", "withdrawal"),
}
ENDS = {
    "deposit_credited": ("deposit", "deposit"),
    "deposit_refused": ("deposit", "deposit"),
    "withdrawal_paid": ("withdrawal", "withdrawal"),
    "coin_paid_out": ("coin withdrawal", "withdrawal"),
}


def counted(log: RunLog, seq: int) -> dict[int, dict[tuple[str, int], tuple[int, str, int]]]:
    """Follow every movement in plain Python: by client, then by direction and number."""
    found: dict[int, dict[tuple[str, int], tuple[int, str, int]]] = {}
    for row in log.show(kinds=(*BEGINS, *ENDS)):
        if int(row["seq"]) > seq:
            break
        mine = found.setdefault(int(row["client"]), {})
        if row["kind"] in BEGINS:
            direction, number = BEGINS[str(row["kind"])]
            mine[direction, int(row[number])] = (
                int(row["time_us"]),
                str(row["asset"]),
                int(row["amount_minor"]),
            )
        else:
            direction, number = ENDS[str(row["kind"])]
            del mine[direction, int(row[number])]
    return found


@pytest.mark.parametrize("kind", BEGINS)
def test_what_is_under_way_is_what_began_and_did_not_end(runs: Runs, kind: str) -> None:
    log = runs["trades"]
    begun = [int(row["seq"]) for row in log.show(kinds=[kind])]
    if not begun:
        pytest.skip(f"the sample has no {kind}")
    ways: set[str] = set()
    for seq in (begun[0], begun[len(begun) // 2], begun[-1]):
        for client, expected in list(counted(log, seq).items())[-60:]:
            movements = under_way(log, seq, client)
            assert {
                (m.direction, m.number): (m.since_us, m.asset, m.amount_minor) for m in movements
            } == expected
            assert [m.seq for m in movements] == sorted(m.seq for m in movements)
            assert all((m.rail == "") == (m.direction == "coin withdrawal") for m in movements)
            ways |= {m.direction for m in movements}
    assert BEGINS[kind][0] in ways


def test_nothing_is_under_way_for_somebody_the_platform_never_met(runs: Runs) -> None:
    assert under_way(runs["trades"], runs["trades"].events, 999_999) == ()
