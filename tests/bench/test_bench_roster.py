"""Who takes part: known by name, there only if installed."""

import pytest

from sim.bench import roster
from sim.bench.contender import Kind
from sim.bench.errors import BenchError
from sim.bench.roster import OMITTED, OURS, PEERS, choose, installed_version

OWN = [contender.name for contender in OURS]


@pytest.fixture
def _nothing_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(roster, "installed_version", lambda _contender: None)


def test_names_are_unique_and_every_peer_is_a_package() -> None:
    names = [contender.name for contender in (*OURS, *PEERS)]
    assert len(names) == len(set(names))
    assert not set(OMITTED) & set(names)
    for contender in PEERS:
        assert contender.kind is Kind.PEER
        assert contender.package
    for contender in OURS:
        assert contender.package is None


def test_a_contender_that_is_no_package_has_no_version() -> None:
    assert [installed_version(contender) for contender in OURS] == [None] * len(OURS)


@pytest.mark.usefixtures("_nothing_installed")
def test_by_default_everyone_installed_takes_part_and_the_others_are_named() -> None:
    chosen = choose()
    assert [contender.name for contender in chosen.contenders] == OWN
    assert chosen.not_installed == tuple(contender.name for contender in PEERS)
    assert chosen.left_out == OMITTED


def test_the_batch_door_always_takes_part() -> None:
    chosen = choose(["plain"])
    assert [contender.name for contender in chosen.contenders] == ["batch", "plain"]
    assert chosen.not_installed == ()


@pytest.mark.usefixtures("_nothing_installed")
def test_all_wrong_names_are_told_at_once() -> None:
    with pytest.raises(BenchError) as caught:
        choose(["batch", "order", "bourse", "nanobook", "zzz"])
    lines = str(caught.value).splitlines()
    assert lines[0] == "no contender 'order'; did you mean 'orders'?"
    assert lines[1] == "contender bourse is not installed: pip install bourse"
    assert lines[2].startswith("contender nanobook cannot take part: never returns")
    assert lines[3].startswith("no contender 'zzz'; expected some of batch, batch-fresh, orders,")
    assert len(lines) == 4
