"""Rule files -> a `Regime`, or every problem in them at once."""

from pathlib import Path

import attrs

from sim.problems import Problem, did_you_mean, shown
from sim.rules.model import Rule
from sim.rules.problems import RuleErrors, RuleFile
from sim.rules.reader import TableReader
from sim.rules.regime import Regime
from sim.rules.rule_table import Document, Library, read_document, read_rule
from sim.toml_lines import KeyPath
from sim.toml_source import read_source


@attrs.frozen
class _File:
    """One parsed file and the reader of its top level."""

    file: RuleFile
    top: TableReader


@attrs.define
class _Shelf:
    """The documents that the files list."""

    documents: dict[str, Document] = attrs.field(factory=dict)
    complete: bool = True
    """False where a file or a document could not be read: a short name may be missing for that alone."""


def load_regime(name: str | Path, base: Path | None = None) -> Regime:
    """Read a regime from a folder of TOML files or from a single one.

    The name is a path from `base` (default: the working folder) or the name of a shipped regime, such as
    `rules/hong-kong` or `hong-kong`. A single file may cite the documents of the `documents.toml` beside
    it.

    Raises
    ------
    RuleErrors
        All problems in all files, each with its file and line; or the one that nothing has that name.
    """
    problems: list[Problem] = []
    path = _find(name, base)
    paths = _rule_files(path)
    files = [_parse(file, problems) for file in paths]
    listed = [_parse(file, problems) for file in _beside(path)] + files
    shelf = _read_documents([file for file in listed if file is not None])
    shelf.complete &= all(file is not None and not file.file.source.problems for file in listed)
    rules = _read_rules([file for file in files if file is not None], shelf)
    if not rules and not shelf.documents and not problems:
        problems += [Problem(_shown(file), 1, "", "there is no [[rule]] in it") for file in paths]
    if problems:
        raise RuleErrors(problems)
    return Regime({rule_id: rules[rule_id] for rule_id in sorted(rules)})


def shipped_folder() -> Path:
    """Return the folder of shipped scenarios: inside an installed package, or beside it in a clone."""
    package = Path(__file__).parent.parent
    installed = package / "shipped_scenarios"
    return installed if installed.is_dir() else package.parent / "scenarios"


def _find(name: str | Path, base: Path | None) -> Path:
    shipped = shipped_folder()
    for folder in (base or Path(), shipped, shipped / "rules"):
        if (folder / name).exists():
            return folder / name
    regimes = sorted(
        f"rules/{path.name}" for path in (shipped / "rules").iterdir() if path.is_dir()
    )
    hint = did_you_mean(str(name), regimes) or f"; shipped: {', '.join(regimes)}"
    raise RuleErrors([Problem(str(name), 1, "", f"there is no such file or folder of rules{hint}")])


def _rule_files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    files = sorted(path.glob("*.toml"))
    if not files:
        raise RuleErrors([Problem(str(path), 1, "", "the folder has no rule file (*.toml)")])
    return files


def _beside(path: Path) -> list[Path]:
    """Return the list of documents that a single rule file shares with its folder."""
    shelf = path.with_name("documents.toml")
    return [shelf] if path.is_file() and path != shelf and shelf.is_file() else []


def _parse(path: Path, problems: list[Problem]) -> _File | None:
    source = read_source(path)
    problems += source.problems
    if not source.readable:
        return None
    file = RuleFile(source, problems)
    return _File(file, TableReader(source.document, (), file))


def _shown(path: Path) -> str:
    """Name a file as its user would: from the working folder where it lies below that."""
    folder = Path.cwd()
    return str(path.relative_to(folder) if path.is_relative_to(folder) else path)


def _read_documents(files: list[_File]) -> _Shelf:
    shelf = _Shelf()
    for file in files:
        for place, table in enumerate(file.top.tables("document")):
            reader = TableReader(table, ("document", place), file.file)
            short, document = read_document(reader)
            shelf.complete &= reader.sound
            if short in shelf.documents:
                first = shelf.documents[short].place
                reader.report(("id",), f"{shown(short)} is already defined at {first}")
            elif short:
                shelf.documents[short] = document
        shelf.complete &= file.top.sound
    return shelf


def _read_rules(files: list[_File], shelf: _Shelf) -> dict[str, Rule]:
    rules: dict[str, Rule] = {}
    places: dict[str, tuple[RuleFile, KeyPath]] = {}
    for file in files:
        library = Library(shelf.documents, file.top.day("read"), shelf.complete)
        for place, table in enumerate(file.top.tables("rule")):
            reader = TableReader(table, ("rule", place), file.file)
            rule = read_rule(reader, library)
            rule_id = table.get("id") if isinstance(table, dict) else None
            if isinstance(rule_id, str) and rule_id in places:
                first, path = places[rule_id]
                message = f"{shown(rule_id)} is already defined at {first.place(path)}"
                reader.report(("id",), message)
            elif isinstance(rule_id, str):
                places[rule_id] = file.file, (*reader.path, "id")
            if rule is not None:
                rules.setdefault(rule.id, rule)
        file.top.finish()
    return rules
