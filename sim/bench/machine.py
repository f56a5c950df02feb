"""What a measurement was made on; a figure without it says little."""

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import attrs

_LIBRARIES = ("vatp-lab", "numba", "llvmlite", "numpy")


@attrs.frozen
class Machine:
    """The machine and the software on it."""

    cores: int
    """Cores this process may use."""
    processor: str
    system: str
    python: str
    versions: dict[str, str]
    load: float | None
    """Mean number of processes at work in the last minute, at the beginning."""

    def line(self) -> str:
        """Say it in one line."""
        parts = [
            f"{self.cores} core{'s' if self.cores != 1 else ''}",
            self.processor,
            self.system,
            self.python,
            *(f"{name} {number}" for name, number in self.versions.items()),
        ]
        if self.load is not None:
            parts.append(f"load {self.load:.2f}")
        return ", ".join(parts)


def this_machine() -> Machine:
    """Look at the machine this runs on."""
    return Machine(
        cores=_cores(),
        processor=_processor(),
        system=f"{platform.system()} {platform.release()} {platform.machine()}",
        python=f"{platform.python_implementation()} {platform.python_version()}",
        versions={name: found for name in _LIBRARIES if (found := installed(name)) is not None},
        load=os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
    )


def installed(distribution: str) -> str | None:
    """Return the version of a distribution; None if it is not installed."""
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _processor() -> str:
    """Return the processor's name: from the kernel where it tells, as `platform` often does not know."""
    described = Path("/proc/cpuinfo")
    if described.exists():
        for line in described.read_text(encoding="utf-8", errors="replace").splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return value.strip()
    return platform.processor() or "unknown processor"
