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


def test_the_cores_reasons_to_cancel_are_the_logs_first_ones() -> None:
    renamed = {"REQUESTED": "CLIENT"}
    for reason in matched.CancelReason:
        name = renamed.get(reason.name, reason.name)
        assert int(logged.CancelReason[name]) == int(reason)
