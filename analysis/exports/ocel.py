"""Onboarding and admission as an object-centric event log (OCEL 2.0, JSON), for process mining.

Events are those of onboarding, the first transfer and admission, and the changes of their rules. Objects are
clients, their applications, deposits until the account is active, tokens, pairs and rules; what changes over
time (a client's limit, a rule's value, a pair's status for a class) is a dated attribute of its object, and
what never changes (a token's decimals, a rule's title) is dated at the start of the run. Columns keep the
log's names, which end in their units. An event's id is its seq.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

import attrs

from sim.events import KINDS, Event, kind_name, schema_of
from sim.events.codes import ClientClass, Code
from sim.journal import RunLog
from sim.rules import Regime
from sim.rules.model import NOT_IN_FORCE
from sim.units import ASSETS, INSTRUMENTS, from_us

_DEPARTMENTS = frozenset({"onboarding", "admission"})
_DEPOSITS = ("deposit_instructed", "deposit_credited", "deposit_refused")
_ALSO = (*_DEPOSITS, "pair_opened", "rule_changed")
"""Kinds of other departments that belong to the story."""
_RULES = ("onb.", "tok.")
"""Beginnings of the rules of onboarding and admission."""

_TYPES: dict[Any, str] = {"int64": "integer", "string": "string", "bool": "boolean"}

_OBJECT_TYPES: dict[str, dict[str, str]] = {
    "client": {
        "client_class": "string",
        "net_worth_minor": "integer",
        "risk_class": "string",
        "limit_minor": "integer",
        "standing": "string",
    },
    "application": {"attempt": "integer", "outcome": "string"},
    "deposit": {"rail": "string", "asset": "string", "amount_minor": "integer"},
    "token": {
        "decimals": "integer",
        **{f"menu_{member.name.lower()}": "string" for member in ClientClass},
    },
    "pair": {
        "base": "string",
        "quote": "string",
        **{f"status_{member.name.lower()}": "string" for member in ClientClass},
    },
    "rule": {"title": "string", "unit": "string", "value": "string", "status": "string"},
}
"""Types of objects with the types of their attributes."""

_TELLS: dict[str, tuple[str, ...]] = {
    "prospect_arrived": ("client_class", "net_worth_minor"),
    "account_opened": ("client_class",),
    "risk_profiled": ("risk_class",),
    "exposure_limit_set": ("limit_minor",),
}
"""Columns that say something new about the client."""
_STANDING = {
    "application_submitted": "applying",
    "application_refused": "refused",
    "prospect_left": "left",
    "account_opened": "account",
    "client_activated": "active",
}
_ENDS = frozenset({"application_refused", "prospect_left", "client_activated"})
"""Kinds with which an application ends; the standing after it is its outcome."""


@attrs.define
class _Object:
    """An object as it grows: dated attributes and related objects."""

    id: str
    type: str
    attributes: list[dict[str, Any]] = attrs.field(factory=list)
    relationships: dict[str, str] = attrs.field(factory=dict)
    """Qualifier by the related object's id."""

    def tell(self, time: str, **values: Any) -> None:
        """Give attributes values from a time on; of several at one instant the last counts."""
        self.attributes = [
            told for told in self.attributes if told["time"] != time or told["name"] not in values
        ]
        self.attributes += [
            {"name": name, "value": value, "time": time} for name, value in values.items()
        ]

    def document(self) -> dict[str, Any]:
        """Return the object as OCEL writes it."""
        return {
            "id": self.id,
            "type": self.type,
            "attributes": self.attributes,
            "relationships": _relationships(self.relationships),
        }


def write_ocel(log: RunLog, path: Path, regime: Regime | None = None) -> int:
    """Write onboarding and admission as OCEL 2.0 JSON; returns the number of events.

    Events are written as they are read; objects, of which there are a few a client, are kept.

    Parameters
    ----------
    log
        The run.
    path
        The file.
    regime
        The rules of the run, for their values from its start on; without them a rule has the values alone
        that it took later.

    Raises
    ------
    JournalError, OSError
        The log cannot be read, or the file cannot be written.
    """
    kinds = [kind for kind in _kinds() if log.rows(kind)]
    objects = _Objects(_start_us(log), regime)
    count = 0
    with path.open("w", encoding="utf-8") as file:
        file.write("{\n")
        _write_list(file, "eventTypes", map(_event_type, kinds))
        _write_list(file, "objectTypes", map(_object_type, _OBJECT_TYPES))
        file.write('"events": [')
        for seq, event in log.events_of(kinds):
            related = objects.follow(event)
            if related:
                file.write("\n" if count == 0 else ",\n")
                file.write(_dumped(_event(seq, event, related)))
                count += 1
        file.write("\n],\n")
        _write_list(file, "objects", (found.document() for found in objects.all()), last=True)
        file.write("}\n")
    return count


def _start_us(log: RunLog) -> int:
    """Return when the run began, by its header or its first event."""
    first_us = log.segments[0].first_time_us if log.segments else 0
    return int(log.header.get("start_us", first_us))


def _kinds() -> list[str]:
    """Return the kinds of the story: a department's later kinds come with it."""
    return [
        kind
        for kind, event_class in KINDS.items()
        if event_class.department in _DEPARTMENTS or kind in _ALSO
    ]


class _Objects:
    """The objects of the log so far, and which of them an event is about."""

    def __init__(self, start_us: int, regime: Regime | None) -> None:
        self._start_us = start_us
        self._regime = regime
        self._objects: dict[str, _Object] = {}
        self._applications: dict[int, str] = {}
        """Application on its way, by client."""
        self._active: set[int] = set()

    def all(self) -> Iterator[_Object]:
        """Yield every object in order of appearance."""
        yield from self._objects.values()

    def follow(self, event: Event) -> dict[str, str]:
        """Take an event in; return the objects it is about with their qualifiers, none if it is left out."""
        kind, values, time = kind_name(type(event)), _plain(event), _time(event.time_us)
        if kind == "rule_changed" and not event.rule.startswith(_RULES):
            return {}
        client = values.get("client")
        if kind in _DEPOSITS and (
            f"client-{client}" not in self._objects or client in self._active
        ):
            return {}
        related: dict[str, str] = {}
        if client is not None:
            related |= self._client(kind, values, time)
        if kind in _DEPOSITS:
            related |= self._deposit(values, time)
        if "token" in values:
            related |= self._token(values, time)
        if "instrument" in values:
            related |= self._pair(values, time)
        if event.rule:
            related |= self._rule(kind, event.rule, values, time)
        return related

    def _get(self, object_type: str, name: object) -> _Object:
        key = f"{object_type}-{name}"
        return self._objects.setdefault(key, _Object(key, object_type))

    def _client(self, kind: str, values: Mapping[str, Any], time: str) -> dict[str, str]:
        number = values["client"]
        person = self._get("client", number)
        person.tell(time, **{name: values[name] for name in _TELLS.get(kind, ())})
        if kind in _STANDING:
            person.tell(time, standing=_STANDING[kind])
        if kind == "application_submitted":
            application = self._get("application", f"{number}-{values['attempt']}")
            application.tell(time, attempt=values["attempt"])
            application.relationships[person.id] = "applicant"
            self._applications[number] = application.id
        related = {person.id: "client"}
        if number in self._applications:
            related[self._applications[number]] = "application"
        if kind in _ENDS and number in self._applications:
            self._objects[self._applications.pop(number)].tell(time, outcome=_STANDING[kind])
        if kind == "client_activated":
            self._active.add(number)
        return related

    def _deposit(self, values: Mapping[str, Any], time: str) -> dict[str, str]:
        deposit = self._get("deposit", values["deposit"])
        if not deposit.attributes:
            deposit.tell(time, **{name: values[name] for name in _OBJECT_TYPES["deposit"]})
            deposit.relationships[f"client-{values['client']}"] = "sender"
        return {deposit.id: "deposit"}

    def _token(self, values: Mapping[str, Any], time: str) -> dict[str, str]:
        token = self._coin(values["token"])
        if "client_class" in values:
            token.tell(time, **{f"menu_{values['client_class']}": "listed"})
        return {token.id: "token"}

    def _coin(self, code: str) -> _Object:
        token = self._get("token", code)
        if not token.attributes and code in ASSETS:
            token.tell(_time(self._start_us), decimals=ASSETS[code].decimals)
        return token

    def _pair(self, values: Mapping[str, Any], time: str) -> dict[str, str]:
        named = INSTRUMENTS[values["instrument"]]
        pair = self._get("pair", named.symbol)
        if not pair.attributes:
            pair.tell(_time(self._start_us), base=named.base, quote=named.quote)
        token = self._coin(named.base)
        pair.relationships[token.id] = "base"
        if "status" in values and "client_class" in values:
            pair.tell(time, **{f"status_{values['client_class']}": values["status"]})
        return {pair.id: "pair", token.id: "base"}

    def _rule(self, kind: str, name: str, values: Mapping[str, Any], time: str) -> dict[str, str]:
        rule = self._get("rule", name)
        if not rule.attributes:
            rule.tell(_time(self._start_us), **self._at_start(name))
        if kind == "rule_changed":
            rule.tell(time, value=values["value"], status=values["status"])
        return {rule.id: "rule"}

    def _at_start(self, name: str) -> dict[str, str]:
        """Return what a rule was when the run began; nothing where the rules of the run are not known."""
        rule = self._regime.rules.get(name) if self._regime else None
        if rule is None:
            return {}
        known = {"title": rule.title, "unit": rule.unit}
        value = rule.at(self._start_us)
        if value is None:
            return known | {"value": NOT_IN_FORCE}
        return known | {"value": value.text, "status": value.status}


def _plain(event: Event) -> dict[str, Any]:
    """Return an event's columns as JSON values; codes and yes or no become words, as the schema asks."""
    found: dict[str, Any] = {}
    for field in attrs.fields(type(event)):
        value = getattr(event, field.name)
        if isinstance(value, Code):
            value = value.name.lower()
        elif isinstance(value, bool):
            value = str(value).lower()
        found[field.name] = value
    return found


def _event(seq: int, event: Event, related: Mapping[str, str]) -> dict[str, Any]:
    attributes = {name: value for name, value in _plain(event).items() if name != "time_us"}
    return {
        "id": str(seq),
        "type": kind_name(type(event)),
        "time": _time(event.time_us),
        "attributes": [{"name": name, "value": value} for name, value in attributes.items()],
        "relationships": _relationships(related),
    }


def _relationships(related: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"objectId": key, "qualifier": qualifier} for key, qualifier in related.items()]


def _event_type(kind: str) -> dict[str, Any]:
    columns = (
        column for column in schema_of(kind).columns if column.name not in {"seq", "time_us"}
    )
    return _named(
        kind,
        {
            column.name: "string" if isinstance(column.type, tuple) else _TYPES[column.type]
            for column in columns
        },
    )


def _object_type(name: str) -> dict[str, Any]:
    return _named(name, _OBJECT_TYPES[name])


def _named(name: str, attributes: Mapping[str, str]) -> dict[str, Any]:
    columns = [{"name": column, "type": kind} for column, kind in attributes.items()]
    return {"name": name, "attributes": columns}


def _time(time_us: int) -> str:
    """Write an instant in Hong Kong time as ISO 8601 with its offset, always to the microsecond."""
    return from_us(time_us).isoformat(timespec="microseconds")


def _write_list(
    file: IO[str], name: str, documents: Iterator[dict[str, Any]], *, last: bool = False
) -> None:
    """Write a named list, an entry a line."""
    file.write(f'"{name}": [')
    for place, document in enumerate(documents):
        file.write(("\n" if place == 0 else ",\n") + _dumped(document))
    file.write("\n]\n" if last else "\n],\n")


def _dumped(document: Mapping[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
