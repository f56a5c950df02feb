"""The results as a picture: commands a second on every stream, ours beside the others."""

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from sim.bench.contender import Kind
from sim.bench.errors import BenchError
from sim.bench.suite import Results, StreamResult

FORMATS = ("svg", "png", "html")
_NEEDED = {"altair": "altair", "vl_convert": "vl-convert-python"}
_EXTRA = "pip install 'vatp-lab[charts]'"

_LABELS = {
    Kind.OURS: "the matching core",
    Kind.PLAIN: "plain Python book",
    Kind.PEER: "other books",
}
_COLOURS = ("#1f5fa8", "#777777", "#d1731c")
_WIDTH, _STEP = 330, 19


def check_chart(path: Path) -> None:
    """See before the measuring that a chart can be drawn afterwards.

    Raises
    ------
    BenchError
        The file's name does not end in a format, its folder does not exist, or a library is missing.
    """
    if path.suffix.lstrip(".").lower() not in FORMATS:
        wanted = ", ".join(f".{suffix}" for suffix in FORMATS)
        raise BenchError(f"{path}: a chart's file ends in one of {wanted}")
    if not path.parent.is_dir():
        raise BenchError(f"{path.parent}: no such folder for the chart")
    missing = [name for module, name in _NEEDED.items() if find_spec(module) is None]
    if missing:
        raise BenchError(f"a chart needs {' and '.join(missing)}: {_EXTRA}")


def write_chart(results: Results, path: Path) -> None:
    """Draw the results into a file; HTML holds all it needs to be shown offline.

    Raises
    ------
    BenchError
        See `check_chart`.
    """
    check_chart(path)
    made = draw_chart(results)
    if path.suffix.lower() == ".html":
        made.save(str(path), inline=True)
    else:
        made.save(str(path), scale_factor=2.0 if path.suffix.lower() == ".png" else 1.0)


def draw_chart(results: Results) -> Any:
    """Return the chart: a panel a stream, a line a contender, on a logarithmic scale."""
    # Loaded by name: an extra, which the commands without a chart do without.
    altair = import_module("altair")
    rows = [chart_rows(result) for result in results.streams]
    slowest = min((row["least"] for panel in rows for row in panel), default=0.1)
    fastest = max((row["most"] for panel in rows for row in panel), default=1.0)
    # One scale for all panels, with room for the labels.
    domain = [slowest / 1.3, fastest * 2.5]
    panels = [
        _panel(altair, result, shown, domain)
        for result, shown in zip(results.streams, rows, strict=True)
    ]
    title = altair.TitleParams(
        "Commands a second, in millions",
        subtitle=[
            "Median and range of the runs; every book executes the same commands from an empty start. Log scale.",
            results.machine.line(),
        ],
        anchor="start",
        fontSize=16,
        subtitleColor="#555555",
        offset=14,
    )
    chart = altair.concat(*panels, columns=2, spacing=26).properties(title=title)
    return (
        chart.resolve_scale(color="shared")
        .configure_view(strokeWidth=0)
        .configure_axis(labelFontSize=11, titleFontSize=11, labelLimit=200)
        .configure_legend(orient="bottom", title=None, labelFontSize=12)
    )


def _panel(
    altair: Any, result: StreamResult, rows: list[dict[str, Any]], domain: list[float]
) -> Any:
    names = [row["contender"] for row in rows]
    y = altair.Y("contender:N", sort=names, title=None, axis=altair.Axis(ticks=False, domain=False))
    scale = altair.Scale(type="log", domain=domain, nice=False)
    axis = altair.Axis(gridColor="#e6e6e6", format="~g", tickCount=5, labelFlush=False)
    colour = altair.Color(
        "book:N", scale=altair.Scale(domain=list(_LABELS.values()), range=list(_COLOURS))
    )
    base = altair.Chart(altair.Data(values=rows))
    x = altair.X("median:Q", scale=scale, axis=axis, title=None)
    spread = base.mark_rule(strokeWidth=2, opacity=0.55).encode(
        x=altair.X("least:Q", scale=scale, axis=axis, title=None), x2="most:Q", y=y, color=colour
    )
    points = base.mark_point(filled=True, size=70, opacity=1).encode(x=x, y=y, color=colour)
    labels = base.mark_text(align="left", dx=8, fontSize=11).encode(
        x=altair.X("most:Q", scale=scale, axis=axis, title=None), y=y, text="label:N", color=colour
    )
    title = f"{result.workload.name} ({len(result.workload):,} commands)"
    return (spread + points + labels).properties(
        width=_WIDTH,
        height=_STEP * max(len(rows), 1),
        title=altair.TitleParams(title, anchor="start"),
    )


def chart_rows(result: StreamResult) -> list[dict[str, Any]]:
    """Return what a panel shows, fastest first; millions of commands a second."""
    commands = len(result.workload)
    rows = [
        {
            "contender": timing.contender.name,
            "book": _LABELS[timing.contender.kind],
            "median": commands / timing.median_s / 1e6,
            "least": commands / max(timing.seconds) / 1e6,
            "most": commands / min(timing.seconds) / 1e6,
            "label": f"{commands / timing.median_s / 1e6:.3g}"
            + (" wrong result" if timing.is_wrong else ""),
        }
        for timing in result.timings
        if timing.median_s is not None
    ]
    return sorted(rows, key=lambda row: -float(str(row["median"])))
