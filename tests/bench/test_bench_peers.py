"""Other people's books, where they are installed: each comes to the expected outcome or is known not to."""

import pytest

from sim.bench.contender import Contender, dropping
from sim.bench.roster import PEERS, installed_version
from sim.bench.workload import Operation
from tests.bench.small_streams import small_flow

WRONG = {"litebook": {"notional", "checksum"}}
"""It prints fills at the ask's price, whoever was resting."""


@pytest.mark.parametrize("contender", PEERS, ids=lambda contender: contender.name)
@pytest.mark.parametrize("stream", ["mixed", "amend", "sweep"])
def test_an_installed_peer_comes_to_the_expected_outcome(contender: Contender, stream: str) -> None:
    if installed_version(contender) is None:
        pytest.skip(f"{contender.package} is not installed")
    workload = small_flow(stream)
    if contender.lacks & workload.uses():
        assert contender.lacks == {Operation.REDUCE}
        pytest.skip(f"{contender.name} has no way to reduce in place")
    runner = contender.make(workload)
    kept: list[object] = []
    runner.run(kept.append)
    differences = workload.outcome.differences(runner.report(kept))
    assert {difference.split()[0] for difference in differences} == WRONG.get(contender.name, set())
    # A second run from an empty book does the same.
    runner.fresh()
    runner.run(dropping())
    assert workload.outcome.differences(runner.report(None)) == ()
