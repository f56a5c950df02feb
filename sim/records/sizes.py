"""Compare what commands did to their own orders: accepted, left resting, taken off."""

from collections import Counter

import numpy as np

from sim.matching.codes import CommandKind, EventKind, OrderType, Reject
from sim.records.agreement import NOTHING, Agreement, Finding, Measured
from sim.records.record import Record
from sim.records.replay import Replay
from sim.records.scale import Ints

_RESTING_TYPES = (int(OrderType.LIMIT),)
_NO_COMMAND = -1


def compare_acceptance(record: Record, replay: Replay) -> Measured:
    """Count the clients' commands that the core accepts; the exchange accepted them all."""
    refused = refused_commands(replay)
    refused = refused[~record.seeds[refused]]
    sent = record.client_commands
    if not sent:
        return NOTHING
    agreement = Agreement("commands accepted", sent - len(refused), sent, sent - len(refused))
    findings = [_refusal(record, replay, int(command)) for command in refused[:1]]
    return (agreement,), tuple(findings)


def refused_commands(replay: Replay) -> Ints:
    """Return the indices of the commands that the core refused."""
    refused: Ints = replay.commands[replay.events["kind"] == EventKind.REJECTED]
    return refused


def refusals(record: Record, replay: Replay) -> dict[str, int]:
    """Count the refusals of clients' commands by reason."""
    rejected = replay.events["kind"] == EventKind.REJECTED
    rejected &= ~record.seeds[replay.commands]
    counts = Counter(replay.events["reason"][rejected].tolist())
    return {Reject(reason).name: count for reason, count in sorted(counts.items())}


def compare_sizes(record: Record, replay: Replay) -> Measured:
    """Count the orders that rest with the lots the exchange said, and the cancels that take off as many."""
    agreements: list[Agreement] = []
    findings: list[Finding] = []
    commands = record.sizes["command"]
    recorded = record.sizes["quantity"]
    new = record.commands["kind"][commands] == CommandKind.NEW
    for measure, chosen, lots in (
        ("open sizes", new, left_open(record, replay)),
        ("cancelled sizes", ~new, taken_off(record, replay)),
    ):
        theirs, ours = recorded[chosen], lots[commands[chosen]]
        if not np.any(theirs) and not np.any(ours):
            continue
        same = theirs == ours
        agreed = int(np.count_nonzero(same & (theirs > 0)))
        agreements.append(
            Agreement(measure, agreed, int(np.count_nonzero(theirs)), int(np.count_nonzero(ours)))
        )
        for place in np.flatnonzero(~same)[:1]:
            row = record.sizes[chosen][place]
            told, made = (record.units.size(int(size[place])) for size in (theirs, ours))
            where = int(row["command"]), int(row["message"])
            findings.append(Finding(*where, measure, (told,), (made,)))
    return tuple(agreements), tuple(findings)


def left_open(record: Record, replay: Replay) -> Ints:
    """Return the lots of each new order that rest once it has acted; 0 for any other command."""
    events, commands = replay.events, record.commands
    count = len(commands)
    gone = np.isin(events["kind"], (EventKind.TRADE, EventKind.CANCELLED))
    used = np.zeros(count, np.int64)
    np.add.at(used, replay.commands[gone], events["quantity"][gone])
    resting = (commands["kind"] == CommandKind.NEW) & np.isin(
        commands["order_type"], _RESTING_TYPES
    )
    resting[refused_commands(replay)] = False
    return np.where(resting, commands["quantity"] - used, 0)


def taken_off(record: Record, replay: Replay) -> Ints:
    """Return the lots that each cancel or reduction takes off; 0 for any other command."""
    events, commands = replay.events, record.commands
    off = np.zeros(len(commands), np.int64)
    cancelled = events["kind"] == EventKind.CANCELLED
    np.add.at(off, replay.commands[cancelled], events["quantity"][cancelled])
    smaller = replay.commands[events["kind"] == EventKind.AMENDED]
    off[smaller] = commands["quantity"][smaller]
    cancels = np.isin(commands["kind"], (CommandKind.CANCEL, CommandKind.REDUCE))
    return np.where(cancels, off, 0)


def _refusal(record: Record, replay: Replay, command: int) -> Finding:
    rows = (replay.commands == command) & (replay.events["kind"] == EventKind.REJECTED)
    reason = Reject(int(replay.events["reason"][rows][0])).name.lower().replace("_", " ")
    message = int(record.messages[command])
    return Finding(command, message, "commands accepted", ("accepted",), (f"refused: {reason}",))
