"""Keyed draws: the published generator, the same value everywhere, inverse transforms that are monotone."""

import ast
import statistics
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import sim.draws
from sim.compiled import kernel
from sim.draws import (
    Draws,
    PurposeError,
    categorical,
    exponential,
    lognormal,
    normal,
    pareto,
    philox4x32,
    purpose,
    uniform,
    uniform_pair,
)

ROOT = Path(__file__).parents[1]
GRID = 2.0**-53
keys = st.integers(0, 2**48 - 1)
seeds = st.integers(0, 2**63 - 1)
grid_uniforms = st.integers(0, 2**52 - 1).map(lambda cell: (2 * cell + 1) * GRID)

# Random123 1.14.0, tests/kat_vectors, lines "philox4x32 10": counter, key, result.
KNOWN_ANSWERS = [
    (
        "00000000 00000000 00000000 00000000 00000000 00000000",
        "6627e8d5 e169c58d bc57ac4c 9b00dbd8",
    ),
    (
        "ffffffff ffffffff ffffffff ffffffff ffffffff ffffffff",
        "408f276d 41c83b0e a20bc7c6 6d5451fd",
    ),
    (
        "243f6a88 85a308d3 13198a2e 03707344 a4093822 299f31d0",
        "d16cfe09 94fdcceb 5001e420 24126ea1",
    ),
]


@kernel
def _draw_inside_a_kernel(seed: int, code: int, count: int) -> np.ndarray:
    values = np.empty(count)
    for entity in range(count):
        values[entity] = normal(uniform(seed, code, entity, entity * 3))
    return values


@kernel
def _sample(seed: int, code: int, count: int) -> np.ndarray:
    values = np.empty(count)
    for entity in range(count):
        values[entity] = uniform(seed, code, entity, 0)
    return values


@pytest.mark.parametrize(("words", "expected"), KNOWN_ANSWERS)
def test_the_generator_gives_the_published_known_answers(words: str, expected: str) -> None:
    result = philox4x32(*(np.uint64(int(word, 16)) for word in words.split()))
    assert " ".join(f"{int(word):08x}" for word in result) == expected


def _philox_in_plain_integers(counter: list[int], key: list[int]) -> list[int]:
    """Philox4x32-10 from the paper's definition, in Python integers."""
    mask = 0xFFFFFFFF
    c, k = list(counter), list(key)
    for _ in range(10):
        first, second = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [(second >> 32) ^ c[1] ^ k[0], second & mask, (first >> 32) ^ c[3] ^ k[1], first & mask]
        k = [(k[0] + 0x9E3779B9) & mask, (k[1] + 0xBB67AE85) & mask]
    return c


@settings(deadline=None)
@given(seeds, st.integers(0, 2**31 - 1), keys, keys)
def test_a_draw_uses_the_counter_that_the_module_describes(
    seed: int, code: int, entity: int, occurrence: int
) -> None:
    mask = 0xFFFFFFFF
    words = _philox_in_plain_integers(
        [entity & mask, occurrence & mask, code, (entity >> 32) | ((occurrence >> 32) << 16)],
        [seed & mask, seed >> 32],
    )
    first = ((words[0] << 20) | (words[1] >> 12)) * 2 + 1
    second = ((words[2] << 20) | (words[3] >> 12)) * 2 + 1
    assert uniform_pair(seed, code, entity, occurrence) == (first * GRID, second * GRID)
    assert uniform(seed, code, entity, occurrence) == first * GRID


def test_python_and_a_kernel_draw_the_same_numbers_in_any_order() -> None:
    code = purpose("test.same")
    inside = _draw_inside_a_kernel(11, code, 50)
    outside = {n: Draws(11).normal("test.same", n, n * 3) for n in reversed(range(50))}
    assert inside.tolist() == [outside[n] for n in range(50)]


def test_another_process_with_another_hash_seed_draws_the_same_numbers() -> None:
    program = (
        "from sim.draws import Draws\n"
        "print([Draws(2**40 + 7).uniform('test.process', n, 2).hex() for n in range(5)])"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", program],
            cwd=ROOT,
            env={"PYTHONHASHSEED": hash_seed, "PATH": "", "HOME": str(Path.home())},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for hash_seed in ("1", "2")
    }
    here = [Draws(2**40 + 7).uniform("test.process", n, 2).hex() for n in range(5)]
    assert outputs == {str(here)}


def test_a_purpose_keeps_its_code_for_ever() -> None:
    # Recorded runs depend on these; a change here breaks every log ever written.
    assert purpose("people.arrival") == 1_258_572_195
    assert purpose("people.arrival") == purpose("people.arrival")


def test_two_purposes_with_one_code_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    code = purpose("people.arrival")
    monkeypatch.setattr(sim.draws, "_NAME_OF_CODE", {code: "somebody.else"})
    monkeypatch.setattr(sim.draws, "_CODE_OF_NAME", {})
    with pytest.raises(PurposeError, match=r"'somebody\.else' and 'people\.arrival'"):
        purpose("people.arrival")


def _purposes_in(source: Path) -> set[str]:
    """Literal purpose names of a file: purpose("...") and the first argument of Draws' methods."""
    calls = {"purpose", "uniform", "normal", "exponential_us", "lognormal_us", "chance"}
    names = set()
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            called = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if called in calls and isinstance(node.args[0].value, str):
                names.add(node.args[0].value)
    return names


def test_no_two_purposes_of_the_project_collide() -> None:
    # Names that are put together, such as one for each coin, are registered when their module loads.
    import_module("sim.world.reference")
    names = set().union(*(_purposes_in(file) for file in (ROOT / "sim").rglob("*.py")))
    names |= set(sim.draws._CODE_OF_NAME)
    assert len(names) >= 10, "the search for purposes finds too few: has the call changed its form?"
    assert len({purpose(name) for name in names}) == len(names)


@settings(deadline=None)
@given(seeds, keys, keys)
def test_a_uniform_draw_is_never_zero_and_never_one(
    seed: int, entity: int, occurrence: int
) -> None:
    u = uniform(seed, purpose("test.open"), entity, occurrence)
    assert 0.0 < u < 1.0
    assert (u / GRID) % 2 == 1.0


def test_the_extreme_uniform_draws_are_inside_the_interval_and_finite_everywhere() -> None:
    for u in (GRID, 1.0 - GRID):
        assert 0.0 < u < 1.0
        for value in (exponential(u, 1.0), normal(u), lognormal(u, 1.0, 1.0), pareto(u, 1.0, 1.5)):
            assert np.isfinite(value)
    assert normal(GRID) == -normal(1.0 - GRID)


@settings(deadline=None)
@given(grid_uniforms, grid_uniforms)
def test_every_transform_is_monotone_in_its_uniform(first: float, second: float) -> None:
    low, high = min(first, second), max(first, second)
    weights = np.array([1.0, 1.0, 3.5, 9.0])
    assert exponential(low, 3.0) <= exponential(high, 3.0)
    assert normal(low) <= normal(high)
    assert lognormal(low, 5.0, 1.2) <= lognormal(high, 5.0, 1.2)
    assert pareto(low, 8.0, 1.5) <= pareto(high, 8.0, 1.5)
    assert categorical(low, weights) <= categorical(high, weights)


@settings(deadline=None)
@given(st.integers(0, 2**52 - 2), st.sampled_from(["exponential", "normal", "lognormal", "pareto"]))
def test_neighbouring_uniforms_never_swap(cell: int, name: str) -> None:
    transform = {
        "exponential": lambda u: exponential(u, 3.0),
        "normal": normal,
        "lognormal": lambda u: lognormal(u, 5.0, 1.2),
        "pareto": lambda u: pareto(u, 8.0, 1.5),
    }[name]
    assert transform((2 * cell + 1) * GRID) <= transform((2 * cell + 3) * GRID)


@settings(deadline=None)
@given(grid_uniforms)
def test_the_normal_transform_agrees_with_the_standard_librarys(u: float) -> None:
    assert normal(u) == pytest.approx(statistics.NormalDist().inv_cdf(u), rel=1e-14, abs=1e-15)


@settings(deadline=None)
@given(grid_uniforms)
def test_the_transforms_invert_scipys_distribution_functions(u: float) -> None:
    assert exponential(u, 2.5) == pytest.approx(stats.expon.ppf(u, scale=2.5), rel=1e-9)
    assert pareto(u, 8.0, 1.5) == pytest.approx(stats.pareto.ppf(u, 1.5, scale=8.0), rel=1e-9)
    assert lognormal(u, 4.0, 0.7) == pytest.approx(stats.lognorm.ppf(u, 0.7, scale=4.0), rel=1e-9)


def test_many_draws_are_uniform_and_neighbouring_keys_are_independent() -> None:
    for code in (purpose("test.many"), purpose("test.many.other")):
        sample = _sample(3, code, 200_000)
        assert stats.kstest(sample, "uniform").pvalue > 1e-3
        assert abs(np.corrcoef(sample[:-1], sample[1:])[0, 1]) < 0.01
    first = _sample(3, purpose("test.many"), 200_000)
    for other in (_sample(4, purpose("test.many"), 200_000), sample):
        assert abs(np.corrcoef(first, other)[0, 1]) < 0.01


def test_categories_come_in_the_shares_of_their_weights_and_never_with_weight_zero() -> None:
    cumulative = np.array([0, 550, 550, 795, 904, 1000])
    sample = _sample(5, purpose("test.categorical"), 100_000)
    drawn = np.bincount([categorical(u, cumulative) for u in sample], minlength=6)
    assert drawn[0] == drawn[2] == 0
    weights = np.array([550, 245, 109, 96]) / 1000
    assert stats.chisquare(drawn[[1, 3, 4, 5]], weights * len(sample)).pvalue > 1e-3
    assert categorical(1.0 - GRID, cumulative) == 5
    assert categorical(GRID, np.array([1.0])) == 0


def test_durations_are_whole_microseconds_of_at_least_one() -> None:
    draws = Draws(1)
    spans = [draws.exponential_us("test.span", n, 0, 1) for n in range(200)]
    assert all(isinstance(span, int) for span in spans)
    assert min(spans) == 1
    means = np.mean([draws.exponential_us("test.mean", n, 0, 1_000_000) for n in range(40_000)])
    assert means == pytest.approx(1_000_000, rel=0.03)
    medians = np.median([draws.lognormal_us("test.median", n, 0, 900, 0.8) for n in range(40_000)])
    assert medians == pytest.approx(900, rel=0.03)


@settings(deadline=None)
@given(st.integers(0, 1_000_000), st.integers(0, 1_000_000), keys)
def test_a_larger_share_only_adds_to_those_for_whom_it_happens(
    first: int, second: int, entity: int
) -> None:
    draws = Draws(9)
    small, large = min(first, second), max(first, second)
    assert draws.chance("test.chance", entity, 0, small) <= draws.chance(
        "test.chance", entity, 0, large
    )
    assert not draws.chance("test.chance", entity, 0, 0)
    assert draws.chance("test.chance", entity, 0, 1_000_000)
