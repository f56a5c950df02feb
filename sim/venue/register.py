"""The register of clients: one record a person, folded from events.

It is a projection of the log: `apply` is its only way to change, so that it can be rebuilt from the log
alone and compared with the live one by `state()`.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from enum import IntEnum
from typing import Any, Final, Self

import attrs

from sim.events import (
    AccountOpened,
    ApplicationRefused,
    ApplicationSubmitted,
    ClientActivated,
    Event,
    ExposureLimitSet,
    IdentityVerified,
    KnowledgeTested,
    ParticipantRegistered,
    ProspectArrived,
    ProspectLeft,
    RiskProfiled,
)
from sim.events.codes import ClientClass, Step

NO_LIMIT: Final = -1
"""`limit_minor` where the law sets no exposure limit for the client."""


class Standing(IntEnum):
    """Where a person stands with the platform."""

    INTERESTED = 0
    APPLYING = 1
    REFUSED = 2
    LEFT = 3
    ACCOUNT = 4
    ACTIVE = 5


@attrs.define
class Record:
    """What the platform knows of one person."""

    client: int
    client_class: ClientClass
    net_worth_minor: int
    """Declared net worth in HKD minor units; 0 for market makers and arbitrageurs."""
    standing: Standing = Standing.INTERESTED
    step: Step = Step.APPLICATION
    """Last step reached on the way to the first trade."""
    first_application_us: int = 0
    """Time of the first application, 0 before it."""
    limit_minor: int | None = None
    """Exposure limit in HKD minor units, -1 for no limit, none before one was set."""
    refused_by: str = ""
    """Rule of the last refusal."""

    @property
    def active(self) -> bool:
        """Whether the client may trade."""
        return self.standing is Standing.ACTIVE


class Register:
    """All records by client id."""

    def __init__(self) -> None:
        self._records: dict[int, Record] = {}

    @classmethod
    def of(cls, records: Iterable[Record]) -> Self:
        """Return the register that holds these records."""
        register = cls()
        register._records = {record.client: record for record in records}
        return register

    def __contains__(self, client: object) -> bool:
        return client in self._records

    def __iter__(self) -> Iterator[int]:
        """Yield the ids of everybody the platform met, in order."""
        return iter(sorted(self._records))

    def __getitem__(self, client: int) -> Record:
        """Return a record; raises KeyError for somebody the platform never met."""
        return self._records[client]

    def __len__(self) -> int:
        return len(self._records)

    def limited(self) -> Iterator[Record]:
        """Yield the records of everybody who has a limit and has not left, in client order."""
        for client in sorted(self._records):
            record = self._records[client]
            if record.limit_minor is not None and record.standing is not Standing.LEFT:
                yield record

    def counts(self) -> Counter[Standing]:
        """Count people by standing, market makers and arbitrageurs included."""
        return Counter(record.standing for record in self._records.values())

    def apply(self, seq: int, happened: Event) -> None:  # noqa: ARG002 - the projection's signature
        """Fold one event into the records; kinds that say nothing about clients pass by."""
        fold = _FOLDS.get(type(happened))
        if fold is not None:
            fold(self._records, happened)

    def state(self) -> list[Record]:
        """Return the records themselves in client order, for the state hash; the next event changes them.

        A copy as plain values would take four times as long as the hash, at every checkpoint of a run.
        """
        return [self._records[client] for client in sorted(self._records)]


_Records = dict[int, Record]


def _arrived(records: _Records, happened: ProspectArrived) -> None:
    records[happened.client] = Record(
        happened.client, happened.client_class, happened.net_worth_minor
    )


def _registered(records: _Records, happened: ParticipantRegistered) -> None:
    records[happened.client] = Record(
        happened.client, happened.client_class, 0, standing=Standing.ACTIVE
    )


def _applied(records: _Records, happened: ApplicationSubmitted) -> None:
    record = records[happened.client]
    record.standing = Standing.APPLYING
    record.step = Step.APPLICATION
    record.first_application_us = record.first_application_us or happened.time_us


def _refused(records: _Records, happened: ApplicationRefused) -> None:
    record = records[happened.client]
    record.standing = Standing.REFUSED
    record.step = happened.step
    record.refused_by = happened.rule


def _left(records: _Records, happened: ProspectLeft) -> None:
    record = records[happened.client]
    record.standing = Standing.LEFT
    record.step = happened.step
    record.refused_by = happened.rule


def _limit_set(records: _Records, happened: ExposureLimitSet) -> None:
    records[happened.client].limit_minor = happened.limit_minor


def _opened(records: _Records, happened: AccountOpened) -> None:
    record = records[happened.client]
    record.client_class = happened.client_class
    record.standing = Standing.ACCOUNT
    record.step = Step.FIRST_TRANSFER


def _activated(records: _Records, happened: ClientActivated) -> None:
    record = records[happened.client]
    record.client_class = happened.client_class
    record.standing = Standing.ACTIVE


def _reached(step: Step) -> Callable[[_Records, Any], None]:
    def fold(records: _Records, happened: Any) -> None:
        records[happened.client].step = step

    return fold


_FOLDS: Final[dict[type[Event], Callable[[_Records, Any], None]]] = {
    ProspectArrived: _arrived,
    ParticipantRegistered: _registered,
    ApplicationSubmitted: _applied,
    ApplicationRefused: _refused,
    ProspectLeft: _left,
    IdentityVerified: _reached(Step.IDENTITY),
    KnowledgeTested: _reached(Step.KNOWLEDGE),
    RiskProfiled: _reached(Step.RISK_PROFILE),
    ExposureLimitSet: _limit_set,
    AccountOpened: _opened,
    ClientActivated: _activated,
}
