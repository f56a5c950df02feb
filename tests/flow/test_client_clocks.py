"""A person looks at the market at the same instants under every policy, however late they are let in."""

import pytest

from sim.events import ClientActivated, DepositCredited, ExposureLimitSet
from sim.events.codes import ClientClass, Rail
from sim.flow.layout import BUSINESS_US, TRADER, WAKES
from sim.units import DAY_US
from tests.flow.small_plane import FIRST_CLIENT, HKD, START_US, SmallPlane

CLIENT = FIRST_CLIENT + 3


def admitted_after(days: int) -> list[int]:
    """Wake-ups and business time of a client, at the end of ten days, who was admitted after so many."""
    small = SmallPlane(clients=4, days=10, volatile=False)
    time_us = START_US + days * DAY_US
    small.plane.advance(time_us)
    small.apply(
        DepositCredited(
            time_us=time_us,
            deposit=1,
            client=CLIENT,
            rail=Rail.FPS,
            asset="HKD",
            amount_minor=20_000 * HKD,
            elapsed_us=0,
        )
    )
    small.apply(ExposureLimitSet(time_us=time_us, client=CLIENT, limit_minor=-1, share_ppm=0))
    small.apply(
        ClientActivated(
            time_us=time_us, client=CLIENT, client_class=ClientClass.RETAIL, waited_us=0
        )
    )
    small.plane.advance(small.end_us)
    wakes, business_us = small.plane.arena.table(TRADER)[CLIENT, [WAKES, BUSINESS_US]].tolist()
    assert business_us >= (small.end_us - START_US) * 99 // 100
    return [wakes, business_us]


@pytest.mark.parametrize("days", [2, 5, 7])
def test_a_clients_clock_runs_from_birth_and_not_from_the_account(days: int) -> None:
    assert admitted_after(days) == admitted_after(0)
