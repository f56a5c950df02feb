"""The law behind an event: a rule's value in force at that time, where it comes from, what came before and after."""

import attrs

from sim.rules import Regime, format_day


@attrs.frozen(kw_only=True)
class RuleInForce:
    """A rule as it stood when an event happened."""

    id: str
    title: str = ""
    value: str = ""
    """The value as people write it; empty where the rule was not in force or is not known."""
    since: str = ""
    until: str = ""
    """Hong Kong date on which another value or none follows; empty where no end is known."""
    next_value: str = ""
    status: str = ""
    document: str = ""
    paragraph: str = ""
    url: str = ""
    confidence: str = ""
    note: str = ""


def rule_in_force(regime: Regime | None, rule_id: str, time_us: int) -> RuleInForce:
    """Look a rule up at an instant; what is not known stays empty.

    Parameters
    ----------
    regime
        The rules of the run; None where they could not be loaded.
    rule_id
        Id as an event names it.
    time_us
        Instant in microseconds since the epoch.
    """
    rule = None if regime is None else regime.rules.get(rule_id)
    if rule is None:
        return RuleInForce(id=rule_id)
    value = rule.at(time_us)
    following = next((later for later in rule.values if later.start_us > time_us), None)
    if value is None:
        return RuleInForce(
            id=rule_id,
            title=rule.title,
            until=format_day(following.start_us) if following else "",
            next_value=following.text if following else "",
        )
    ends_us = value.end_us
    if ends_us is None and following is not None:
        ends_us = following.start_us
    return RuleInForce(
        id=rule_id,
        title=rule.title,
        value=value.text,
        since=format_day(value.start_us),
        until=format_day(ends_us) if ends_us is not None else "",
        next_value=following.text if following else "",
        status=value.status,
        document=value.reference.document,
        paragraph=value.reference.paragraph,
        url=value.reference.url,
        confidence=value.confidence,
        note=value.note,
    )


def in_words(found: RuleInForce) -> str:
    """Say a rule, its value then and its source in one line."""
    title = f" ({found.title})" if found.title else ""
    if not found.value:
        later = f"; {found.next_value} from {found.until} on" if found.next_value else ""
        state = (
            "was not in force then" if found.title else "is not among the rules that could be read"
        )
        return f"{found.id}{title} {state}{later}"
    source = f"{found.document}, {found.paragraph}" if found.paragraph else found.document
    until = f" to {found.until}" if found.until else " on"
    then = f", then {found.next_value}" if found.next_value else ""
    confidence = f", confidence {found.confidence}" if found.confidence else ""
    return (
        f"{found.id}{title} was {found.value} then, from {found.since}{until}{then} "
        f"({found.status}; {source}{confidence})"
    )
