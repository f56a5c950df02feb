"""`vatp log state`: people, a client, the ledger and a book at any instant."""

import json
import shutil
from pathlib import Path

import pytest

from sim.journal import RunLog, mark
from sim.state import snapshots
from sim.state.snapshots import Snapshots
from sim.venue.register import Register
from tests.cli.conftest import Finished, Vatp
from tests.cli.front_desk import finish, start_python
from tests.state.folded_runs import edit_snapshot, first_seq, with_another_past

AT = "2023-09-10T09:30+08:00"


@pytest.fixture
def run(finished: Finished, tmp_path: Path) -> Path:
    """A copy of the finished run, in whose folder snapshots may be kept."""
    return Path(shutil.copytree(finished.run_dir, tmp_path / "run"))


@pytest.fixture(scope="module")
def full(finished: Finished, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same scenario with every order in its log."""
    from sim.cli.main import command_line

    folder = tmp_path_factory.mktemp("full") / "run"
    words = ["run", str(finished.scenario), "--set", "log_level=full", "--out", str(folder)]
    assert command_line([*words, "--set", "horizon.end=2023-09-12"]) == 0
    return folder


def test_everybody_is_counted_at_an_instant(run: Path, vatp: Vatp) -> None:
    answer = vatp("log", "state", run, "--at", AT)
    assert (answer.code, answer.err) == (0, "")
    assert "at 2023-09-10 09:30:00+08:00, after event" in answer.out
    document = vatp("log", "state", run, "--at", AT, "--json").document
    log = RunLog.open(run)
    later = [row for row in log.show() if int(row["seq"]) > document["after_event"]]
    assert all(int(row["time_us"]) > document["at_us"] for row in later)
    assert len(later) == log.events - document["after_event"] > 0
    arrived = {
        row["client"]
        for row in log.show(kinds=["prospect_arrived", "participant_registered"])
        if int(row["seq"]) <= document["after_event"]
    }
    people = document["people"]
    assert sum(sum(found.values()) for found in people.values()) == len(arrived)
    for amount_minor in document["client_balances_minor"].values():
        assert amount_minor >= 0


def test_without_an_instant_the_end_is_shown(run: Path, finished: Finished, vatp: Vatp) -> None:
    document = vatp("log", "state", run, "--json").document
    assert document["after_event"] == document["events"] == finished.document["events"]
    assert (document["state"], document["unfinished"]) == ("complete", "")


def test_a_client_the_ledger_and_a_book_are_shown_together(full: Path, vatp: Vatp) -> None:
    words = ("log", "state", full, "--client", "1", "--ledger", "--book", "BTC/HKD", "--depth", "1")
    text, document = vatp(*words), vatp(*words, "--json").document
    assert text.code == 0
    for said in (
        "client 1",
        "market maker",
        "open orders",
        "BTC/HKD, quantity in BTC",
        "hot wallet",
    ):
        assert said in text.out
    client, book = document["client"], document["book"]
    assert (client["client_class"], client["active"]) == ("market_maker", True)
    assert set(client["held_minor"]) <= set(client["balances_minor"])
    assert len(client["open_orders"]) == 4
    (bid,), (ask,) = book["bids"], book["asks"]
    assert bid["price_ticks"] < ask["price_ticks"]
    assert f"{int(bid['price']):,}" in text.out
    assert book["levels_in_all"] > 2
    assert document["ledger"]["client_bank"]["HKD"] > 0
    assert "people" not in document


def test_a_person_is_shown_with_limits_fees_and_risk_class(run: Path, vatp: Vatp) -> None:
    log = RunLog.open(run)
    limit = list(log.show(kinds=["exposure_limit_set"]))[-1]
    words = ("log", "state", run, "--client", str(limit["client"]))
    document = vatp(*words, "--json").document["client"]
    assert document["exposure_limit_minor"] == limit["limit_minor"]
    assert document["risk_class"] in {
        "conservative",
        "cautious",
        "moderate",
        "active",
        "aggressive",
    }
    assert set(document["fees"]) == {"maker_ppm", "taker_ppm", "rule"}
    assert document["pairs"]["BTC/HKD"]["status"] == "open"
    assert (document["held_minor"], document["open_orders"]) == (None, None)
    text = vatp(*words).out
    assert "exposure limit" in text
    assert "open orders and held amounts need the log level full" in text


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--book", "BTC/HKK"), "there is no pair 'BTC/HKK'; did you mean BTC/HKD?"),
        (("--book", "BTC/HKD"), "this run's log level is trades; run it again with --set"),
        (("--client", "99999"), "there is no client 99999; participants are clients 1"),
        (("--client", "220", "--at", "2023-09-01"), "client 220 arrives later, at 2023-09-"),
        (("--at", "2023-08-31"), "begins at 2023-09-01 00:00:00+08:00"),
        (("--at", "yesterday"), "--at: "),
    ],
)
def test_what_cannot_be_shown_is_exit_code_2_and_says_why(
    run: Path, vatp: Vatp, words: tuple[str, ...], says: str
) -> None:
    answer = vatp("log", "state", run, *words)
    assert (answer.code, answer.out) == (2, "")
    assert says in answer.err


def test_an_instant_behind_the_end_shows_the_end_and_says_so(run: Path, vatp: Vatp) -> None:
    answer = vatp("log", "state", run, "--at", "2024-01-01", "--json")
    assert answer.code == 0
    assert answer.document["after_event"] == answer.document["events"]
    assert "the log ends at 2023-09-22" in answer.err


def test_a_folder_where_no_snapshot_can_be_kept_answers_the_same(run: Path, vatp: Vatp) -> None:
    expected = vatp("log", "state", run, "--json").document
    (run / "snapshots").write_text("in the way")
    answer = vatp("log", "state", run, "--json")
    assert (answer.code, answer.document) == (0, expected)


def test_a_damaged_part_is_blamed_and_not_shown(run: Path, vatp: Vatp) -> None:
    path = run / "events" / "deposit_credited" / "00000001.parquet"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    answer = vatp("log", "state", run)
    assert (answer.code, answer.out) == (1, "")
    assert answer.err.startswith(f"{path}: its bytes are not those that were sealed")


def test_an_edited_snapshot_is_believed_but_not_by_a_state_folded_afresh(
    run: Path, vatp: Vatp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshots, "_LEAST_EVENTS", 1)
    words = ("log", "state", run, "--json")
    expected = vatp(*words).document
    edit_snapshot(RunLog.open(run), max(Snapshots(RunLog.open(run)).believed()))
    before = {path: path.read_bytes() for path in (run / "snapshots").iterdir()}
    assert vatp(*words).document != expected
    assert vatp(*words, "--afresh").document == expected
    assert {path: path.read_bytes() for path in (run / "snapshots").iterdir()} == before


def test_a_snapshot_that_breaks_the_fold_is_named_and_the_log_is_not_blamed(
    run: Path, vatp: Vatp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshots, "_LEAST_EVENTS", 500)
    words = ("log", "state", run, "--json")
    expected = vatp(*words).document
    log = RunLog.open(run)
    kept = Snapshots(log)
    path = kept.path(1000)
    good = {file: file.read_bytes() for file in (run / "snapshots").iterdir()}
    fold = kept.nearest(1000)
    # As if nobody had ever arrived; the later snapshots are gone.
    fold.register = Register()
    kept.keep(fold)
    for file in good:
        if file > path:
            file.unlink()
    answer = vatp(*words)
    assert (answer.code, answer.document) == (0, expected)
    assert answer.err.startswith(f"note: {path} is not the state after event 1,000")
    assert answer.err.endswith("the right one has taken its place\n")
    assert {file: file.read_bytes() for file in (run / "snapshots").iterdir()} == good
    assert vatp(*words).err == ""


def test_a_log_whose_events_do_not_follow_is_exit_code_1(
    run: Path, tmp_path: Path, vatp: Vatp
) -> None:
    log = RunLog.open(run)
    seq = first_seq(log, "client_activated")
    other = with_another_past(log, tmp_path / "other", {seq: {"client": 99_999}})
    answer = vatp("log", "state", other.run_dir)
    assert (answer.code, answer.out) == (1, "")
    assert f"event {seq} is about client 99999, who never arrived" in answer.err


def test_an_unfinished_run_says_how_far_it_came(run: Path, vatp: Vatp) -> None:
    manifest = run / "manifest.jsonl"
    whole = manifest.read_bytes().splitlines(keepends=True)
    manifest.write_bytes(b"".join(whole[:-1]))
    answer = vatp("log", "state", run)
    events = f"{RunLog.open(run).events:,}"
    said = f"interrupted after {events} events, at 2023-09-22 00:00:00+08:00"
    helps = f"`vatp log resume {run}` takes it on"
    assert (answer.code, answer.err) == (0, f"note: the run is {said}; {helps}\n")
    answer = vatp("log", "state", run, "--at", "2023-09-25")
    ends = "the log ends at 2023-09-22 00:00:00+08:00, the run is interrupted"
    assert (answer.code, answer.out) == (2, "")
    assert answer.err == f"--at: {ends}; {helps}\n"
    document = vatp("log", "state", run, "--json").document
    assert (document["state"], document["unfinished"]) == ("interrupted", said)
    mark(run, "quarantined", "somebody doubted it")
    assert vatp("log", "state", run).err == "note: the run is quarantined: somebody doubted it\n"
    manifest.write_bytes(whole[0])
    answer = vatp("log", "state", run)
    assert answer.code == 2
    assert (
        "holds no events: the run is interrupted before its first segment was sealed" in answer.err
    )


@pytest.mark.parametrize("command", ["state", "replay"])
def test_a_run_quarantined_for_a_lost_file_gives_the_reason(
    run: Path, vatp: Vatp, command: str
) -> None:
    manifest = run / "manifest.jsonl"
    manifest.write_bytes(b"".join(manifest.read_bytes().splitlines(keepends=True)[:-1]))
    path = run / "events" / "deposit_credited" / "00000001.parquet"
    path.unlink()
    answer = vatp("log", command, run)
    assert (answer.code, answer.out) == (1, "")
    first, second = answer.err.splitlines()
    assert first == f"{path} is gone; `vatp log verify` says what is still valid"
    assert second == (
        "the run is quarantined: segment 1: events/deposit_credited/00000001.parquet is gone"
    )


def test_a_damaged_line_of_the_manifest_says_what_is_lost_and_how_to_make_the_run_again(
    run: Path, tmp_path: Path, vatp: Vatp
) -> None:
    expected = RunLog.open(run)
    chain = expected.segments[-1].chain
    path = run / "manifest.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"number":1', b'"number":2'))
    again = tmp_path / "again"
    for command in ("state", "replay", "show"):
        answer = vatp("log", command, run)
        assert (answer.code, answer.out) == (1, "")
        assert "line 2 does not follow the line before it" in answer.err
        assert "nothing from that line on can be believed, however much there was" in answer.err
        assert f"`vatp run {run}/scenario.toml --seed 1 --out NEW`" in answer.err
    # What is advised works.
    words = ("run", run / "scenario.toml", "--seed", "1", "--out", again)
    assert vatp(*words).code == 0
    assert RunLog.open(again).segments[-1].chain == chain
    (run / "rules.toml").unlink()
    answer = vatp("log", "state", run)
    assert f"it cannot be made again from this folder ({run}/rules.toml is gone)" in answer.err


def test_asking_for_a_state_loads_no_compiler(run: Path) -> None:
    program = (
        "import json, sys; from sim.cli.main import command_line;"
        f"code = command_line(['log', 'state', {str(run)!r}, '--json']); sys.stdout.flush();"
        "print('MODULES', json.dumps([code, sorted(sys.modules)]))"
    )
    answer = finish(start_python("-c", program))
    code, modules = json.loads(answer.out.rpartition("MODULES ")[2])
    assert code == 0
    assert [name for name in ("numba", "simpy", "scipy", "holidays") if name in modules] == []
