"""Rule files -> a `Regime`, or every problem in them at once."""

import tomllib
from pathlib import Path

import attrs

from sim.rules.model import Rule
from sim.rules.problems import Problem, RuleErrors, SourceFile, did_you_mean
from sim.rules.reader import TableReader
from sim.rules.regime import Regime
from sim.rules.rule_table import Document, Library, read_document, read_rule
from sim.toml_lines import locate, syntax_problem


@attrs.frozen
class _File:
    """One parsed file and the reader of its top level."""

    source: SourceFile
    top: TableReader


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
    files = _parse_all(_rule_files(path), problems)
    documents = _read_documents(_parse_all(_shelf(path), problems) + files)
    rules = _read_rules(files, documents)
    if not rules and not documents and not problems:
        problems.append(Problem(str(name), 1, "", "there is no [[rule]] in it"))
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


def _shelf(path: Path) -> list[Path]:
    """Return the list of documents that a single rule file shares with its folder."""
    shelf = path.with_name("documents.toml")
    return [shelf] if path.is_file() and path != shelf and shelf.is_file() else []


def _parse_all(paths: list[Path], problems: list[Problem]) -> list[_File]:
    parsed = (_parse(path, problems) for path in paths)
    return [file for file in parsed if file is not None]


def _parse(path: Path, problems: list[Problem]) -> _File | None:
    name = _shown(path)
    try:
        text = path.read_text(encoding="utf-8")
        data = tomllib.loads(text)
    except OSError as error:
        problems.append(Problem(name, 1, "", f"cannot be read: {error.strerror}"))
    except UnicodeDecodeError as error:
        problems.append(Problem(name, 1, "", f"is not UTF-8 text: {error.reason}"))
    except tomllib.TOMLDecodeError as error:
        line, message = syntax_problem(error, text)
        problems.append(Problem(name, line, "", f"is not valid TOML: {message}"))
    else:
        source = SourceFile(name, locate(text), problems)
        return _File(source, TableReader(data, (), source))
    return None


def _shown(path: Path) -> str:
    """Name a file as its user would: from the working folder where it lies below that."""
    folder = Path.cwd()
    return str(path.relative_to(folder) if path.is_relative_to(folder) else path)


def _read_documents(files: list[_File]) -> dict[str, Document]:
    documents: dict[str, Document] = {}
    for file in files:
        for place, table in enumerate(file.top.tables("document")):
            reader = TableReader(table, ("document", place), file.source)
            short, document = read_document(reader)
            if short in documents:
                reader.report(("id",), f"{short!r} is already defined at {documents[short].place}")
            elif short:
                documents[short] = document
    return documents


def _read_rules(files: list[_File], documents: dict[str, Document]) -> dict[str, Rule]:
    rules: dict[str, Rule] = {}
    places: dict[str, str] = {}
    for file in files:
        library = Library(documents, file.top.day("read"))
        for place, table in enumerate(file.top.tables("rule")):
            reader = TableReader(table, ("rule", place), file.source)
            rule = read_rule(reader, library)
            rule_id = table.get("id") if isinstance(table, dict) else None
            if isinstance(rule_id, str) and rule_id in places:
                reader.report(("id",), f"{rule_id!r} is already defined at {places[rule_id]}")
            elif isinstance(rule_id, str):
                places[rule_id] = file.source.place((*reader.path, "id"))
            if rule is not None:
                rules.setdefault(rule.id, rule)
        file.top.finish()
    return rules
