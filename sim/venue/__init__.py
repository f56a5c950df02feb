"""The licensed platform: its departments as SimPy processes, its register, its context."""

from sim.venue.departments import start_departments
from sim.venue.platform import Balances, EventLog, Platform
from sim.venue.register import Record, Register, Standing

__all__ = [
    "Balances",
    "EventLog",
    "Platform",
    "Record",
    "Register",
    "Standing",
    "start_departments",
]
