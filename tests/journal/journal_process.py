"""A process that writes a run, for the tests that kill it, starve it of disk or give it another hash seed."""

import resource
import sys
import time
from pathlib import Path

from sim.journal import Journal, JournalError, RunLog
from tests.journal.journal_samples import (
    BATCH,
    HEADER,
    control_events,
    order_batch,
    order_flow,
    write_mixed,
)

BATCHES = 4000


def write_forever(run_dir: Path, segment_events: int) -> None:
    """Write batches of orders until somebody ends the process."""
    with Journal.create(run_dir, HEADER, segment_events) as journal:
        for number in range(BATCHES):
            journal.append_rows(order_batch(number), (number + 1) * BATCH + 1)
        journal.complete({})


def write_into_a_small_disk(run_dir: Path, file_bytes: int) -> None:
    """Write with a limit on the size of any file, which acts like a full disk."""
    try:
        with Journal.create(run_dir, HEADER, 1000) as journal:
            events = control_events(1500)
            for event in events:
                journal.append(event)
            while RunLog.open(run_dir).events < 1000:
                time.sleep(0.01)
            resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, file_bytes))
            last_us = events[-1].time_us
            for number in range(10):
                first = 1501 + number * BATCH
                rows = order_flow(BATCH, first_seq=first, start_us=last_us + number * 10**9)
                journal.append_rows(rows, first + BATCH)
            journal.complete({})
    except JournalError as error:
        sys.exit(f"{error} {' '.join(getattr(error, '__notes__', ()))}")


def main() -> None:
    """Do what the first argument says in the folder that the second one names."""
    task, folder, *rest = sys.argv[1:]
    if task == "forever":
        write_forever(Path(folder), int(rest[0]))
    elif task == "small-disk":
        write_into_a_small_disk(Path(folder), int(rest[0]))
    else:
        sys.stdout.write(write_mixed(Path(folder)))


if __name__ == "__main__":
    main()
