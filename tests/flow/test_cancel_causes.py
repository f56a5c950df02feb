"""A cancellation names the acceptance of its own order, for people and for makers, at every log level."""

import numpy as np
import pytest

from sim.events.codes import CancelReason
from sim.flow.layout import (
    KIND_ACCEPTED,
    KIND_CANCELLED,
    ROW_CAUSE,
    ROW_KIND,
    ROW_PAYLOAD,
    ROW_SEQ,
    Ints,
)
from tests.flow.small_plane import FIRST_CLIENT, HKD, SmallPlane

ORDER, CLIENT = ROW_PAYLOAD, ROW_PAYLOAD + 1
CANCEL_REASON = ROW_PAYLOAD + 6


def rows_of(log_level: str) -> Ints:
    small = SmallPlane(clients=60, days=20, makers=2, arbitrageurs=1, log_level=log_level, seed=11)
    small.activate_all(limit_minor=200_000 * HKD)
    small.plane.advance(small.end_us)
    rows: Ints = small.journal.all_rows()
    return rows


@pytest.mark.parametrize("log_level", ["full", "trades"])
def test_every_cancellation_is_caused_by_the_acceptance_of_its_order(log_level: str) -> None:
    rows = rows_of(log_level)
    cancelled = rows[rows[:, ROW_KIND] == KIND_CANCELLED]
    accepted = rows[rows[:, ROW_KIND] == KIND_ACCEPTED]
    seq_of_order = dict(
        zip(accepted[:, ORDER].tolist(), accepted[:, ROW_SEQ].tolist(), strict=True)
    )
    by_owner = cancelled[cancelled[:, CANCEL_REASON] == int(CancelReason.CLIENT)]
    people = by_owner[:, CLIENT] >= FIRST_CLIENT
    assert people.sum() > 5
    assert (~people).any() == (log_level == "full")
    expected = [seq_of_order[order] for order in cancelled[:, ORDER].tolist()]
    assert np.array_equal(cancelled[:, ROW_CAUSE], expected)
