"""Why an event happened: the chain of events behind it, the rules in force then, and the figures that mattered."""

from collections.abc import Sequence
from typing import Any

import attrs

from analysis.tracing.evidence import Fact, Scene, evidence
from analysis.tracing.law import RuleInForce, rule_in_force
from analysis.tracing.positions import Moment
from analysis.tracing.sentences import Row, sentence
from sim.journal import RunLog
from sim.journal.causes import chain
from sim.rules import Regime

_BEHIND: dict[str, tuple[str, ...]] = {
    "trade": ("trd.fee_maker", "trd.fee_taker"),
    "fees_set": ("trd.fee_maker", "trd.fee_taker"),
    "withdrawal_paid": ("fiat.withdrawal_days",),
    "withdrawal_requested": ("fiat.withdrawal_days",),
    "identity_verified": ("onb.kyc",),
    "knowledge_tested": ("onb.knowledge",),
    "risk_profiled": ("onb.risk_profile",),
    "exposure_limit_set": ("onb.exposure_rule",),
    "token_listed": ("tok.committee",),
    "cold_swept": ("cus.cold_share",),
}
"""Rules behind kinds of events that refuse and limit nothing and so name none themselves."""

_ORDERS = {"trade": "taker_order", "order_cancelled": "order"}
"""Kinds that the acceptance of an order always leads to, with the column that names the order."""


@attrs.frozen
class Step:
    """One event of a chain of causes."""

    row: Row
    sentence: str
    rules: tuple[RuleInForce, ...]
    """The rules behind it as they stood at its time."""


@attrs.frozen
class Explanation:
    """An event with all that led to it."""

    steps: tuple[Step, ...]
    """From the beginning to the event itself, which is last."""
    facts: tuple[Fact, ...]
    """The figures that mattered to the event itself."""
    left_out: str = ""
    """What led to the beginning and is not in the log by its level, in a sentence; empty where nothing did."""

    @property
    def event(self) -> Step:
        """The event that is explained."""
        return self.steps[-1]

    def document(self) -> dict[str, Any]:
        """Return everything as plain JSON values."""
        return {
            "event": _step_document(self.event),
            "facts": [attrs.asdict(fact) for fact in self.facts],
            "causes": [_step_document(step) for step in self.steps[:-1]],
            "left_out": self.left_out,
        }


def explain(log: RunLog, seq: int, regime: Regime | None) -> Explanation:
    """Explain an event.

    Parameters
    ----------
    log
        The run.
    seq
        The event.
    regime
        The rules of the run; None where they could not be loaded, which leaves their values empty.

    Raises
    ------
    JournalError
        The log has no such event, or cannot be read.
    """
    rows = chain(log, seq)
    last = rows[-1]
    has_orders = log.header.get("log_level") != "control"
    scene = Scene(last, Moment(log, seq, int(last["time_us"])), has_orders)
    return Explanation(tuple(_steps(rows, regime)), evidence(scene), _left_out(log, rows[0]))


def _left_out(log: RunLog, first: Row) -> str:
    """Say what led to the beginning of a chain, where the log level does not keep it.

    An event whose cause was not written says 0, as does one that nothing led to. The kinds in `_ORDERS` are
    always caused by the acceptance of an order, so there a 0 can only mean the former.
    """
    order = _ORDERS.get(str(first["kind"]))
    level = log.header.get("log_level")
    if order is None or int(first["cause"]) or level in {None, "full"}:
        return ""
    kept_not = log.header.get("left_out", "some order events")
    return (
        f"Order {first[order]} led to it; its acceptance is not in the log, whose level {level} leaves out "
        f"{kept_not}. A run with --set log_level=full keeps it."
    )


def _steps(rows: Sequence[Row], regime: Regime | None) -> list[Step]:
    return [Step(row, sentence(row), _rules(row, regime)) for row in rows]


def _rules(row: Row, regime: Regime | None) -> tuple[RuleInForce, ...]:
    """Return the rule that the event names, and those behind its kind."""
    named = (str(row["rule"]),) if row["rule"] else ()
    rules = dict.fromkeys((*named, *_BEHIND.get(str(row["kind"]), ())))
    found = (rule_in_force(regime, rule, int(row["time_us"])) for rule in rules)
    return tuple(rule for rule in found if rule.id in named or rule.value)


def _step_document(step: Step) -> dict[str, Any]:
    return {
        **step.row,
        "sentence": step.sentence,
        "rules": [attrs.asdict(rule) for rule in step.rules],
    }
