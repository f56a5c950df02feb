import threading
import time
from collections.abc import Callable

import pytest

from sim.journal.background import Worker


def test_items_are_worked_on_in_the_order_given() -> None:
    done: list[int] = []
    worker = Worker(done.append, "test")
    for item in range(100):
        worker.submit(item)
    worker.wait()
    assert done == list(range(100))
    worker.submit(100)
    worker.finish()
    assert done == list(range(101))


def test_the_caller_waits_when_two_items_are_under_way() -> None:
    gate = threading.Event()

    def work(_: int) -> None:
        assert gate.wait(10)

    worker = Worker(work, "test")
    worker.submit(1)
    worker.submit(2)
    third = threading.Thread(target=worker.submit, args=(3,))
    third.start()
    third.join(0.2)
    assert third.is_alive()
    gate.set()
    third.join(10)
    assert not third.is_alive()
    worker.finish()


class Panic(BaseException):
    """What a native library may raise: no Exception."""


@pytest.mark.parametrize(
    ("raised", "seen"), [(ValueError("no"), ValueError), (Panic("no"), RuntimeError)]
)
def test_the_first_error_stops_the_work_and_is_raised_by_every_later_call(
    raised: BaseException, seen: type[Exception]
) -> None:
    done: list[int] = []

    def work(item: int) -> None:
        if item == 2:
            raise raised
        done.append(item)

    worker = Worker(work, "test")
    worker.submit(1)
    worker.submit(2)
    while worker.error is None:
        time.sleep(0.001)
    calls: list[Callable[[], None]] = [
        lambda: worker.submit(3),
        worker.wait,
        worker.finish,
        worker.finish,
        worker.raise_error,
    ]
    for call in calls:
        with pytest.raises(seen, match="no"):
            call()
    assert done == [1]


def test_work_that_ctrl_c_meets_is_done_all_the_same() -> None:
    done: list[int] = []
    met = iter([True, True])

    def work(item: int) -> None:
        if next(met, False):
            # As Polars does, in whichever thread it is at work; the main thread hears of it by itself.
            raise KeyboardInterrupt
        done.append(item)

    worker = Worker(work, "test")
    worker.submit(1)
    worker.submit(2)
    worker.finish()
    assert done == [1, 2]
