"""What active clients do with their bank: top up and take out.

A person's two clocks start at birth, not at the account: the k-th top-up and the k-th withdrawal come at
the same instants under every policy, and those before the account is active pass unused. Steady savers
pay in about their ticket at every saving interval; others do so now and then. Nobody pays in more than
the share of net worth they would like to hold in tokens, what they took out again not counted. A
withdrawal asks for a share of the cash that is free at that moment.
"""

from collections.abc import Iterator
from enum import IntEnum
from heapq import merge
from itertools import count

from sim.events.codes import Rail
from sim.units import ASSETS, PPM
from sim.venue.assumptions import (
    LEAST_TRANSFER,
    OCCASIONAL_INTERVALS,
    TOP_UP_AMOUNT_JITTER_PPM,
    TOP_UP_CLOCK_JITTER_PPM,
    WITHDRAWAL_SHARE_MIN_PPM,
)
from sim.venue.platform import Platform, Steps
from sim.venue.prospects import Prospect
from sim.venue.rails import Transfer
from sim.venue.ramps import Ramps


class Act(IntEnum):
    """What a client does at an instant of one of their clocks."""

    TOP_UP = 0
    WITHDRAW = 1


Plan = Iterator[tuple[int, Act, int]]
"""Instants to come, in order: time, act, and the number of that act in the person's life."""


class Clients:
    """The clients' own processes."""

    def __init__(self, platform: Platform, ramps: Ramps) -> None:
        self._platform = platform
        self._ramps = ramps

    def live(self, person: Prospect, paid_in_minor: int, cause: int) -> Steps:
        """Follow one client from activation on.

        Parameters
        ----------
        person
            The client.
        paid_in_minor
            First transfer, HKD minor units.
        cause
            Seq of the activation: the cause of everything the client does with their bank.
        """
        platform = self._platform
        ceiling_minor = person.net_worth_minor * person.target_share_ppm // PPM
        for time_us, act, occurrence in merge(self._top_ups(person), self._withdrawals(person)):
            if time_us >= platform.scenario.horizon.end:
                return
            room_minor = ceiling_minor - paid_in_minor
            full = act is Act.TOP_UP and room_minor < LEAST_TRANSFER["HKD"].amount_minor
            # Only the client's own acts change the room, so a top-up without any need not be awaited.
            if time_us < platform.now or full:
                continue
            yield platform.until(time_us)
            if act is Act.TOP_UP:
                paid_in_minor += self._top_up(person, occurrence, room_minor, cause)
            else:
                taken_minor = self._withdraw(person, occurrence, cause)
                paid_in_minor = max(0, paid_in_minor - taken_minor)

    def _top_ups(self, person: Prospect) -> Plan:
        """Yield a saver's regular instants, or the exponential ones of anybody else."""
        draws = self._platform.draws
        interval_us = self._platform.scenario.world.population.saving_interval
        time_us = person.arrival_us
        for occurrence in count(1):
            if person.saver:
                swing = 2 * draws.uniform("clients.top_up_clock", person.client, occurrence) - 1
                jitter_us = int(swing * interval_us) * TOP_UP_CLOCK_JITTER_PPM // PPM
                time_us = person.arrival_us + occurrence * interval_us + jitter_us
            else:
                time_us += draws.exponential_us(
                    "clients.top_up_clock",
                    person.client,
                    occurrence,
                    OCCASIONAL_INTERVALS * interval_us,
                )
            yield time_us, Act.TOP_UP, occurrence

    def _withdrawals(self, person: Prospect) -> Plan:
        draws = self._platform.draws
        interval_us = self._platform.scenario.world.population.withdrawal_interval
        time_us = person.arrival_us
        for occurrence in count(1):
            time_us += draws.exponential_us(
                "clients.withdrawal_clock", person.client, occurrence, interval_us
            )
            yield time_us, Act.WITHDRAW, occurrence

    def _top_up(self, person: Prospect, occurrence: int, room_minor: int, cause: int) -> int:
        """Pay in about a ticket, at most the room that is left; returns HKD minor units."""
        platform = self._platform
        swing = 2 * platform.draws.uniform("clients.top_up", person.client, occurrence) - 1
        jitter_minor = int(swing * person.ticket_minor) * TOP_UP_AMOUNT_JITTER_PPM // PPM
        hkd_minor = min(person.ticket_minor + jitter_minor, room_minor)
        asset = person.currency
        amount_minor = platform.from_hkd(asset, hkd_minor)
        if amount_minor < LEAST_TRANSFER[asset].amount_minor:
            return 0
        transfer = self._transfer(person, amount_minor, occurrence)
        platform.start(self._pay_in(transfer, cause))
        return hkd_minor

    def _pay_in(self, transfer: Transfer, cause: int) -> Steps:
        yield from self._ramps.deposit(transfer, cause)

    def _withdraw(self, person: Prospect, occurrence: int, cause: int) -> int:
        """Ask for a share of the free cash; returns its value in HKD minor units."""
        platform = self._platform
        asset = person.currency
        available_minor = platform.balances.available(person.client, asset)
        if available_minor < LEAST_TRANSFER[asset].amount_minor:
            return 0
        draw = platform.draws.uniform("clients.withdrawal", person.client, occurrence)
        share_ppm = WITHDRAWAL_SHARE_MIN_PPM + int(draw * (PPM - WITHDRAWAL_SHARE_MIN_PPM))
        amount_minor = ASSETS[asset].to_bank_grid(available_minor * share_ppm // PPM)
        if amount_minor < LEAST_TRANSFER[asset].amount_minor:
            return 0
        accepted = self._ramps.withdraw(self._transfer(person, amount_minor, occurrence), cause)
        return platform.to_hkd(asset, amount_minor) if accepted else 0

    @staticmethod
    def _transfer(person: Prospect, amount_minor: int, occurrence: int) -> Transfer:
        return Transfer(
            client=person.client,
            rail=Rail.USD_WIRE if person.usd else Rail.FPS,
            asset=person.currency,
            amount_minor=amount_minor,
            occurrence=occurrence,
        )
