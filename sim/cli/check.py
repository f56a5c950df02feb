"""`vatp check` and `vatp schema`: is a file right, and what may it say?"""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from sim.cli.console import output, print_json
from sim.cli.run import Json


def check(*files: Path, json: Json = False) -> None:
    """Check scenario, overlay and rule files without running; all problems at once, exit code 2 if any.

    Parameters
    ----------
    files
        Scenario files, overlays or rule files.
    """
    from sim.cli.main import UserError
    from sim.scenario import check as check_files

    if not files:
        raise UserError("vatp check: name at least one file")
    problems = check_files(files)
    if json:
        print_json({"files": [str(file) for file in files], "problems": [str(problem) for problem in problems]})
    elif not problems:
        output().print(f"{len(files)} file{'s' if len(files) > 1 else ''} without a problem", highlight=False)
    if problems:
        if not json:
            raise UserError("\n".join(str(problem) for problem in problems))
        raise SystemExit(2)


def schema(*, overlay: Annotated[bool, Parameter(negative=(), show_default=False)] = False) -> None:
    """Print the JSON Schema of scenario files, for editors and validators.

    Parameters
    ----------
    overlay
        The schema of overlays, in which nothing is required.
    """
    from sim.scenario import schema as make_schema

    print_json(make_schema(partial=overlay))
