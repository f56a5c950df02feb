"""The chart: what it shows, and what it says where it cannot be drawn."""

from pathlib import Path

import pytest

from sim.bench import chart
from sim.bench.chart import FORMATS, chart_rows, check_chart, write_chart
from sim.bench.errors import BenchError
from sim.bench.roster import choose
from sim.bench.suite import Results, Settings, run_suite


@pytest.fixture(scope="module")
def results() -> Results:
    """A small measurement of our own."""
    settings = Settings(streams=("mixed", "deep"), rounds=2, commands=500)
    return run_suite(settings, choose(["batch", "orders", "plain"]))


def test_a_panel_shows_everyone_fastest_first_in_millions(results: Results) -> None:
    for result in results.streams:
        rows = chart_rows(result)
        assert {row["contender"] for row in rows} == {"batch", "orders", "plain"}
        medians = [row["median"] for row in rows]
        assert medians == sorted(medians, reverse=True)
        for row in rows:
            assert 0 < row["least"] <= row["median"] <= row["most"]
            assert float(row["label"]) == pytest.approx(row["median"], rel=0.01)


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_chart_is_written_in_every_format(results: Results, suffix: str, tmp_path: Path) -> None:
    pytest.importorskip("altair")
    pytest.importorskip("vl_convert")
    path = tmp_path / f"bench.{suffix}"
    write_chart(results, path)
    content = path.read_bytes()
    if suffix == "png":
        assert content.startswith(b"\x89PNG")
        return
    for word in (b"batch", b"orders", b"plain", b"mixed (500 commands)"):
        assert word in content
    # Nothing is fetched when it is looked at.
    assert b"cdn." not in content


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("bench.pdf", "bench.pdf: a chart's file ends in one of .svg, .png, .html"),
        ("nowhere/bench.svg", "nowhere: no such folder for the chart"),
    ],
)
def test_a_file_that_cannot_be_is_refused(name: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(BenchError) as caught:
        check_chart(tmp_path / name)
    assert str(caught.value).endswith(says)


def test_without_the_libraries_the_extra_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chart, "find_spec", lambda _module: None)
    with pytest.raises(BenchError) as caught:
        check_chart(tmp_path / "bench.svg")
    assert str(caught.value) == (
        "a chart needs altair and vl-convert-python: pip install 'vatp-lab[charts]'"
    )
