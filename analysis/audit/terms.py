"""What a run was to live under: its own resolved scenario and the law it names, read again."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from sim.program import origin, this_program

if TYPE_CHECKING:
    from sim.journal import RunLog
    from sim.rules import Regime
    from sim.scenario.model import Scenario


class TermsError(ValueError):
    """The run's scenario or its law cannot be read again; the message says which."""


def terms_of(log: "RunLog") -> "Terms":
    """Read the terms of a run; where that fails and another program wrote the run, the message says so.

    Raises
    ------
    TermsError, RuleErrors
        As `read_terms`.
    """
    try:
        return read_terms(log.run_dir, log.header)
    except TermsError as error:
        if log.program is None or log.program.version == this_program().version:
            raise
        raise TermsError(f"{error}\n{log.run_dir}: {origin(log.program)}") from error


@attrs.frozen
class Terms:
    """The scenario, and the law with the scenario's changes."""

    scenario: "Scenario"
    regime: "Regime"


def read_terms(run_dir: Path, header: Mapping[str, Any]) -> Terms:
    """Read the scenario that a run keeps in its folder, and its law.

    Raises
    ------
    TermsError
        The file is gone or is no scenario, or scenario and law are not those that the run's header names.
    RuleErrors
        The rules that the scenario names cannot be read.
    """
    # Imported here, so that it happens while the log is being read.
    from sim.rules import load_regime
    from sim.scenario.structure import structure

    path = run_dir / "scenario.toml"
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise TermsError(
            f"{path} is gone: without the run's scenario its promises are unknown"
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise TermsError(f"{path}: no TOML: {error}; expected the run's scenario") from error
    scenario, issues = structure(document)
    if scenario is None:
        found = "; ".join(f"{'.'.join(map(str, issue.path))}: {issue.message}" for issue in issues)
        raise TermsError(f"{path}: {found}")
    written = load_regime(scenario.rules.regime, run_dir)
    regime, _ = written.with_changes(scenario.rules.changes, scenario.horizon.start)
    _check_digest(path, document, scenario, regime, header)
    return Terms(scenario, regime)


def _check_digest(
    path: Path,
    document: dict[str, Any],
    scenario: "Scenario",
    regime: "Regime",
    header: Mapping[str, Any],
) -> None:
    """Refuse to judge a run by another law than it was made under."""
    from sim.scenario import Loaded, digest
    from sim.scenario.merge import Merged

    loaded = Loaded(
        scenario=scenario,
        document=document,
        sources=(path,),
        notes=(),
        regime=regime,
        merged=Merged(),
    )
    expected, found = header.get("scenario_digest"), digest(loaded, document)
    if expected != found:
        raise TermsError(
            f"{path} and its rules {scenario.rules.regime} have the digest {found}; the run was made "
            f"under {expected}: judge it with the rules of that time"
        )
