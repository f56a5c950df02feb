"""What each class of clients may do, and what it pays: folded from the trading desk's own events."""

from typing import Any, Self

import attrs

from sim.events import Event, FeesSet, PairOpened
from sim.events.codes import ClientClass, PairStatus


@attrs.frozen
class Fees:
    """Trading fees of a class of clients, and the schedule they come from."""

    maker_ppm: int
    taker_ppm: int
    rule: str

    @property
    def hold_ppm(self) -> int:
        """Rate that is held behind a resting buy order: it may yet be charged either way."""
        return max(self.maker_ppm, self.taker_ppm)


@attrs.frozen
class Pair:
    """What a class of clients may do in a pair."""

    status: PairStatus
    rule: str


@attrs.define
class Terms:
    """Fees by class, and the status of each pair by class; a pair without one never opened."""

    fees: dict[ClientClass, Fees] = attrs.Factory(dict)
    pairs: dict[ClientClass, dict[str, Pair]] = attrs.Factory(dict)

    def apply(self, happened: Event) -> None:
        """Take one event into account; most kinds say nothing about terms."""
        if isinstance(happened, FeesSet):
            self.fees[happened.client_class] = Fees(
                happened.maker_ppm, happened.taker_ppm, happened.rule
            )
        elif isinstance(happened, PairOpened):
            of_class = self.pairs.setdefault(happened.client_class, {})
            of_class[happened.instrument] = Pair(happened.status, happened.rule)

    def state(self) -> dict[str, Any]:
        """Return the terms as plain values."""
        return {
            "fees": [[int(key), *attrs.astuple(fees)] for key, fees in self.fees.items()],
            "pairs": [
                [int(key), symbol, int(pair.status), pair.rule]
                for key, pairs in self.pairs.items()
                for symbol, pair in pairs.items()
            ],
        }

    @classmethod
    def of(cls, state: dict[str, Any]) -> Self:
        """Return the terms that `state()` was read from."""
        terms = cls()
        for key, *fees in state["fees"]:
            terms.fees[ClientClass(key)] = Fees(*fees)
        for key, symbol, status, rule in state["pairs"]:
            terms.pairs.setdefault(ClientClass(key), {})[symbol] = Pair(PairStatus(status), rule)
        return terms
