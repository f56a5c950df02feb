"""The thread that seals segments while the run goes on."""

import queue
from collections.abc import Callable
from threading import Thread
from typing import Generic, TypeVar

T = TypeVar("T")

_WAITING = 1
"""Items that may wait behind the one in work; more would hold a whole segment of memory each."""


class Worker(Generic[T]):
    """Does one thing after another in a thread of its own, in the order given.

    The first error stops the work: later items are dropped, and every later call raises that error. Work
    that Ctrl-C meets in the middle is done again from its beginning, so it must stand that.
    """

    def __init__(self, work: Callable[[T], None], name: str) -> None:
        self._work = work
        self._items: queue.Queue[T | None] = queue.Queue(_WAITING)
        self.error: BaseException | None = None
        """What the work raised."""
        # A daemon: a run that dies without closing its journal must not hang the interpreter.
        self._thread = Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while (item := self._items.get()) is not None:
            if self.error is None:
                try:
                    self._do(item)
                except BaseException as error:  # noqa: BLE001 - handed over to the caller's thread, whatever it is
                    self.error = error
            del item
            self._items.task_done()

    def _do(self, item: T) -> None:
        """Do the work on an item, again where Ctrl-C met it: that stops the caller, who then waits for the work.

        Python interrupts the main thread; Polars raises in every thread it is at work in besides.
        """
        while True:
            try:
                return self._work(item)
            except KeyboardInterrupt:
                continue

    def submit(self, item: T) -> None:
        """Queue an item; waits while the queue is full. Raises what the work raised before."""
        self.raise_error()
        self._items.put(item)

    def wait(self) -> None:
        """Wait until everything submitted is done. Raises what the work raised."""
        self._items.join()
        self.raise_error()

    def finish(self) -> None:
        """Wait for all items and end the thread. Raises what the work raised."""
        self.stop()
        self.raise_error()

    def stop(self) -> None:
        """Wait for all items and end the thread."""
        if self._thread.is_alive():
            self._items.put(None)
            self._thread.join()

    def raise_error(self) -> None:
        """Raise what the work raised, if anything; a panic of Polars is no Exception and becomes one."""
        if isinstance(self.error, Exception):
            raise self.error
        if self.error is not None:
            raise RuntimeError(f"{type(self.error).__name__}: {self.error}") from self.error
