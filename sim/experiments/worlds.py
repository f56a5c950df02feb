"""What two recorded runs were given: whether they lived in one world, and in which rules they differ."""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, Final

import attrs

from sim.experiments.errors import ExperimentError
from sim.problems import dotted
from sim.toml_lines import KeyPath

if TYPE_CHECKING:
    from sim.journal import RunLog

NOTHING: Final = "nothing"
"""Shown for what one of the two does not say."""
SCENARIO: Final = "scenario.toml"
"""The scenario in a run's folder."""

_LAW: Final = "rules.toml"
_FILE: Final[KeyPath] = ("world", "reference", "file")
_SHA256: Final[KeyPath] = ("world", "reference", "sha256")
_WHOLE_LAW = "the law"
_UNCHANGED = "as the law has it"
_MOST_ENTRIES = 3


@attrs.frozen
class Given:
    """Something that two runs were given differently."""

    key: str
    """Dotted key of the scenario, or the id of a rule."""
    baseline: str
    variant: str
    seeds: tuple[int, ...] = ()
    """Pairs in which it differs."""

    def __str__(self) -> str:
        """Write both values: world.population.prospects 300 | 310."""
        return f"{self.key} {self.baseline} | {self.variant}"


@attrs.frozen
class Terms:
    """What a run was given, key by key."""

    world: Mapping[str, Any]
    rules: Mapping[str, str]
    """Changes of the scenario to single rules, by id."""
    law: Mapping[str, str]
    """The rules before these changes, by id."""


def terms_of(log: "RunLog") -> Terms:
    """Read what a run was given from the files sealed with it.

    Raises
    ------
    ExperimentError
        The run keeps no scenario, or one that is no TOML.
    JournalError
        A file is not what was sealed.
    """
    if SCENARIO not in log.attachments:
        raise ExperimentError(
            f"{log.run_dir} keeps no {SCENARIO}: nobody knows in which world it lived"
        )
    scenario = _read(log, SCENARIO)
    chosen = scenario.get("rules", {})
    changes: dict[str, list[str]] = {}
    for change in chosen.get("changes", []):
        changes.setdefault(str(change.get("id")), []).append(_valid(change, "start"))
    return Terms(
        dict(_leaves({"world": scenario.get("world", {})})),
        {rule: "; ".join(found) for rule, found in changes.items()},
        _law(log, chosen.get("regime")),
    )


def _law(log: "RunLog", name: object) -> dict[str, str]:
    """Return the values of every rule with their dates, or the law's name where it was not kept."""
    if _LAW not in log.attachments:
        return {_WHOLE_LAW: f"{_text(name)} as it shipped then"}
    return {
        str(rule.get("id")): "; ".join(
            _valid(value, "from", "until") for value in rule.get("value", [])
        )
        for rule in _read(log, _LAW).get("rule", [])
    }


def _read(log: "RunLog", name: str) -> dict[str, Any]:
    try:
        return tomllib.loads(log.attachment(name).decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ExperimentError(f"{log.run_dir / name}: no TOML: {error}") from error


def _leaves(value: Any, above: KeyPath = ()) -> Iterator[tuple[str, Any]]:
    """Yield every value of a scenario that says something about the world, by its dotted key."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _leaves(inner, (*above, name))
    elif isinstance(value, list) and value and isinstance(value[0], Mapping):
        for place, inner in enumerate(value):
            yield from _leaves(inner, (*above, place))
    elif above == _SHA256:
        yield "the content of world.reference.file", value
    elif above != _FILE:
        # A price file is told by its content: equal prices are the same world under any name.
        yield dotted(above), value


def _valid(value: Mapping[str, Any], start: str, end: str = "") -> str:
    """Write a value of a rule with its dates."""
    spans = (("from", start), ("until", end))
    dates = (f"{word} {_text(value[key])}" for word, key in spans if key in value)
    return " ".join([_text(value.get("value", NOTHING)), *dates])


def world_differences(before: Terms, after: Terms) -> tuple[Given, ...]:
    """List the keys of the world that two runs were given differently."""
    return _differences(before.world, after.world)


def rule_differences(before: Terms, after: Terms) -> tuple[Given, ...]:
    """List the rules that two runs were given differently: changes of scenarios, and the law itself."""
    own = _differences(_with_law(before, after), _with_law(after, before), _UNCHANGED)
    told = {given.key for given in own}
    if (_WHOLE_LAW in before.law) != (_WHOLE_LAW in after.law):
        kept = f"{_LAW} of the run"
        one, other = (terms.law.get(_WHOLE_LAW, kept) for terms in (before, after))
        return (*own, Given(_WHOLE_LAW, one, other))
    law = _differences(before.law, after.law)
    return own + tuple(given for given in law if given.key not in told)


def _with_law(terms: Terms, other: Terms) -> dict[str, str]:
    """Return the changes of a run, and what the law says where only the other run changes a rule."""
    unchanged = {
        rule: f"{_UNCHANGED} ({terms.law[rule]})"
        for rule in other.rules
        if rule not in terms.rules and rule in terms.law
    }
    return {**terms.rules, **unchanged}


def _differences(
    before: Mapping[str, Any], after: Mapping[str, Any], absent: str = NOTHING
) -> tuple[Given, ...]:
    return tuple(
        Given(key, *_both(before.get(key, absent), after.get(key, absent)))
        for key in dict.fromkeys((*before, *after))
        if before.get(key) != after.get(key)
    )


def _both(before: Any, after: Any) -> tuple[str, str]:
    """Write two values; of two lists only the entries that the other lacks."""
    if isinstance(before, list) and isinstance(after, list):
        pairs = list(zip_longest(before, after))
        if sorted(map(str, before)) == sorted(map(str, after)):
            return _entries(before), _entries(after)
        return (
            _entries([one for one, _ in pairs if one is not None and one not in after]),
            _entries([other for _, other in pairs if other is not None and other not in before]),
        )
    return _text(before), _text(after)


def _entries(values: Sequence[Any]) -> str:
    shown = ", ".join(map(_text, values[:_MOST_ENTRIES])) or NOTHING
    more = len(values) - _MOST_ENTRIES
    return f"{shown} and {more} more" if more > 0 else shown


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, date | datetime | time):
        return value.isoformat()
    if isinstance(value, list):
        return _entries(value)
    return str(value)


def over_seeds(by_seed: Mapping[int, Sequence[Given]]) -> tuple[Given, ...]:
    """Say each difference once, with the pairs in which it is found."""
    seeds: dict[Given, list[int]] = {}
    for seed, found in by_seed.items():
        for given in found:
            seeds.setdefault(given, []).append(seed)
    return tuple(attrs.evolve(given, seeds=tuple(of)) for given, of in seeds.items())
