"""The licensed platform: its departments as SimPy processes, its register, its context."""

from typing import TYPE_CHECKING, Any

from sim.venue.register import Record, Register, Standing

if TYPE_CHECKING:
    from sim.venue.departments import start_departments
    from sim.venue.platform import Balances, EventLog, Platform

__all__ = [
    "Balances",
    "EventLog",
    "Platform",
    "Record",
    "Register",
    "Standing",
    "start_departments",
]


def __getattr__(name: str) -> Any:
    """Import the departments when they are asked for: whoever folds a log needs the register alone."""
    if name == "start_departments":
        from sim.venue.departments import start_departments

        return start_departments
    if name in __all__:
        from sim.venue import platform

        return getattr(platform, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
