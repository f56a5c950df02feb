"""The matching core stands alone with its own numbers; the log's numbers must be the same ones."""

import pytest

from sim.events import codes as logged
from sim.matching import codes as matched


@pytest.mark.parametrize("name", ["Side", "OrderType", "TimeInForce"])
def test_the_cores_numbers_are_the_logs_numbers(name: str) -> None:
    core, log = getattr(matched, name), getattr(logged, name)
    assert {member.name: int(member) for member in log} == {
        member.name: int(member) for member in core if member.name in log.__members__
    }


def test_a_reason_to_cancel_that_both_know_has_one_number() -> None:
    renamed = {"REQUESTED": "CLIENT"}
    core = {renamed.get(reason.name, reason.name): int(reason) for reason in matched.CancelReason}
    log = {reason.name: int(reason) for reason in logged.CancelReason}
    both = core.keys() & log.keys()
    assert both == {"CLIENT", "IOC_REMAINDER", "NO_LIQUIDITY"}
    assert {name: core[name] for name in both} == {name: log[name] for name in both}
    # The others may be logged one day: then they must not mean something else.
    assert not {core[name] for name in core.keys() - both} & set(log.values())
