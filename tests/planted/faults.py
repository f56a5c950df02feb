"""The planted faults as data: what is changed, what goes wrong by it, and what must catch it."""

import tomllib
from pathlib import Path
from typing import Any

import attrs

ROOT = Path(__file__).parents[2]
ROOMS = Path(__file__).parent / "rooms"
LIVES = Path(__file__).parent / "lives.toml"


class PlantingError(ValueError):
    """The table of faults, or a fault in it, is not what the sources call for."""


@attrs.frozen(kw_only=True)
class Fault:
    """One deliberate fault."""

    name: str
    room: str
    """File of the table it stands in: book, ledger, limits…"""
    file: str
    """Source it is planted in, relative to the repository."""
    before: str
    """Text that stands exactly once in the source…"""
    after: str
    """…and what is put in its place."""
    wrong: str
    """What goes wrong by it, in one sentence."""
    trace: bool
    """Whether the log of a life with it shows that something is wrong."""
    tests: tuple[str, ...] = ()
    """Tests that fail with it, as pytest names them."""
    promises: tuple[str, ...] = ()
    """Promises that the audit of a life with it finds broken."""
    checks: tuple[str, ...] = ()
    """Other readers of the log that find it: `verify`, `replay`."""
    life: str = "base"
    settings: tuple[str, ...] = ()
    """What the life is given besides its own settings."""
    stops: str = ""
    """Words of the error with which the run stops itself; empty where it lives to its end."""

    @property
    def lives(self) -> bool:
        """Whether a life with it has anything to show."""
        return bool(self.promises or self.checks or self.stops)


_TEXTS = ("name", "file", "before", "after", "wrong", "life", "stops")
_LISTS = ("tests", "promises", "checks", "settings")
CHECKS = ("verify", "replay")


def read_faults(folder: Path = ROOMS) -> tuple[Fault, ...]:
    """Return every fault, room by room in the order of their names.

    Raises
    ------
    PlantingError
        With all that is wrong in the table.
    """
    faults: list[Fault] = []
    problems: list[str] = []
    for file in sorted(folder.glob("*.toml")):
        table = tomllib.loads(file.read_text(encoding="utf-8"))
        for row in table["fault"]:
            found = _problems_of_row(row)
            problems += [f"{file.name}: {row.get('name', '?')}: {what}" for what in found]
            if not found:
                lists = {name: tuple(row.get(name, ())) for name in _LISTS}
                faults.append(Fault(**{**row, **lists, "room": file.stem}))
    names = [fault.name for fault in faults]
    problems += [f"{name}: two faults have this name" for name in names if names.count(name) > 1]
    if problems:
        raise PlantingError("\n".join(problems))
    return tuple(faults)


def _problems_of_row(row: dict[str, Any]) -> list[str]:
    known = {field.name for field in attrs.fields(Fault)} - {"room"}
    problems = [f"{name} is no field of a fault" for name in row if name not in known]
    problems += [
        f"{name} is missing"
        for name in ("name", "file", "before", "after", "wrong", "trace")
        if name not in row
    ]
    problems += [f"{name} is no text" for name in _TEXTS if not isinstance(row.get(name, ""), str)]
    problems += [f"{name} is no list" for name in _LISTS if not isinstance(row.get(name, []), list)]
    readers = [*row.get("promises", ()), *row.get("checks", ())]
    if row.get("trace") and not readers:
        problems.append("a fault that leaves a trace needs a promise or a check that finds it")
    if readers and not row.get("trace"):
        problems.append("it is found in the log, so it leaves a trace")
    problems += [f"{name} is no check" for name in row.get("checks", ()) if name not in CHECKS]
    if not row.get("tests") and not readers:
        problems.append("nothing catches it")
    return problems


def read_lives() -> dict[str, tuple[str, ...]]:
    """Return the settings of every life by name."""
    table = tomllib.loads(LIVES.read_text(encoding="utf-8"))
    return {name: tuple(row["settings"]) for name, row in table.items()}


def planted(fault: Fault, root: Path) -> str:
    """Return the source with the fault in it.

    Raises
    ------
    PlantingError
        The text to replace is not there, or more than once; or nothing changes; or what comes out is no Python.
    """
    path = root / fault.file
    if not path.is_file():
        raise PlantingError(f"{fault.name}: there is no {fault.file} any more")
    source = path.read_text(encoding="utf-8")
    count = source.count(fault.before)
    if count != 1:
        raise PlantingError(
            f"{fault.name}: the text to replace stands {count} times in {fault.file}; expected once:\n"
            f"{fault.before}"
        )
    faulty = source.replace(fault.before, fault.after)
    if faulty == source:
        raise PlantingError(f"{fault.name}: nothing changes in {fault.file}")
    try:
        compile(faulty, fault.file, "exec")
    except SyntaxError as error:
        raise PlantingError(f"{fault.name}: the fault is no Python: {error}") from None
    return faulty
