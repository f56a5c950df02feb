"""Compiling before the clock: the kernels of every door, once a version of the sources."""

from sim.bench.contender import dropping
from sim.bench.doors import BatchRunner, OrdersRunner
from sim.bench.workload import make_workload
from sim.compiled import cache_folder

_COMMANDS = 2_000


def kernels_are_cold() -> bool:
    """Whether no kernel of this version has been compiled on this machine yet."""
    return next(cache_folder().rglob("*.nbi"), None) is None


def warm_up(seed: int) -> None:
    """Execute a few commands through every door; whatever is not compiled yet is compiled now."""
    workload = make_workload("amend", seed, _COMMANDS)
    for runner in (
        BatchRunner(workload.commands, reuse=True),
        BatchRunner(workload.commands, reuse=False),
        OrdersRunner(workload),
    ):
        runner.run(dropping())
        runner.report(None)
