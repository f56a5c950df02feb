"""What every event carries, and how a class becomes a table.

The envelope is `seq` (given by the journal, gap-free over the whole run and the only order that counts),
`time_us`, `cause` (the seq of the event that led to this one, 0 where nothing in the log did) and `rule`
(the id of the rule that refused or limited, empty elsewhere). The remaining fields are the payload: one
typed column each.
"""

import re
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeVar, dataclass_transform

import attrs

from sim.events.codes import Code

T = TypeVar("T")

ColumnType = Literal["int64", "string", "bool"] | tuple[str, ...]
"""A tuple lists the allowed names of an enumeration, in the order of their codes."""

_PYTHON_TYPES: dict[type, Literal["int64", "string", "bool"]] = {
    int: "int64",
    str: "string",
    bool: "bool",
}


@attrs.frozen
class Column:
    """One column of a kind's table."""

    name: str
    type: ColumnType
    description: str = ""


@attrs.frozen
class Schema:
    """The table of one kind: its name, version, department and columns (seq first)."""

    kind: str
    version: int
    department: str
    columns: tuple[Column, ...]


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(attrs.field,))
def _record(envelope: type[T]) -> type[T]:
    return attrs.frozen(kw_only=True)(envelope)


# The same decorator semantics as for the kinds, so that type checkers see the envelope's fields.
@_record
class Event:
    """An immutable fact. Subclasses are the kinds; the docstring of each says what happened."""

    version: ClassVar[int] = 1
    department: ClassVar[str] = ""
    plane: ClassVar[Literal["control", "order"]] = "control"

    if TYPE_CHECKING:
        __attrs_attrs__: ClassVar[Any]

    time_us: int
    cause: int = 0
    rule: str = ""


E = TypeVar("E", bound=Event)

KINDS: dict[str, type[Event]] = {}
"""Every kind by name, in the order the modules define them."""

_SCHEMAS: dict[str, Schema] = {}


def kind_name(kind: type[Event]) -> str:
    """Return the kind's name in the log: ClientActivated is `client_activated`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", kind.__name__).lower()


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(attrs.field,))
def event(kind: type[E]) -> type[E]:
    """Register an event class as a kind."""
    frozen = attrs.frozen(kw_only=True)(kind)
    name = kind_name(frozen)
    if name in KINDS:
        raise ValueError(f"event kind {name} is defined twice")
    KINDS[name] = frozen
    _SCHEMAS[name] = Schema(name, frozen.version, frozen.department, _columns(frozen))
    return frozen


def _columns(kind: type[Event]) -> tuple[Column, ...]:
    seq = Column("seq", "int64", "place in the run, gap-free from 1")
    return (seq, *(Column(field.name, _column_type(field)) for field in attrs.fields(kind)))


def _column_type(field: "attrs.Attribute[Any]") -> ColumnType:
    if field.type in _PYTHON_TYPES:
        return _PYTHON_TYPES[field.type]
    if isinstance(field.type, type) and issubclass(field.type, Code):
        return tuple(member.name.lower() for member in field.type)
    raise TypeError(f"field {field.name}: a column is int, str, bool or a Code, not {field.type}")


def schema_of(kind: str) -> Schema:
    """Return the table of a kind by its name; raises KeyError for an unknown kind."""
    return _SCHEMAS[kind]
