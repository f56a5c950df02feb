"""The other files a scenario names, the outside prices and the regime: found, digested, read."""

from hashlib import sha256
from pathlib import Path

import attrs

from sim.problems import Problem, shown
from sim.rules import Regime, RuleErrors, check_changes, load_regime
from sim.scenario.fields import ABSENT
from sim.scenario.files import find_beside, is_file, missing, shipped, shipped_name
from sim.scenario.merge import CHANGES, Merged
from sim.scenario.model import RuleChange
from sim.scenario.structure import field_value
from sim.toml_lines import KeyPath

_FILE: KeyPath = ("world", "reference", "file")
_SHA256: KeyPath = ("world", "reference", "sha256")
_REGIME: KeyPath = ("rules", "regime")


@attrs.define
class NamedFiles:
    """What the paths inside a scenario lead to."""

    reference: Path | None = None
    sha256: str | None = None
    regime_name: str = ""
    """A shipped regime keeps its name, so that a resolved scenario works on any machine."""
    regime: Regime | None = None
    problems: list[Problem] = attrs.field(factory=list)


def read_named_files(merged: Merged) -> NamedFiles:
    """Find and read the files that a merged document names, collecting what is wrong with them."""
    found = NamedFiles()
    _reference(merged, found)
    _regime(merged, found)
    return found


def _folders(merged: Merged, path: KeyPath) -> tuple[Path, ...]:
    """Where a relative path is looked for: beside the file that names it, then the working folder.

    A setting of the command line is typed in the working folder, so that comes first.
    """
    folder = merged.origin(path).folder
    if folder is not None:
        return (folder, Path())
    base = merged.origin(()).folder
    return (Path(),) if base is None else (Path(), base)


def _reference(merged: Merged, found: NamedFiles) -> None:
    name, expected = field_value(merged.document, _FILE), field_value(merged.document, _SHA256)
    if name in {ABSENT, None}:
        if expected not in {ABSENT, None}:
            found.problems.append(merged.problem(_SHA256, "a digest without a file"))
        return
    folders = _folders(merged, _FILE)
    path = find_beside(name, folders)
    if path is None or not is_file(path):
        found.problems.append(merged.problem(_FILE, missing(name, folders)))
        return
    found.reference = path.resolve()
    try:
        found.sha256 = file_sha256(path)
    except OSError as error:
        message = f"{shown(name)} cannot be read: {error.strerror or error}"
        found.problems.append(merged.problem(_FILE, message))
        return
    # A digest written before another file was named, say by `--set`, is not that file's.
    stale = merged.origin(_FILE).layer > merged.origin(_SHA256).layer
    if not stale and expected not in {ABSENT, None, found.sha256}:
        message = (
            f"{shown(name)} is not the file this scenario was resolved with: its SHA-256 is now"
            f" {found.sha256}; remove this key to accept it"
        )
        found.problems.append(merged.problem(_SHA256, message))


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file's bytes as hex."""
    digest = sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _regime(merged: Merged, found: NamedFiles) -> None:
    name = field_value(merged.document, _REGIME)
    if name is ABSENT:
        return
    folders = _folders(merged, _REGIME)
    path = (find_beside(name, folders) or shipped(name)) if name else None
    if path is None:
        found.problems.append(merged.problem(_REGIME, missing(name, folders)))
        return
    if not (is_file(path) or path.is_dir()):
        message = f"{shown(name)} is neither a file nor a folder of rules"
        found.problems.append(merged.problem(_REGIME, message))
        return
    found.regime_name = shipped_name(path) or str(path.resolve())
    try:
        found.regime = load_regime(path.resolve())
    except RuleErrors as errors:
        found.problems.append(merged.problem(_REGIME, f"{shown(name)} has problems of its own"))
        found.problems += errors.problems
    else:
        _changes(merged, found.regime, found.problems)


def _changes(merged: Merged, regime: Regime, problems: list[Problem]) -> None:
    """Check the changes of rules against the regime: known ids, values of the rule's unit."""
    rules = merged.document.get("rules")
    entries = rules.get("changes", ()) if isinstance(rules, dict) else ()
    places: list[int] = []
    changes: list[RuleChange] = []
    for place, entry in enumerate(entries if isinstance(entries, list) else ()):
        path = (*CHANGES, place)
        known = field_value(merged.document, (*path, "id")) if isinstance(entry, dict) else ABSENT
        value = field_value(merged.document, (*path, "value")) if known is not ABSENT else ABSENT
        if value is not ABSENT:
            places.append(place)
            changes.append(RuleChange(id=known, value=value))
    for number, field, message in check_changes(regime.rules, changes):
        problems.append(merged.problem((*CHANGES, places[number], field), message))
