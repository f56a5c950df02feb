"""`vatp bench`: the core is timed, its work asserted, and everything else is said in a sentence."""

import json
from pathlib import Path

import pytest

from sim.bench.doors import OrdersRunner
from sim.bench.streams import DEFAULT_SEED, STREAMS
from sim.bench.workload import make_workload
from tests.cli.conftest import Vatp

SMALL = ("bench", "--commands", "600", "--rounds", "2", "--contenders", "batch,orders,plain")


def test_a_measurement_is_a_table_with_the_work_asserted(vatp: Vatp) -> None:
    answer = vatp(*SMALL, "--streams", "mixed,deep")
    assert answer.code == 0
    lines = answer.out.splitlines()
    assert lines[0].startswith("machine    ")
    assert "CPython" in lines[0]
    assert lines[1].startswith("method     2 rounds side by side")
    assert "garbage collector on" in lines[1]
    found = {line.split()[0]: line for line in lines[2:] if line.split()}
    fills = make_workload("mixed", DEFAULT_SEED, 600).outcome.fills
    assert f"mixed: 600 commands, {fills} fills" in answer.out
    assert "deep: 600 commands, 0 fills" in answer.out
    for name in ("batch", "orders", "plain"):
        assert sum(line.startswith(f"{name} ") for line in lines) == 2
        assert found[name].rstrip().endswith("every fill")
    assert found["plain"].count("x (") == 2


def test_quick_measures_every_stream_and_everyone_installed(vatp: Vatp) -> None:
    answer = vatp("bench", "--quick", "--commands", "300", "--rounds", "1", "--json", "-")
    assert answer.code == 0
    document = answer.document
    assert [stream["name"] for stream in document["streams"]] == list(STREAMS)
    assert document["settings"]["rounds"] == 1
    assert document["defects"] == []
    assert set(document["machine"]) >= {"cores", "processor", "python", "versions", "load"}
    for stream in document["streams"]:
        assert stream["commands"] == 300
        for contender in stream["contenders"]:
            if contender["kind"] == "peer":
                continue
            assert contender["differences"] == []
            assert contender["failure"] is None
            assert "checksum" in contender["verified"]
            assert contender["commands_per_s"] > 0
            for ratio in contender["time_ratios"].values():
                assert 0 < ratio["least"] <= ratio["median"] <= ratio["most"]


def test_the_document_goes_to_a_file_beside_the_table(vatp: Vatp, tmp_path: Path) -> None:
    path = tmp_path / "bench.json"
    answer = vatp(*SMALL, "--streams", "amend", "--json", path)
    assert answer.code == 0
    assert answer.out.startswith("machine ")
    document = json.loads(path.read_text(encoding="utf-8"))
    (stream,) = document["streams"]
    assert len(stream["outcome"]["checksum"]) == 16
    assert [contender["name"] for contender in stream["contenders"]] == ["batch", "orders", "plain"]


def test_the_full_set_of_rules_is_measured_beside_none(vatp: Vatp) -> None:
    words = (
        "bench",
        "--rules",
        "full",
        "--streams",
        "sparse",
        "--commands",
        "5000",
        "--rounds",
        "1",
    )
    answer = vatp(*words)
    assert answer.code == 0
    assert "sparse: 5,000 commands, 5,100 with all rules" in answer.out
    assert "stops triggered" in answer.out
    document = vatp(*words, "--json", "-").document
    assert document["rules"] == "full"
    assert document["defects"] == []


def test_wrong_work_of_our_own_is_exit_code_1(vatp: Vatp, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = OrdersRunner.report
    monkeypatch.setattr(
        OrdersRunner, "report", lambda self, kept: {**honest(self, kept), "resting_orders": 1}
    )
    answer = vatp(*SMALL, "--streams", "mixed")
    assert answer.code == 1
    resting = make_workload("mixed", DEFAULT_SEED, 600).outcome.resting_orders
    said = f"differs: resting orders 1, expected {resting}"
    assert said in " ".join(answer.out.split())
    assert f"wrong: mixed: orders: {said}" in answer.err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--streams", "mixt"), "no stream 'mixt'; did you mean 'mixed'?"),
        (("--streams", "zzz"), "no stream 'zzz'; expected some of mixed, amend, deep"),
        (("--streams", ","), "--streams: expected names with commas between"),
        (("--contenders", "batsh"), "no contender 'batsh'; did you mean 'batch'?"),
        (("--contenders", "nanobook"), "contender nanobook cannot take part: never returns"),
        (("--rounds", "0"), "Must be >= 1"),
        (("--commands", "0"), "Must be >= 1"),
        (("--rules", "ful"), "ful"),
        (("--json", "nowhere/bench.json"), "--json: nowhere: no such folder"),
        (("--json", "."), "--json: . is a folder"),
        (("--json", "--quick"), "--json needs a value, not --quick"),
        (("--plot", "bench.pdf"), "bench.pdf: a chart's file ends in one of"),
        (("--rules", "full", "--contenders", "batch"), "--rules full: has no other contenders"),
    ],
)
def test_what_cannot_be_measured_is_said_before_anything_runs(
    words: tuple[str, ...],
    says: str,
    vatp: Vatp,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    answer = vatp("bench", *words)
    assert answer.code == 2
    assert says in answer.err
    assert answer.out == "" or "--json" in words
    assert "Traceback" not in answer.err
    assert list(tmp_path.iterdir()) == []
