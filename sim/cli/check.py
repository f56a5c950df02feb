"""`vatp check` and `vatp schema`: whether a file is right, and what it may say."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from sim.cli.arguments import Flag, Json, Overlays, Settings
from sim.cli.console import output, remark
from sim.cli.errors import EXIT_BAD_INPUT, EXIT_DONE, UserError
from sim.cli.preflight import check_before_run
from sim.cli.streams import print_json

if TYPE_CHECKING:
    from sim.scenario import Problem


def check(
    *files: Path,
    with_: Overlays = (),
    set_: Settings = (),
    json: Json = False,
) -> int:
    """Check scenario, overlay and rule files without running; all problems at once, exit code 2 if any.

    A scenario is checked with the files that it names: its rules, and its outside prices figure by figure.
    Whatever passes can be run.

    Parameters
    ----------
    files
        Scenario files, overlays, rule files or folders of rule files; one scenario where overlays or
        settings are laid over it.
    """
    if not files:
        raise UserError("vatp check: name at least one file")
    if (with_ or set_) and len(files) > 1:
        raise UserError("vatp check: --with and --set lie over one scenario; name that alone")
    problems = [str(problem) for file in files for problem in _problems(file, with_, set_)]
    if json:
        print_json({"files": [str(file) for file in files], "problems": problems})
    elif problems:
        sys.stderr.write("".join(f"{problem}\n" for problem in problems))
    else:
        output().say(f"{len(files)} file{'s' if len(files) > 1 else ''} without a problem")
    return EXIT_BAD_INPUT if problems else EXIT_DONE


def _problems(file: Path, overlays: Overlays, settings: Settings) -> "tuple[Problem, ...]":
    """Check a file as what it is: a scenario is loaded as for a run, anything else stands for itself."""
    from sim.scenario import ScenarioErrors, check, load
    from sim.scenario.checker import is_whole
    from sim.scenario.files import find_file
    from sim.toml_source import read_source

    found = find_file(file)
    whole = found is not None and is_whole(read_source(found).document)
    if not (whole or overlays or settings):
        return check([file])
    try:
        loaded = load(file, overlays=overlays, settings=settings)
        check_before_run(loaded)
    except ScenarioErrors as errors:
        return errors.problems
    for note in loaded.notes:
        remark(f"note: {note}")
    return ()


def schema(*, overlay: Flag = False, json: Flag = False) -> None:  # noqa: ARG001 - it is JSON anyway
    """Print the JSON Schema of scenario files, for editors and validators.

    Parameters
    ----------
    overlay
        The schema of overlays, in which nothing is required.
    json
        Accepted as everywhere; the schema is a JSON document anyway.
    """
    from sim.scenario import schema as make_schema

    print_json(make_schema(partial=overlay))
