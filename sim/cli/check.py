"""`vatp check` and `vatp schema`: whether a file is right, and what it may say."""

import sys
from pathlib import Path

from sim.cli.arguments import Flag, Json
from sim.cli.console import output
from sim.cli.errors import EXIT_BAD_INPUT, EXIT_DONE, UserError
from sim.cli.streams import print_json


def check(*files: Path, json: Json = False) -> int:
    """Check scenario, overlay and rule files without running; all problems at once, exit code 2 if any.

    A file of outside prices is only found and digested; its figures are read when a run starts.

    Parameters
    ----------
    files
        Scenario files, overlays, rule files or folders of rule files.
    """
    from sim.scenario import check as check_files

    if not files:
        raise UserError("vatp check: name at least one file")
    problems = [str(problem) for problem in check_files(files)]
    if json:
        print_json({"files": [str(file) for file in files], "problems": problems})
    elif problems:
        sys.stderr.write("".join(f"{problem}\n" for problem in problems))
    else:
        output().say(f"{len(files)} file{'s' if len(files) > 1 else ''} without a problem")
    return EXIT_BAD_INPUT if problems else EXIT_DONE


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
