"""A process that writes a run, for the tests that kill it, starve it of disk or give it another hash seed."""

import resource
import sys
from pathlib import Path

from journal_samples import HEADER, control_events, order_flow, rows_between, write_mixed

from sim.journal import Journal, JournalError

BATCH = 500


def write_forever(run_dir: Path, segment_events: int) -> None:
    """Write the same order flow in small batches until somebody ends the process."""
    flow = order_flow(BATCH * 4000)
    with Journal.create(run_dir, HEADER, segment_events) as journal:
        for number in range(4000):
            first = number * BATCH + 1
            journal.append_rows(rows_between(flow, first, first + BATCH), first + BATCH)
        journal.complete({})


def write_into_a_small_disk(run_dir: Path, file_bytes: int) -> None:
    """Write with a limit on the size of any file, which acts like a full disk."""
    try:
        with Journal.create(run_dir, HEADER, 1000) as journal:
            events = control_events(1500)
            for event in events:
                journal.append(event)
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
