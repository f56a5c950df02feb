"""A small real run with every order event in its log, and what its kernel says at the end."""

from pathlib import Path

from sim.run import run
from sim.scenario import load

SETTINGS = (
    "horizon.start=2023-08-25",
    "horizon.end=2023-09-15",
    "world.population.prospects=120",
    "world.population.trade_interval=12 h",
    "world.market_makers=[{name='maker-1', requote_interval='1 h'}]",
    "world.arbitrageurs=[]",
    "world.sample_interval=1 h",
    'rule.onb.exposure_limit="5 %"',
)
"""Three weeks around the retail opening; a slow maker, and a limit low enough to refuse orders."""


def traced_run(folder: Path, log_level: str = "full") -> Path:
    """Run it and return its folder."""
    loaded = load("hk-retail-2023", settings=(*SETTINGS, f"log_level={log_level}"))
    return run(loaded, seed=3, run_dir=folder).run_dir
