"""Who takes part: the core's doors, the plain book, and other people's books where they are installed."""

from collections.abc import Callable, Collection, Mapping, Sequence
from difflib import get_close_matches
from functools import partial
from importlib import import_module
from typing import Any

import attrs

from sim.bench.contender import Contender, Kind, Runner
from sim.bench.doors import BatchRunner, OrdersRunner, PlainRunner
from sim.bench.errors import BenchError
from sim.bench.machine import installed
from sim.bench.workload import Operation, Workload

BATCH, ORDERS = "batch", "orders"
REFERENCES = (BATCH, ORDERS)
"""Doors that every other contender is timed against, round by round."""

OMITTED = {
    "nanobook": "never returns from a sell order after two bids of one price were cancelled (0.19.2)",
}
"""Books that cannot take part, and why."""

EXTRA = "pip install 'vatp-lab[peers]'"
"""Brings the peers that fit in beside the project's own libraries."""

_NO_REDUCE = frozenset({Operation.REDUCE})


def _runner_of(
    module: str, adapter: str, runner: str, **options: Any
) -> Callable[[Workload], Runner]:
    """Import a peer and its adapter only when it is its turn."""

    def make(workload: Workload) -> Runner:
        made: Runner = getattr(import_module(f"sim.bench.peers.{adapter}"), runner)(
            import_module(module), workload, **options
        )
        return made

    return make


def _peer(
    name: str,
    module: str,
    adapter: str,
    runner: str,
    delivers: str,
    *,
    package: str | None = None,
    lacks: frozenset[Operation] = frozenset(),
    **options: Any,
) -> Contender:
    return Contender(
        name=name,
        kind=Kind.PEER,
        make=_runner_of(module, adapter, runner, **options),
        delivers=delivers,
        package=package or name,
        lacks=lacks,
    )


def _batch(workload: Workload, *, reuse: bool) -> Runner:
    return BatchRunner(workload.commands, reuse=reuse)


OURS = (
    Contender(BATCH, Kind.OURS, partial(_batch, reuse=True), "rows, all events; buffer reused"),
    Contender(
        "batch-fresh", Kind.OURS, partial(_batch, reuse=False), "rows, all events; new buffer"
    ),
    Contender(ORDERS, Kind.OURS, OrdersRunner, "list of all events a call"),
    Contender("plain", Kind.PLAIN, PlainRunner, "list of fills a call"),
)

PEERS = (
    _peer("bourse", "bourse", "bourse", "BourseRunner", "one list at the end"),
    _peer(
        "limit-order-book",
        "limit_order_book",
        "limit_order_book",
        "LimitOrderBookRunner",
        "never",
        lacks=_NO_REDUCE,
    ),
    _peer("lumina-lob", "lumina_lob._core", "lumina_lob", "LuminaRunner", "one list at the end"),
    _peer(
        "liquibook",
        "liquibook",
        "liquibook",
        "LiquibookRunner",
        "callback a fill",
        lacks=_NO_REDUCE,
    ),
    _peer(
        "orderly-chaos",
        "orderly_chaos",
        "orderly_chaos",
        "OrderlyChaosRunner",
        "callback a fill",
        callback=True,
    ),
    _peer(
        "orderly-chaos-lots",
        "orderly_chaos",
        "orderly_chaos",
        "OrderlyChaosRunner",
        "filled lots a call",
        package="orderly-chaos",
        callback=False,
    ),
    _peer("litebook", "litebook", "litebook", "LitebookRunner", "list a call", lacks=_NO_REDUCE),
    _peer("pylobo", "lobo", "pylobo", "PyloboRunner", "report a call", lacks=_NO_REDUCE),
    _peer(
        "matching-engine",
        "matching_engine",
        "matching_engine",
        "MatchingEngineRunner",
        "list of all events a call",
        lacks=_NO_REDUCE,
    ),
    _peer(
        "cython-orderbook",
        "cython_orderbook",
        "cython_orderbook",
        "CythonOrderbookRunner",
        "one list at the end",
        lacks=_NO_REDUCE,
    ),
)


@attrs.frozen
class Roster:
    """Who takes part and who does not."""

    contenders: tuple[Contender, ...]
    not_installed: tuple[str, ...] = ()
    left_out: dict[str, str] = attrs.field(factory=dict)
    """Those that cannot take part, and why, by name."""


def installed_version(contender: Contender) -> str | None:
    """Return the version of a contender's package; None if it is not installed, or not a package."""
    return None if contender.package is None else installed(contender.package)


def choose(names: Sequence[str] | None = None) -> Roster:
    """Choose contenders by name; by default all that are installed. The batch door always takes part.

    Raises
    ------
    BenchError
        A name is not known, or names a peer that is not installed or cannot take part; all such names.
    """
    everyone = {contender.name: contender for contender in (*OURS, *PEERS)}
    missing = tuple(
        name
        for name, contender in everyone.items()
        if contender.package is not None and installed_version(contender) is None
    )
    if names is None:
        present = (contender for name, contender in everyone.items() if name not in missing)
        return Roster(tuple(present), missing, OMITTED)
    problems = [problem for name in names for problem in _problems(name, everyone, missing)]
    if problems:
        raise BenchError("\n".join(problems))
    wanted = {BATCH, *names}
    return Roster(tuple(everyone[name] for name in everyone if name in wanted))


def _problems(name: str, everyone: Mapping[str, Contender], missing: Collection[str]) -> list[str]:
    if name in OMITTED:
        return [f"contender {name} cannot take part: {OMITTED[name]}"]
    if name in missing:
        return [f"contender {name} is not installed: pip install {everyone[name].package}"]
    if name in everyone:
        return []
    close = get_close_matches(name, everyone, 1)
    hint = f"did you mean {close[0]!r}?" if close else f"expected some of {', '.join(everyone)}"
    return [f"no contender {name!r}; {hint}"]
