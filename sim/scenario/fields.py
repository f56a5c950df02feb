"""What one field of the scenario's classes takes: its kind of value and its limits.

The limits are those of the kind (`leaves`) unless the field's metadata says otherwise (`model.about`).
Reading checks them and the JSON Schema states them.
"""

from types import NoneType, UnionType
from typing import Any, get_args, get_origin

import attrs

from sim.problems import did_you_mean, shown
from sim.scenario.leaves import LEAVES, Leaf, WrongValue
from sim.units import Money

ABSENT: Any = object()
"""Stands for a value that is not there, or not valid."""


@attrs.frozen
class Limits:
    """Bounds of a field, in its own integer unit; None where there is none."""

    minimum: int | None = None
    maximum: int | None = None
    above: int | None = None
    asset: str | None = None
    choices: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    items: int = 0

    @classmethod
    def of(cls, attribute: "attrs.Attribute[Any]") -> "Limits":
        """Return a field's limits: its own where it has any, else those of its kind of value."""
        leaf = leaf_of(attribute.type)
        usual: dict[str, Any] = {}
        if leaf is not None:
            usual = {"minimum": leaf.minimum, "maximum": leaf.maximum, "above": leaf.above}
        own = {name: value for name, value in attribute.metadata.items() if name != "description"}
        if "above" in own or "minimum" in own:
            usual |= {"minimum": None, "above": None}
        return cls(**(usual | own))

    def check(self, value: Any, leaf: Leaf, written: object) -> None:
        """Refuse a value outside the limits.

        Raises
        ------
        WrongValue
            The value is not allowed; the message says what is.
        """
        if self.choices and value not in self.choices:
            hint = did_you_mean(str(value), self.choices, "choices")
            raise WrongValue(f"{shown(written)} is not one of the choices{hint}")
        if self.asset is not None and value.asset != self.asset:
            raise WrongValue(f"expected an amount in {self.asset}, got {shown(written)}")
        amount = value.amount_minor if isinstance(value, Money) else value
        expected = self.sentence(leaf)
        if (
            (self.minimum is not None and amount < self.minimum)
            or (self.maximum is not None and amount > self.maximum)
            or (self.above is not None and amount <= self.above)
        ):
            raise WrongValue(f"expected {leaf.name} {expected}, got {shown(written)}")

    def sentence(self, leaf: Leaf) -> str:
        """Say the bounds in the field's own notation: `from 0 % to 100 %`; empty without bounds."""

        def write(bound: int) -> str:
            return f"{leaf.write(Money(self.asset, bound) if self.asset else bound)}"

        if self.asset is None and leaf is LEAVES[Money]:
            return "not below zero" if self.minimum == 0 else ""
        parts = []
        if self.above is not None:
            parts.append(f"above {write(self.above) if self.above else 'zero'}")
        if self.minimum is not None:
            parts.append(
                f"from {write(self.minimum)}"
                if self.maximum
                else f"of at least {write(self.minimum)}"
            )
        if self.maximum is not None:
            parts.append(
                f"to {write(self.maximum)}"
                if self.minimum is not None
                else f"at most {write(self.maximum)}"
            )
        return " ".join(parts) if self.minimum is not None else " and ".join(parts)


def inner_type(kind: Any) -> Any:
    """Return the type of a field's values: `X | None` and `dict[str, X]` hold X."""
    if kind in LEAVES:
        return kind
    if isinstance(kind, UnionType) or NoneType in get_args(kind):
        return next(option for option in get_args(kind) if option is not NoneType)
    return get_args(kind)[1] if get_origin(kind) is dict else kind


def leaf_of(kind: Any) -> Leaf | None:
    """Return the kind of value a field holds, or None for tables and lists."""
    inner = inner_type(kind)
    return LEAVES.get(inner)


def default_of(attribute: "attrs.Attribute[Any]") -> Any:
    """Return a field's default value, or ABSENT."""
    default: Any = attribute.default
    if isinstance(default, attrs.Factory):  # type: ignore[arg-type]
        return default.factory()
    return ABSENT if default is attrs.NOTHING else default
