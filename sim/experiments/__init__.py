"""Many runs: seeds, tasks in parallel processes, paired comparisons.

Nothing here imports Polars, numba or the simulator until a run starts: a worker process imports this
package first and must be able to limit their threads before they are loaded.
"""

from sim.experiments.batch import run_batch
from sim.experiments.comparing import Comparison, run_comparison, variant_files
from sim.experiments.errors import ExperimentError
from sim.experiments.recorded import RecordedComparison, compare_recorded, holds_runs
from sim.experiments.seeds import parse_seeds
from sim.experiments.shared_past import Departure, SharedPast
from sim.experiments.tasks import Failed, Finished, Result, Source, Task
from sim.experiments.worlds import Given

__all__ = [
    "Comparison",
    "Departure",
    "ExperimentError",
    "Failed",
    "Finished",
    "Given",
    "RecordedComparison",
    "Result",
    "SharedPast",
    "Source",
    "Task",
    "compare_recorded",
    "holds_runs",
    "parse_seeds",
    "run_batch",
    "run_comparison",
    "variant_files",
]
