"""The tables behind the measures: funnel, refusals, pairs."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis import Log, funnel, order_refusals, pairs, refusals
from sim import events
from sim.events import Event
from sim.events.codes import ClientClass, RiskClass, Step
from sim.units import SECOND_US

MakeLog = Callable[..., Log]


def test_the_funnel_of_the_small_log(small_log: Log) -> None:
    assert funnel(small_log).rows() == [
        # step, entered, passed, refused, left, waiting
        ("application", 10, 9, 0, 0, 1),
        ("identity", 9, 7, 1, 0, 1),
        ("knowledge", 7, 6, 0, 1, 0),
        ("risk_profile", 6, 6, 0, 0, 0),
        ("first_transfer", 6, 5, 0, 1, 0),
    ]


class _Clock:
    """Hands out instants in order."""

    def __init__(self) -> None:
        self.now_us = 0

    def tick(self) -> int:
        self.now_us += SECOND_US
        return self.now_us


_PASSING = (
    lambda client, now: events.IdentityVerified(
        time_us=now, client=client, manual=False, waited_us=0
    ),
    lambda client, now: events.KnowledgeTested(time_us=now, client=client, attempt=1, passed=True),
    lambda client, now: events.RiskProfiled(
        time_us=now, client=client, risk_class=RiskClass.MODERATE
    ),
    lambda client, now: events.ClientActivated(
        time_us=now, client=client, client_class=ClientClass.RETAIL, waited_us=0
    ),
)


def _life(client: int, attempts: list[tuple[int, str]], clock: _Clock) -> list[Event]:
    """Live one person's applications: how many steps each passes (0 to 5), then how it ends."""
    happened: list[Event] = [
        events.ProspectArrived(
            time_us=clock.tick(), client=client, client_class=ClientClass.RETAIL, net_worth_minor=1
        )
    ]
    for attempt, (steps, end) in enumerate(attempts, start=1):
        happened.append(
            events.ApplicationSubmitted(time_us=clock.tick(), client=client, attempt=attempt)
        )
        happened += [make(client, clock.tick()) for make in _PASSING[: max(0, steps - 1)]]
        if steps == len(Step):
            break
        if end == "refused":
            happened.append(
                events.ApplicationRefused(
                    time_us=clock.tick(), client=client, step=Step(steps), reason="any"
                )
            )
        elif end == "left":
            happened.append(
                events.ProspectLeft(
                    time_us=clock.tick(), client=client, step=Step(steps), reason="any", waited_us=0
                )
            )
            break
    return happened


_ATTEMPTS = st.lists(
    st.tuples(st.integers(0, len(Step)), st.sampled_from(["refused", "left", "waiting"])),
    max_size=3,
)


@given(lives=st.lists(_ATTEMPTS, max_size=12))
def test_the_funnel_adds_up_whatever_happens(
    make_log: MakeLog, lives: list[list[tuple[int, str]]]
) -> None:
    clock = _Clock()
    happened = [
        event for number, life in enumerate(lives) for event in _life(101 + number, life, clock)
    ]
    rows = funnel(make_log(happened)).rows(named=True)
    assert [row["step"] for row in rows] == [step.name.lower() for step in Step]
    assert rows[0]["entered"] == len(lives)
    for row, following in zip(rows, [*rows[1:], None], strict=True):
        assert row["entered"] == row["passed"] + row["refused"] + row["left"] + row["waiting"]
        assert following is None or following["entered"] == row["passed"]
    active = sum(any(steps == len(Step) for steps, _ in _lived(life)) for life in lives)
    assert rows[-1]["passed"] == active


def _lived(attempts: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """Keep the attempts up to and including the one that ended the story."""
    ends = [
        number
        for number, (steps, end) in enumerate(attempts)
        if end == "left" or steps == len(Step)
    ]
    return attempts[: ends[0] + 1] if ends else attempts


def test_only_the_last_application_counts(make_log: MakeLog) -> None:
    # Passed three steps, refused; the second application waits at identity.
    happened = _life(101, [(3, "refused"), (1, "waiting")], _Clock())
    rows = funnel(make_log(happened)).rows()
    assert rows[1] == ("identity", 1, 0, 0, 0, 1)
    assert rows[2] == ("knowledge", 0, 0, 0, 0, 0)


def test_of_a_refusal_and_a_departure_after_it_the_first_counts(make_log: MakeLog) -> None:
    clock = _Clock()
    happened = _life(101, [(2, "refused")], clock)
    happened.append(
        events.ProspectLeft(
            time_us=clock.tick(), client=101, step=Step.KNOWLEDGE, reason="any", waited_us=0
        )
    )
    assert funnel(make_log(happened)).rows()[2] == ("knowledge", 1, 0, 1, 0, 0)


def test_refusals_name_step_rule_and_reason(small_log: Log) -> None:
    found = refusals(small_log)
    assert found.drop("of_applied_pct").rows() == [
        ("application", "onb.retail_access", "retail_closed", 2, 2),
        ("identity", "onb.kyc", "identity", 1, 1),
    ]
    assert found["of_applied_pct"].to_list() == pytest.approx([200 / 9, 100 / 9])


def test_order_refusals_leave_participants_out(small_log: Log) -> None:
    assert order_refusals(small_log).rows() == [
        ("exposure_limit", "onb.exposure_limit", "buy", 2, 1),
        ("short_of_funds", "trd.prefunded", "buy", 1, 1),
    ]


def test_pairs_show_each_book_apart(small_log: Log) -> None:
    bitcoin, dollars = pairs(small_log).rows(named=True)
    assert bitcoin["instrument"] == "BTC/HKD"
    assert bitcoin["trades"] == 4
    assert bitcoin["volume_hkd"] == pytest.approx(178_000)
    assert bitcoin["two_sided_pct"] == pytest.approx(80)
    assert bitcoin["premium_abs_bps"] == pytest.approx(2.5)
    assert dollars["instrument"] == "BTC/USD"
    assert dollars["volume_hkd"] == pytest.approx(41_600)
    assert dollars["depth_hkd"] == pytest.approx(4_000)
    assert dollars["quoted_spread_bps"] == pytest.approx(20)


def test_pairs_of_an_empty_log_are_none(make_log: MakeLog) -> None:
    assert pairs(make_log([])).is_empty()
    assert refusals(make_log([])).is_empty()
    assert order_refusals(make_log([])).is_empty()
