"""Which program this is, so that a log that outlives it can say who wrote it."""

from functools import cache
from hashlib import blake2b
from pathlib import Path

import attrs

_FRONT_DESK = "cli"
"""The one room of `sim` whose sources cannot change what happens in a run."""
_DIGEST_BYTES = 8

_TEXT = attrs.validators.instance_of(str)


@attrs.frozen
class Program:
    """A state of the simulator: its released version, and a digest that tells states of one version apart."""

    version: str = attrs.field(validator=_TEXT)
    sources: str = attrs.field(validator=_TEXT)
    """Digest of the simulator's sources; hexadecimal."""

    def __str__(self) -> str:
        """Name the version: vatp 0.1.0."""
        return f"vatp {self.version}"


@cache
def this_program() -> Program:
    """Return the program that is running; its sources are read once."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        found = version("vatp-lab")
    except PackageNotFoundError:
        # A clone that was never installed: its sources still tell it apart.
        found = "unreleased"
    return Program(found, source_digest(Path(__file__).parent))


def source_digest(root: Path) -> str:
    """Digest every Python source below a package's folder but the front desk's, by relative path."""
    digest = blake2b(digest_size=_DIGEST_BYTES)
    for file in sorted(root.rglob("*.py")):
        relative = file.relative_to(root)
        if relative.parts[0] != _FRONT_DESK:
            digest.update(f"{relative.as_posix()}\n".encode())
            digest.update(file.read_bytes())
    return digest.hexdigest()


def origin(recorded: Program | None) -> str:
    """Say, for a record that this program cannot live again, which one can.

    Parameters
    ----------
    recorded
        The program that wrote the record; None where the record does not say.
    """
    now = this_program()
    if recorded is None:
        return f"the record does not say which vatp wrote it; this is {now}"
    if recorded.version != now.version:
        return f"it was recorded by {recorded} and this is {now}: only {recorded} is sure to live it again"
    if recorded.sources != now.sources:
        return (
            f"it was recorded by {recorded} with other sources ({recorded.sources}) than these "
            f"({now.sources}): only that state of the program is sure to live it again"
        )
    return (
        f"it was recorded by this very program, {now}: the record was made up, the machine erred, or a run "
        f"depends on more than its scenario and seed, which is a defect"
    )
