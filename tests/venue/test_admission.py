"""Which class may trade what from when, under which gates."""

from datetime import date

import pytest

from sim.events import PairOpened, TokenListed
from sim.events.codes import ClientClass, PairStatus
from sim.scenario.model import Listing, RuleChange
from sim.units import to_us
from tests.venue.small_world import (
    START,
    MemoryJournal,
    change,
    listing,
    small_platform,
    small_regime,
    small_scenario,
)

PROFESSIONALS = set(ClientClass) - {ClientClass.RETAIL}
JULY, AUGUST, SEPTEMBER = date(2023, 7, 1), date(2023, 8, 1), date(2023, 9, 1)


def opened(listings: list[Listing], *changes: RuleChange) -> MemoryJournal:
    scenario = small_scenario(0, 120, listings=listings)
    return small_platform(scenario, small_regime(*changes)).run()


def retail(journal: MemoryJournal) -> list[tuple[int, str, PairStatus, str]]:
    return [
        (event.time_us, event.instrument, event.status, event.rule)
        for event in journal.of(PairOpened)
        if event.client_class is ClientClass.RETAIL
    ]


def test_each_class_gets_a_pair_on_its_date() -> None:
    journal = opened([listing("BTC/HKD", START, AUGUST), listing("ETH/HKD", JULY, None)])
    dates = {
        (event.instrument, event.client_class): event.time_us for event in journal.of(PairOpened)
    }
    for client_class in PROFESSIONALS:
        assert dates["BTC/HKD", client_class] == to_us(START)
        assert dates["ETH/HKD", client_class] == to_us(JULY)
    assert dates["BTC/HKD", ClientClass.RETAIL] == to_us(AUGUST)
    assert ("ETH/HKD", ClientClass.RETAIL) not in dates


def test_a_token_is_listed_once_per_class_before_its_first_pair_opens() -> None:
    journal = opened([listing("BTC/HKD", START, AUGUST), listing("BTC/USD", START, AUGUST)])
    listed = {e.client_class: seq for seq, e in journal.numbered() if isinstance(e, TokenListed)}
    assert len(listed) == len(journal.of(TokenListed)) == len(ClientClass)
    for seq, event in journal.numbered():
        if isinstance(event, PairOpened):
            assert event.cause == listed[event.client_class] < seq


@pytest.mark.parametrize("gates", [("tok.retail_gate",), ("tok.sfc_approval",)])
def test_one_gate_alone_keeps_a_token_from_retail_clients(gates: tuple[str, ...]) -> None:
    journal = opened([listing("BTC/HKD", START, AUGUST)], *(change(gate, False) for gate in gates))
    assert retail(journal) == [(to_us(AUGUST), "BTC/HKD", PairStatus.OPEN, "")]


def test_without_gates_retail_clients_get_a_pair_together_with_professionals() -> None:
    journal = opened(
        [listing("BTC/HKD", JULY, None)],
        change("tok.retail_gate", False),
        change("tok.sfc_approval", False),
    )
    assert retail(journal) == [(to_us(JULY), "BTC/HKD", PairStatus.OPEN, "")]


def test_gates_that_fall_open_the_pair_at_that_instant_because_of_the_change() -> None:
    journal = opened(
        [listing("BTC/HKD", START, None)],
        change("tok.retail_gate", False, JULY),
        change("tok.sfc_approval", False, AUGUST),
    )
    assert retail(journal) == [(to_us(AUGUST), "BTC/HKD", PairStatus.OPEN, "")]
    (token,) = [e for e in journal.of(TokenListed) if e.client_class is ClientClass.RETAIL]
    assert journal.events[token.cause - 1].rule == "tok.sfc_approval"


def test_a_gate_that_comes_back_leaves_an_unapproved_pair_sell_only() -> None:
    journal = opened(
        [listing("BTC/HKD", START, SEPTEMBER)],
        change("tok.retail_gate", False),
        change("tok.sfc_approval", False),
        change("tok.retail_gate", True, JULY),
    )
    assert retail(journal) == [
        (to_us(START), "BTC/HKD", PairStatus.OPEN, ""),
        (to_us(JULY), "BTC/HKD", PairStatus.SELL_ONLY, "tok.retail_gate"),
        (to_us(SEPTEMBER), "BTC/HKD", PairStatus.OPEN, ""),
    ]


def test_a_date_before_the_run_opens_at_its_first_instant() -> None:
    journal = opened([listing("BTC/HKD", date(2020, 1, 1), date(2020, 1, 1))])
    assert {event.time_us for event in journal.of(PairOpened)} == {to_us(START)}
    assert len(journal.of(PairOpened)) == len(ClientClass)
