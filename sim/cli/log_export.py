"""`vatp log export`: a run's events in a format of other tools."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from sim.cli.arguments import Flag, Json
from sim.cli.console import output, remark
from sim.cli.errors import UserError
from sim.cli.progress import waiting
from sim.cli.streams import print_json


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
        raise UserError(f"--format: no format {format!r}; {_nearest(format, list(FORMATS))}")
    log = RunLog.open(run)
    if chosen.needs_orders and log.header.get("log_level") == "control":
        raise UserError(f"{run} has the log level control, which keeps no order events")
    with waiting(f"writing {out}"), reading(run), whole_file(out, force=force) as partial:
        events = chosen.write(log, partial)
        size_bytes = partial.stat().st_size
    if json:
        print_json({"file": str(out), "format": format, "events": events, "size_bytes": size_bytes})
    else:
        output().say(f"{out}: {events:,} {chosen.holds}, {size_bytes:,} bytes")
    if chosen.needs_orders and log.header.get("log_level") != "full":
        remark(f"the log leaves out {log.header.get('left_out', 'some order events')}")
    if log.state != "complete":
        remark(f"the run is {log.state}: the file ends where its last sealed segment does")


def _nearest(name: str, names: list[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, names, n=1)
    return f"did you mean {near[0]}?" if near else f"formats: {', '.join(names)}"
