"""Scenario files: read into objects with every mistake at once, laid over each other, written back."""

from sim.problems import Problem
from sim.scenario.checker import check
from sim.scenario.files import shipped
from sim.scenario.forking import load_fork
from sim.scenario.loader import Loaded, load
from sim.scenario.places import note_places, noted_places, places_of, price_setting
from sim.scenario.problems import ScenarioErrors
from sim.scenario.resolved import digest, dump, read_as_written_by
from sim.scenario.schema import schema

__all__ = [
    "Loaded",
    "Problem",
    "ScenarioErrors",
    "check",
    "digest",
    "dump",
    "load",
    "load_fork",
    "note_places",
    "noted_places",
    "places_of",
    "price_setting",
    "read_as_written_by",
    "schema",
    "shipped",
]
