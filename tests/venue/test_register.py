"""The register and the ledger are folds: rebuilt from the log they equal the live ones."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.events import AccountOpened, ClientActivated, ExposureLimitSet
from sim.events.codes import ClientClass, Step
from sim.ledger import Ledger
from sim.venue import Record, Register, Standing
from tests.venue.small_world import (
    Small,
    change,
    small_platform,
    small_regime,
    small_scenario,
)


def test_register_and_ledger_rebuilt_from_the_log_equal_the_live_ones() -> None:
    @settings(max_examples=10, deadline=None)
    @given(seed=st.integers(1, 2**31), days=st.integers(1, 200))
    def holds(seed: int, days: int) -> None:
        small = small_platform(small_scenario(40, days), seed=seed)
        journal = small.run()
        register, ledger = Register(), Ledger()
        for seq, event in journal.numbered():
            register.apply(seq, event)
            ledger.apply(seq, event)
        assert register.state() == small.platform.register.state()
        assert ledger.state() == small.platform.ledger.state()
        assert ledger.seq == small.platform.ledger.seq == len(journal.events)

    holds()


@pytest.fixture(scope="module")
def half_year() -> Small:
    small = small_platform(small_scenario(200, 180))
    small.run()
    return small


def test_the_state_is_every_record_in_client_order(half_year: Small) -> None:
    register = half_year.platform.register
    state = register.state()
    clients = [record.client for record in state]
    assert clients == sorted(clients) == list(register)
    assert len(state) == len(register)
    assert all(client in register for client in clients)


def test_a_register_of_the_same_records_has_the_same_state_through_json(half_year: Small) -> None:
    register = half_year.platform.register
    written = msgspec.json.encode(register.state())
    again = Register.of(msgspec.json.decode(written, type=list[Record]))
    assert again.state() == register.state()
    assert again.counts() == register.counts()


def test_a_record_holds_what_the_events_said_last(half_year: Small) -> None:
    register, journal = half_year.platform.register, half_year.journal
    limits = {event.client: event.limit_minor for event in journal.of(ExposureLimitSet)}
    active = {event.client for event in journal.of(ClientActivated)} | {1, 2}
    opened = {event.client: event.client_class for event in journal.of(AccountOpened)}
    for client in register:
        record = register[client]
        assert record.active == (client in active)
        assert record.limit_minor == limits.get(client)
        if client in opened:
            assert record.client_class is opened[client]
        if record.standing is Standing.REFUSED:
            assert record.refused_by
            assert record.step in {Step.APPLICATION, Step.IDENTITY}


def test_an_unknown_client_is_an_error(half_year: Small) -> None:
    with pytest.raises(KeyError):
        half_year.platform.register[100]


def test_only_people_who_have_a_limit_and_stayed_are_limited() -> None:
    regime = small_regime(change("onb.retail_access", True))
    small = small_platform(small_scenario(150, 250), regime)
    small.run()
    limited = list(small.platform.register.limited())
    assert [record.client for record in limited] == sorted(record.client for record in limited)
    assert {record.standing for record in limited} <= {Standing.ACCOUNT, Standing.ACTIVE}
    assert {record.client_class for record in limited} == {
        ClientClass.RETAIL,
        ClientClass.INDIVIDUAL_PI,
    }
