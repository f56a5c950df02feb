"""Run tasks in parallel on any executor; one failed task never sinks the others."""

import multiprocessing
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from pathlib import Path

from sim.experiments.errors import ExperimentError
from sim.experiments.tasks import Failed, Result, Task
from sim.experiments.worker import failed, perform, prepare

Job = Callable[[Task], Result]
"""What a worker does with a task; `sim.experiments.worker.perform` but for tests."""
Progress = Callable[[int, int, Result], None]
"""Told after each task: how many are done, of how many, and the result."""

DIED = "the worker process died (out of memory, or killed)"


def run_batch(
    tasks: Sequence[Task],
    *,
    executor: Executor | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
    job: Job = perform,
) -> tuple[Result, ...]:
    """Run every task and return the results in the order of the tasks.

    The results do not depend on the number of workers or on who finishes first.

    Parameters
    ----------
    tasks
        Each with a new folder of its own.
    executor
        Any executor of `concurrent.futures`. None starts local processes (`spawn`), whose libraries
        share the cores fairly; a given executor's threads are its owner's affair.
    workers
        Number of local processes; None means one a core.
    progress
        Called in this process after each task.
    job
        What to do with a task.

    Raises
    ------
    ExperimentError
        Two tasks share a folder, or a folder exists already.
    """
    _check_folders(tasks)
    results: dict[int, Result] = {}

    def settle(index: int, result: Result) -> None:
        results[index] = result
        if progress is not None:
            progress(len(results), len(tasks), result)

    everything = list(range(len(tasks)))
    if executor is not None:
        lost = _collect(executor, job, tasks, everything, settle)
    else:
        with _local_processes(workers, len(tasks)) as pool:
            lost = _collect(pool, job, tasks, everything, settle)
        lost = _retry_alone(job, tasks, lost, settle)
    for index in lost:
        settle(index, Failed(tasks[index], DIED))
    return tuple(results[index] for index in everything)


def core_count() -> int:
    """Return the cores this process may use, which a container may limit."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _check_folders(tasks: Sequence[Task]) -> None:
    seen: set[Path] = set()
    for task in tasks:
        if task.run_dir in seen:
            raise ExperimentError(f"two runs would write to {task.run_dir}")
        if task.run_dir.exists():
            raise ExperimentError(f"{task.run_dir} exists already; name a new folder")
        seen.add(task.run_dir)


def _collect(
    executor: Executor,
    job: Job,
    tasks: Sequence[Task],
    indices: Sequence[int],
    settle: Callable[[int, Result], None],
) -> list[int]:
    """Run tasks, settle each as it ends; returns those whose worker died with the pool, in order."""
    futures: dict[Future[Result], int] = {}
    lost: list[int] = []
    for index in indices:
        try:
            futures[executor.submit(job, tasks[index])] = index
        except BrokenExecutor:
            lost.append(index)
    for future in as_completed(futures):
        index = futures[future]
        try:
            result = future.result()
        except BrokenExecutor:
            lost.append(index)
        except Exception as error:  # noqa: BLE001 - for example a result that cannot be sent back
            settle(index, failed(tasks[index], error))
        else:
            settle(index, result)
    return sorted(lost)


def _retry_alone(
    job: Job, tasks: Sequence[Task], lost: Sequence[int], settle: Callable[[int, Result], None]
) -> list[int]:
    """Run the tasks of a broken pool again, one process each; returns those that kill it again.

    A pool breaks as a whole when one of its processes dies, and does not say which task it was. The
    folders are the batch's own (`_check_folders`), so what an unfinished run left there is removed.
    """
    again: list[int] = []
    for index in lost:
        shutil.rmtree(tasks[index].run_dir, ignore_errors=True)
        with _local_processes(1, 1) as pool:
            again += _collect(pool, job, tasks, [index], settle)
    return again


@contextmanager
def _local_processes(workers: int | None, tasks: int) -> Iterator[Executor]:
    cores = core_count()
    size = max(1, min(workers or cores, tasks))
    others = set(multiprocessing.active_children())
    pool = ProcessPoolExecutor(
        max_workers=size,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=prepare,
        initargs=(max(1, cores // size),),
    )
    try:
        yield pool
    except BaseException:
        # Interrupted: start nothing more and do not wait a minute for runs whose results nobody wants.
        pool.shutdown(wait=False, cancel_futures=True)
        for process in set(multiprocessing.active_children()) - others:
            process.terminate()
        raise
    else:
        pool.shutdown()
