"""`vatp log export`: a run's events in a format of other tools."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from sim.cli.arguments import Flag, Json
from sim.cli.console import output, remark
from sim.cli.errors import UserError
from sim.cli.log_law import law_of
from sim.cli.log_standing import note_unfinished, standing_document
from sim.cli.progress import waiting
from sim.cli.streams import print_json
from sim.problems import did_you_mean


def export(
    run: Path,
    /,
    *,
    format: Annotated[str, Parameter(name="--format")],  # noqa: A002 - the option's name
    out: Path,
    force: Flag = False,
    json: Json = False,
) -> None:
    """Write a run's events to a file that other tools read; the file is whole or not there.

    Parameters
    ----------
    run
        Run folder.
    format
        ocel (onboarding and admission, OCEL 2.0 JSON), trades-csv or orders-csv.
    out
        File to write.
    force
        Replace the file if it exists.
    """
    from analysis.exports import FORMATS, whole_file
    from sim.cli.log import reading
    from sim.journal import RunLog

    chosen = FORMATS.get(format)
    if chosen is None:
        raise UserError(f"--format: no format {format!r}{did_you_mean(format, FORMATS, 'formats')}")
    log = RunLog.open(run)
    if chosen.needs_orders and log.header.get("log_level") == "control":
        raise UserError(f"{run} has the log level control, which keeps no order events")
    law = law_of(log) if chosen.tells_rules else None
    with waiting(f"writing {out}"), reading(run), whole_file(out, force=force) as partial:
        events = chosen.write(log, partial, law)
        size_bytes = partial.stat().st_size
    if json:
        written = {"file": str(out), "format": format, "events": events, "size_bytes": size_bytes}
        print_json(written | standing_document(log))
    else:
        output().say(f"{out}: {events:,} {chosen.holds}, {size_bytes:,} bytes")
    if chosen.needs_orders and log.header.get("log_level") != "full":
        remark(f"the log leaves out {log.header.get('left_out', 'some order events')}")
    if not json:
        note_unfinished(log)
