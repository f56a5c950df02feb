"""Batches: any executor, any number of workers, and seeds that fail or die.

Jobs are functions of this module, so that worker processes can import them.
"""

import os
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import attrs
import pytest

from sim.experiments import ExperimentError, Failed, Finished, Result, Source, Task, run_batch
from sim.experiments.batch import DIED, core_count
from sim.experiments.worker import THREAD_VARIABLES, failed

MakeTasks = Callable[..., list[Task]]


def run_quickly(task: Task) -> Result:
    """Finish at once, writing the folder as a run would."""
    task.run_dir.mkdir(parents=True)
    return Finished(task, (), task.seed, f"head-{task.seed}", "chain", "hash", 0.0)


def run_in_reverse(task: Task) -> Result:
    """Let low seeds finish last."""
    time.sleep(0.02 * (5 - task.seed))
    return run_quickly(task)


def raise_at_three(task: Task) -> Result:
    """Fail as a run with a defect would."""
    if task.seed == 3:
        return failed(task, ZeroDivisionError("nobody to divide by\nsecond line"))
    return run_quickly(task)


def die_at_two(task: Task) -> Result:
    """Kill the worker process half-way, as the kernel does when memory runs out."""
    task.run_dir.mkdir(parents=True)
    (task.run_dir / "half-written").touch()
    if task.seed == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    if (task.run_dir / "half-written").exists():
        return Finished(task, (), task.seed, f"head-{task.seed}", "chain", "hash", 0.0)
    raise AssertionError


def answer_with_a_lock(task: Task) -> Any:
    """Return what no process can send back."""
    return threading.Lock() if task.seed == 1 else run_quickly(task)


def count_threads(task: Task) -> Result:
    """Report the threads that Polars took."""
    import polars as pl

    limits = {os.environ.get(variable) for variable in THREAD_VARIABLES}
    return Finished(task, (), pl.thread_pool_size(), ",".join(map(str, limits)), "", "", 0.0)


class InThisThread(Executor):
    """The smallest executor there is."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_result(fn(*args, **kwargs))
        return future


def _without_folders(results: tuple[Result, ...]) -> list[tuple[int, int, str]]:
    return [
        (result.task.seed, result.events, result.head)
        for result in results
        if isinstance(result, Finished)
    ]


@pytest.mark.parametrize("seeds", [(4, 1, 3, 2)])
def test_results_come_in_the_order_of_the_tasks_on_any_executor(
    seeds: tuple[int, ...], tmp_path: Path
) -> None:
    def tasks(name: str) -> list[Task]:
        return [
            Task("baseline", Source("s.toml"), seed, tmp_path / name / str(seed)) for seed in seeds
        ]

    with ThreadPoolExecutor(4) as threads:
        by_threads = run_batch(tasks("threads"), executor=threads, job=run_in_reverse)
    here = run_batch(tasks("here"), executor=InThisThread(), job=run_quickly)
    two = run_batch(tasks("two"), workers=2, job=run_in_reverse)
    one = run_batch(tasks("one"), workers=1, job=run_quickly)
    expected = [(seed, seed, f"head-{seed}") for seed in seeds]
    for results in (by_threads, here, two, one):
        assert _without_folders(results) == expected


def test_progress_is_told_once_a_task_and_counts_up(make_tasks: MakeTasks) -> None:
    told: list[tuple[int, int, int]] = []
    run_batch(
        make_tasks(1, 2, 3),
        executor=InThisThread(),
        progress=lambda done, total, result: told.append((done, total, result.task.seed)),
        job=run_quickly,
    )
    assert [(done, total) for done, total, _ in told] == [(1, 3), (2, 3), (3, 3)]
    assert {seed for _, _, seed in told} == {1, 2, 3}


def test_a_seed_that_fails_is_listed_with_its_command_and_the_others_finish(
    make_tasks: MakeTasks,
) -> None:
    results = run_batch(make_tasks(1, 2, 3, 4), executor=InThisThread(), job=raise_at_three)
    assert [type(result) for result in results] == [Finished, Finished, Failed, Finished]
    failure = results[2]
    assert isinstance(failure, Failed)
    assert failure.error == "ZeroDivisionError: nobody to divide by (and 1 more)"
    assert failure.command == "vatp run s.toml --seed 3"
    assert "second line" in failure.details
    assert str(failure) == f"baseline seed 3: {failure.error}; replay with: {failure.command}"


def test_a_worker_that_is_killed_takes_no_other_seed_with_it(make_tasks: MakeTasks) -> None:
    told: list[int] = []
    results = run_batch(
        make_tasks(1, 2, 3),
        workers=2,
        progress=lambda done, _, __: told.append(done),
        job=die_at_two,
    )
    assert [type(result) for result in results] == [Finished, Failed, Finished]
    failure = results[1]
    assert isinstance(failure, Failed)
    assert failure.error == DIED
    assert told == [1, 2, 3]


def test_an_answer_that_cannot_be_sent_back_is_a_failure(make_tasks: MakeTasks) -> None:
    first, second = run_batch(make_tasks(1, 2), workers=1, job=answer_with_a_lock)
    assert isinstance(first, Failed)
    assert "pickle" in first.error
    assert isinstance(second, Finished)


@pytest.mark.parametrize("workers", [1, 2])
def test_workers_share_the_cores_instead_of_fighting_over_them(
    workers: int, make_tasks: MakeTasks
) -> None:
    results = run_batch(make_tasks(1, 2), workers=workers, job=count_threads)
    share = max(1, core_count() // workers)
    for result in results:
        assert isinstance(result, Finished)
        assert result.events == share  # Polars' own count of its threads
        assert result.head == str(share)


def test_an_interrupted_batch_starts_nothing_more(make_tasks: MakeTasks) -> None:
    def interrupt(done: int, total: int, result: Result) -> None:  # noqa: ARG001
        raise KeyboardInterrupt

    tasks = make_tasks(*range(20))
    with pytest.raises(KeyboardInterrupt):
        run_batch(tasks, workers=1, progress=interrupt, job=run_quickly)
    time.sleep(0.2)
    started = [task for task in tasks if task.run_dir.exists()]
    assert len(started) < len(tasks)


def test_runs_never_share_a_folder_or_write_into_an_old_one(make_tasks: MakeTasks) -> None:
    first, second = make_tasks(1, 2)
    with pytest.raises(ExperimentError, match="two runs would write to"):
        run_batch([first, attrs.evolve(second, run_dir=first.run_dir)], job=run_quickly)
    first.run_dir.mkdir()
    with pytest.raises(ExperimentError, match="exists already"):
        run_batch([first, second], job=run_quickly)


def test_the_replay_command_holds_overlays_and_settings_quoted_for_a_shell() -> None:
    source = Source("my scenario.toml", ("a.toml", "b.toml"), ('rule.onb.exposure_limit="10 %"',))
    assert source.command(7) == (
        "vatp run 'my scenario.toml' --with a.toml --with b.toml"
        " --set 'rule.onb.exposure_limit=\"10 %\"' --seed 7"
    )


def test_no_tasks_give_no_results() -> None:
    assert run_batch([], job=run_quickly) == ()
