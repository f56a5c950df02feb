"""The registry of promises: what each is called, which rules it comes from, what log it needs.

A promise is registered with `@promise(...)`. It decorates either a function from the evidence to a
`Tally`, for what the control plane's events alone decide, or a class whose objects are shown the log
stretch by stretch (`look`) and then asked for their tally (`tally`). Every module of
`analysis.audit.promises` is imported when the promises are first asked for, so a new file there is a new
promise.
"""

from collections.abc import Callable, Iterable
from difflib import get_close_matches
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Literal, Protocol, TypeVar

import attrs

from analysis.audit.evidence import Evidence
from analysis.audit.findings import Tally
from analysis.audit.stretches import Stretch

Needs = Literal["control", "trades", "orders", "full"]
"""The least a log must hold: control events; every trade; every order of clients; every order."""

_LEVELS: dict[Needs, tuple[str, ...]] = {
    "control": ("control", "trades", "full"),
    "trades": ("trades", "full"),
    "orders": ("trades", "full"),
    "full": ("full",),
}
CLIENTS_ONLY = (
    "orders of clients only: the log level `trades` leaves out those of market makers and "
    "arbitrageurs"
)


class AuditError(ValueError):
    """Bad input to an audit; the message says what was expected."""


class Check(Protocol):
    """One promise while the log is walked."""

    def look(self, stretch: Stretch, /) -> None:
        """Judge one stretch of the log; stretches come in order, without a gap."""

    def tally(self) -> Tally:
        """Return what was found, after the last stretch."""


class _AtOnce:
    """A check that needs no walk."""

    def __init__(self, judge: Callable[[Evidence], Tally], evidence: Evidence) -> None:
        self._judge = judge
        self._evidence = evidence

    def look(self, stretch: Stretch) -> None:
        """See nothing: the control plane's tables are in the evidence."""

    def tally(self) -> Tally:
        """Judge the control plane's tables."""
        return self._judge(self._evidence)


@attrs.frozen
class Promise:
    """A registered promise."""

    name: str
    title: str
    rules: tuple[str, ...]
    """Ids of the rules it comes from; empty for the platform's own books."""
    needs: Needs
    walks: bool
    """Whether it looks at the order plane, stretch by stretch."""
    begin: Callable[[Evidence], Check]

    def unchecked(self, level: str) -> str:
        """Say why a log of this level cannot show whether the promise was kept; empty where it can."""
        if level in _LEVELS[self.needs]:
            return ""
        missing = {
            "trades": "trades",
            "orders": "clients' orders",
            "full": "every order",
            "control": "control events",
        }[self.needs]
        return f"not checkable at log level `{level}`: it needs {missing}"

    def limits(self, level: str) -> str:
        """Say what a log of this level keeps from the check; empty where nothing."""
        return CLIENTS_ONLY if self.needs == "orders" and level == "trades" else ""


_PROMISES: dict[str, Promise] = {}

T = TypeVar("T", bound=Callable[[Evidence], Tally | Check])


def promise(*, title: str, rules: tuple[str, ...] = (), needs: Needs) -> Callable[[T], T]:
    """Register a promise under the decorated function's or class's name.

    Parameters
    ----------
    title
        The promise in one sentence, as the platform would make it.
    rules
        Ids of the rules behind it; none means the platform's own books.
    needs
        What the log must hold.

    Raises
    ------
    ValueError
        The name is taken.
    """

    def add(made: T) -> T:
        walks = isinstance(made, type)
        name = _snake(made.__name__)
        if name in _PROMISES:
            raise ValueError(f"promise {name} is defined twice")
        begin = made if walks else (lambda evidence: _AtOnce(made, evidence))  # type: ignore[arg-type]
        _PROMISES[name] = Promise(name, title, rules, needs, walks, begin)  # type: ignore[arg-type]
        return made

    return add


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).strip(
        "_"
    )


@cache
def _import_all() -> None:
    package = import_module("analysis.audit.promises")
    for module in iter_modules(package.__path__, f"{package.__name__}."):
        import_module(module.name)


def select_promises(names: Iterable[str] = ()) -> tuple[Promise, ...]:
    """Return the promises of these names, none means all, in order of name.

    Raises
    ------
    AuditError
        A name is unknown; every unknown one is listed with the nearest known one.
    """
    wanted = frozenset(names)
    check_promise_names(wanted)
    return tuple(entry for name, entry in sorted(_PROMISES.items()) if not wanted or name in wanted)


def check_promise_names(names: Iterable[str]) -> None:
    """Refuse names that are no promise's; raises AuditError with all of them."""
    _import_all()
    problems = [_unknown(name) for name in sorted(names) if name not in _PROMISES]
    if problems:
        raise AuditError("\n".join(problems))


def _unknown(name: str) -> str:
    near = get_close_matches(name, _PROMISES, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]!r}?" if near else "`vatp audit --list` shows all"
    return f"no promise {name!r}; {hint}"
