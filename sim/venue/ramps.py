"""Fiat ramps: money between clients' own bank accounts and the platform's client account.

Cash in is fast and cash out is slow. A deposit is credited when its rail delivers it. A withdrawal leaves
the available balance at once and is paid by the batch of the n-th business day (`fiat.withdrawal_days`),
or as fast as its rail where n is zero. Only money from and to the client's own account passes.
"""

from collections.abc import Generator
from typing import Any, Final

import attrs
import simpy

from sim.events import (
    DepositCredited,
    DepositInstructed,
    DepositRefused,
    WithdrawalPaid,
    WithdrawalRefused,
    WithdrawalRequested,
)
from sim.venue.assumptions import RETRY_DELAY_MEAN_US, THIRD_PARTY_PPM
from sim.venue.platform import Platform, Steps
from sim.venue.rails import Transfer, landing_us
from sim.venue.reasons import SHORT_OF_FUNDS, THIRD_PARTY_ACCOUNT

SAME_NAME_RULE: Final = "onb.same_name"
PREFUNDED_RULE: Final = "trd.prefunded"
DAYS_RULE: Final = "fiat.withdrawal_days"


@attrs.frozen
class Outcome:
    """How one payment to the platform ended."""

    seq: int
    """Of the credit, or of the refusal that sent it back."""
    credited: bool


class Ramps:
    """Both directions of every fiat rail."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._deposits = 0
        self._withdrawals = 0
        self._batches: dict[int, list[tuple[int, WithdrawalRequested]]] = {}
        """Requests with their seq, by the instant of the batch that pays them."""

    def deposit(
        self, transfer: Transfer, cause: int, *, own_account: bool = False
    ) -> Generator[simpy.Event, Any, int]:
        """Pay in until the money is credited; returns the seq of its credit.

        Parameters
        ----------
        transfer
            What is paid.
        cause
            Seq of the event that led to it.
        own_account
            Whether the payer is known to use their own account, as institutions do.
        """
        outcome = yield from self.send(transfer, cause, own_account=own_account)
        if not outcome.credited:
            yield self.before_paying_again(transfer)
            outcome = yield from self.send(transfer, outcome.seq, own_account=True)
        return outcome.seq

    def send(
        self, transfer: Transfer, cause: int, *, own_account: bool = False
    ) -> Generator[simpy.Event, Any, Outcome]:
        """Send money once; returns whether it was credited or came back.

        A person now and then pays from somebody else's account. Where the same-name rule is in force
        when that payment arrives, it is sent back.
        """
        platform = self._platform
        third_party = not own_account and platform.draws.chance(
            "ramps.third_party", transfer.client, transfer.occurrence, THIRD_PARTY_PPM
        )
        instructed = self._instruct(transfer, cause)
        sent_us = platform.now
        yield platform.until(landing_us(platform, transfer))
        if third_party and platform.in_force(SAME_NAME_RULE):
            return Outcome(self._send_back(transfer, instructed), credited=False)
        return Outcome(self._credit(transfer, instructed, sent_us), credited=True)

    def before_paying_again(self, transfer: Transfer) -> simpy.Event:
        """Return the wait of a person whose money came back, before they pay from their own account."""
        platform = self._platform
        return platform.env.timeout(
            platform.draws.exponential_us(
                "ramps.retry", transfer.client, transfer.occurrence, RETRY_DELAY_MEAN_US
            )
        )

    def withdraw(self, transfer: Transfer, cause: int) -> bool:
        """Ask for money out; returns whether the platform accepts."""
        platform = self._platform
        if platform.balances.available(transfer.client, transfer.asset) < transfer.amount_minor:
            self._refuse(transfer, cause)
            return False
        self._withdrawals += 1
        request = WithdrawalRequested(
            time_us=platform.now,
            cause=cause,
            withdrawal=self._withdrawals,
            client=transfer.client,
            rail=transfer.rail,
            asset=transfer.asset,
            amount_minor=transfer.amount_minor,
        )
        accepted = platform.append(request)
        due_us = self._due_us(transfer)
        if due_us not in self._batches:
            self._batches[due_us] = []
            platform.start(self._pay_batch(due_us))
        self._batches[due_us].append((accepted, request))
        return True

    def _instruct(self, transfer: Transfer, cause: int) -> tuple[int, int]:
        """Log the instruction; returns the deposit's number and the event's seq."""
        self._deposits += 1
        seq = self._platform.append(
            DepositInstructed(
                time_us=self._platform.now,
                cause=cause,
                deposit=self._deposits,
                client=transfer.client,
                rail=transfer.rail,
                asset=transfer.asset,
                amount_minor=transfer.amount_minor,
            )
        )
        return self._deposits, seq

    def _credit(self, transfer: Transfer, instructed: tuple[int, int], sent_us: int) -> int:
        deposit, cause = instructed
        return self._platform.append(
            DepositCredited(
                time_us=self._platform.now,
                cause=cause,
                deposit=deposit,
                client=transfer.client,
                rail=transfer.rail,
                asset=transfer.asset,
                amount_minor=transfer.amount_minor,
                elapsed_us=self._platform.now - sent_us,
            )
        )

    def _send_back(self, transfer: Transfer, instructed: tuple[int, int]) -> int:
        deposit, cause = instructed
        return self._platform.append(
            DepositRefused(
                time_us=self._platform.now,
                cause=cause,
                rule=SAME_NAME_RULE,
                deposit=deposit,
                client=transfer.client,
                rail=transfer.rail,
                asset=transfer.asset,
                amount_minor=transfer.amount_minor,
                reason=THIRD_PARTY_ACCOUNT,
            )
        )

    def _refuse(self, transfer: Transfer, cause: int) -> None:
        platform = self._platform
        platform.append(
            WithdrawalRefused(
                time_us=platform.now,
                cause=cause,
                rule=PREFUNDED_RULE,
                client=transfer.client,
                rail=transfer.rail,
                asset=transfer.asset,
                amount_minor=transfer.amount_minor,
                reason=SHORT_OF_FUNDS,
            )
        )

    def _due_us(self, transfer: Transfer) -> int:
        """Return when a withdrawal that is accepted now is paid."""
        platform = self._platform
        days = platform.law.count(DAYS_RULE, default=0)
        if days == 0:
            return landing_us(platform, transfer, outward=True)
        payout_time = platform.scenario.world.banks.payout_time
        return platform.calendar.add_business_days(platform.now, days) + payout_time

    def _pay_batch(self, due_us: int) -> Steps:
        """Pay everything that is due at an instant, in the order of the requests."""
        platform = self._platform
        yield platform.until(due_us)
        for accepted, request in self._batches.pop(due_us):
            platform.append(
                WithdrawalPaid(
                    time_us=platform.now,
                    cause=accepted,
                    withdrawal=request.withdrawal,
                    client=request.client,
                    rail=request.rail,
                    asset=request.asset,
                    amount_minor=request.amount_minor,
                    elapsed_us=platform.now - request.time_us,
                )
            )
