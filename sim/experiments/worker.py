"""What happens inside a worker process.

`prepare` must run before Polars or numba are loaded: both size their thread pools on import, and two
workers with a pool of two threads each would fight over two cores. Hence no import of either up here.
"""

import os
import signal
import traceback

from sim.experiments.tasks import Failed, Finished, Result, Task

THREAD_VARIABLES = (
    "POLARS_MAX_THREADS",
    "NUMBA_NUM_THREADS",
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
)


def prepare(threads: int) -> None:
    """Limit the threads of this process's libraries, and let Ctrl-C end it without a traceback."""
    for variable in THREAD_VARIABLES:
        os.environ[variable] = str(threads)
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def perform(task: Task) -> Result:
    """Run a task and measure it; whatever goes wrong becomes a `Failed`, so that no seed sinks a batch."""
    try:
        return _run(task)
    except Exception as error:  # noqa: BLE001 - see above
        return failed(task, error)


def failed(task: Task, error: BaseException) -> Failed:
    """Describe a failure: its first line for people, the traceback for a file."""
    lines = str(error).strip().splitlines()
    message = f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
    if len(lines) > 1:
        message += f" (and {len(lines) - 1} more)"
    return Failed(task, message, "".join(traceback.format_exception(error)))


def _run(task: Task) -> Finished:
    from analysis import outcomes
    from sim.journal import RunLog
    from sim.run import run
    from sim.scenario import load

    loaded = load(
        task.source.scenario, overlays=task.source.overlays, settings=task.source.settings
    )
    done = run(loaded, seed=task.seed, run_dir=task.run_dir)
    log = RunLog.open(done.run_dir)
    return Finished(
        task=task,
        outcomes=outcomes(log, task.measures),
        events=done.events,
        head=done.head,
        chain=log.segments[-1].chain,
        state_hash=done.state_hash,
        wall_s=done.wall_s,
    )
