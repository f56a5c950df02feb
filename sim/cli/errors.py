"""Errors as people read them, and the exit code that each kind of error has."""

from cyclopts import CycloptsError, MissingArgumentError, UnusedCliTokensError

EXIT_DONE = 0
EXIT_FAILED = 1
EXIT_BAD_INPUT = 2
EXIT_DEFECT = 70
EXIT_INTERRUPTED = 130

USER_ERRORS = frozenset(
    {
        "analysis.audit.registry.AuditError",
        "analysis.audit.terms.TermsError",
        "analysis.exports.files.ExportError",
        "analysis.measures.registry.MeasureError",
        "analysis.sql.QueryError",
        "analysis.tracing.timeline.TokenError",
        "sim.bench.errors.BenchError",
        "sim.cli.errors.UserError",
        "sim.experiments.errors.ExperimentError",
        "sim.journal.errors.DamageError",
        "sim.journal.errors.JournalError",
        "sim.journal.errors.QuarantinedError",
        "sim.journal.errors.RecordMismatchError",
        "sim.quantities.QuantityError",
        "sim.records.errors.RecordError",
        "sim.rules.problems.RuleErrors",
        "sim.scenario.problems.ScenarioErrors",
        "sim.state.fold.DisorderError",
        "sim.state.fold.FoldError",
        "sim.state.views.ViewError",
        "sim.world.prices.ReferenceDataError",
    }
)
"""Classes whose message tells a user what to mend, by name: none is imported before it is raised."""

FAILED_CHECKS = frozenset(
    {
        "sim.journal.errors.DamageError",
        "sim.journal.errors.RecordMismatchError",
        "sim.state.fold.DisorderError",
    }
)
"""Those of them that say that a check failed, and the classes derived from them: a log is not what was sealed,
or not what its life comes to. Whichever command comes upon it ends with the same exit code."""

DEFECTS = frozenset(
    {
        "sim.draws.PurposeError",
        "sim.ledger.postings.LedgerError",
        "sim.matching.door.CommandError",
        "sim.matching.rebuild.ReplayError",
        "sim.matching.snapshots.SnapshotError",
        "sim.run.StateMismatchError",
        "sim.scenario.leaves.WrongValue",
        "sim.toml_lines.BeyondError",
        "sim.units.OffGridError",
    }
)
"""Classes that no input may bring about; seen by a user, they are a defect of the simulator."""


class UserError(Exception):
    """Something the user can mend; the message says what and how."""


def bad_input(error: BaseException) -> tuple[str, ...]:
    """Return what to tell the user, a line each; empty where the error is not the user's to mend."""
    if isinstance(error, CycloptsError):
        return _command_line(error)
    if isinstance(error, OSError):
        # Libraries raise their own, without a number, for a full disk or a folder that may not be written.
        return (_system(error) if error.strerror else " ".join(str(error).split()),)
    if isinstance(error, MemoryError):
        return ("out of memory; fewer prospects, a shorter horizon or fewer workers need less",)
    return tuple(str(error).splitlines()) if _names(error) & USER_ERRORS else ()


def is_failed_check(error: BaseException) -> bool:
    """Whether an error says that a check failed, not that somebody asked for what cannot be."""
    return bool(_names(error) & FAILED_CHECKS)


def _names(error: BaseException) -> set[str]:
    return {f"{kind.__module__}.{kind.__qualname__}" for kind in type(error).__mro__}


def defect(error: BaseException) -> tuple[str, ...]:
    """Return what to tell the user about an error that should not have happened."""
    what = " ".join(f"{type(error).__name__}: {error}".split())
    return (
        f"vatp: a defect of the simulator: {what}",
        "Set VATP_TRACEBACK=1 and run the same command again to see where.",
    )


def _command_line(error: CycloptsError) -> tuple[str, ...]:
    """Say what is wrong with the command line itself, and where to look."""
    command = " ".join(("vatp", *(error.command_chain or ())))
    what = str(error)
    if isinstance(error, UnusedCliTokensError):
        what = f"too much: {', '.join(map(repr, error.unused_tokens or ()))}"
    elif isinstance(error, MissingArgumentError) and error.argument is not None:
        name = error.argument.name
        what = f"{name} needs a value" if name.startswith("--") else f"{name.upper()} is missing"
    return (f"{command}: {what}", f"`{command} --help` shows how it is used.")


def _system(error: OSError) -> str:
    """Say what the operating system refused: a full disk, a folder that may not be written."""
    reason = error.strerror or str(error)
    reason = reason[:1].lower() + reason[1:]
    if error.filename is not None:
        return f"{error.filename}: {reason}"
    return f"vatp: the system refused: {reason}; VATP_TRACEBACK=1 shows where"
