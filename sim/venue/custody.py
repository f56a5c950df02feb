"""Custody: clients' coins in hot and cold storage (VATP-G 10.6, rule cus.cold_share).

Deposits arrive in the hot wallet. Once a business day the wallet operators sweep what is above the
allowance into cold storage. A withdrawal to a whitelisted address is checked automatically and paid from
the hot wallet, in the order in which the checks end; what the hot wallet cannot cover waits until
operators, in office hours, sign a batch that fetches it from cold storage. Few and larger batches, rather
than one per request, keep moves out of cold storage rare (rule cus.min_cold_moves).

Only market makers and arbitrageurs move coins in this first form. Their addresses are whitelisted when
they sign up (rule cus.whitelist), so no first withdrawal waits for that.
"""

from collections import deque
from typing import Final

import attrs
import simpy

from sim.events import CoinDeposited, CoinPaidOut, CoinWithdrawalRequested, ColdSwept
from sim.ledger.accounts import COLD_WALLET, HOT_WALLET
from sim.units import ASSETS, DAY_US, PPM
from sim.venue.assumptions import (
    CHAIN_LATENCY_MEDIAN_US,
    CHAIN_SIGMA,
    PAYOUT_CHECK_MEDIAN_US,
    PAYOUT_CHECK_SIGMA,
    SWEEP_DELAY_US,
)
from sim.venue.platform import Platform, Steps

COLD_RULE: Final = "cus.cold_share"
COINS: Final = tuple(code for code, asset in ASSETS.items() if asset.kind == "coin")


@attrs.define
class _Vault:
    """What custody remembers of one coin besides the ledger's balances."""

    payable: deque[tuple[int, CoinWithdrawalRequested]] = attrs.field(factory=deque)
    """Checked withdrawals that wait for coins, with the seq of their requests."""
    signing: bool = False
    """Whether a batch out of cold storage is on its way."""
    cause: int = 0
    """Seq of the last movement: the cause of the next sweep."""


class Custody:
    """The wallets and their operators."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._staff = platform.scenario.world.custody_staff
        self._operators = simpy.Resource(platform.env, capacity=self._staff.officers)
        self._vaults = {coin: _Vault() for coin in COINS}
        self._withdrawals = 0

    def deposit(
        self, client: int, asset: str, amount_minor: int, occurrence: int, cause: int
    ) -> Steps:
        """Bring coins in; they are credited when the chain has confirmed them."""
        platform = self._platform
        yield platform.env.timeout(
            platform.draws.lognormal_us(
                f"custody.chain.{asset}", client, occurrence, CHAIN_LATENCY_MEDIAN_US, CHAIN_SIGMA
            )
        )
        self._vaults[asset].cause = platform.append(
            CoinDeposited(
                time_us=platform.now,
                cause=cause,
                client=client,
                asset=asset,
                amount_minor=amount_minor,
            )
        )

    def withdraw(
        self, client: int, asset: str, amount_minor: int, occurrence: int, cause: int
    ) -> None:
        """Ask for coins out.

        Raises
        ------
        ValueError
            The amount is not positive or not available; callers ask for what they see.
        """
        platform = self._platform
        available_minor = platform.balances.available(client, asset)
        if not 0 < amount_minor <= available_minor:
            raise ValueError(
                f"client {client}: withdrawal of {asset} {amount_minor} minor units, available {available_minor}"
            )
        self._withdrawals += 1
        request = CoinWithdrawalRequested(
            time_us=platform.now,
            cause=cause,
            withdrawal=self._withdrawals,
            client=client,
            asset=asset,
            amount_minor=amount_minor,
        )
        accepted = platform.append(request)
        platform.start(self._check_and_pay(accepted, request, occurrence))

    def _check_and_pay(
        self, accepted: int, request: CoinWithdrawalRequested, occurrence: int
    ) -> Steps:
        platform = self._platform
        yield platform.env.timeout(
            platform.draws.lognormal_us(
                f"custody.payout_check.{request.asset}",
                request.client,
                occurrence,
                PAYOUT_CHECK_MEDIAN_US,
                PAYOUT_CHECK_SIGMA,
            )
        )
        vault = self._vaults[request.asset]
        vault.payable.append((accepted, request))
        self._pay(request.asset)
        if vault.payable and not vault.signing:
            vault.signing = True
            platform.start(self._sign_batch(request.asset))

    def _pay(self, asset: str) -> None:
        """Pay waiting withdrawals in order for as long as the hot wallet covers the next one."""
        platform, vault = self._platform, self._vaults[asset]
        while vault.payable and vault.payable[0][1].amount_minor <= self._hot(asset):
            accepted, request = vault.payable.popleft()
            vault.cause = platform.append(
                CoinPaidOut(
                    time_us=platform.now,
                    cause=accepted,
                    withdrawal=request.withdrawal,
                    client=request.client,
                    asset=asset,
                    amount_minor=request.amount_minor,
                    elapsed_us=platform.now - request.time_us,
                )
            )

    def _sign_batch(self, asset: str) -> Steps:
        """Fetch from cold storage what the queue needs and what the hot wallet may keep after it."""
        vault = self._vaults[asset]
        yield from self._operate(asset)
        vault.signing = False
        if not vault.payable:
            return
        waiting_minor = sum(request.amount_minor for _, request in vault.payable)
        total_minor = self._hot(asset) + self._cold(asset)
        wanted_minor = waiting_minor + self._allowance(total_minor - waiting_minor)
        fetched_minor = min(wanted_minor - self._hot(asset), self._cold(asset))
        if fetched_minor > 0:
            self._move(asset, -fetched_minor, vault.payable[0][0])
        self._pay(asset)

    def sweep_daily(self) -> Steps:
        """Sweep every coin into cold storage on business days, an operator's hour into the shift."""
        platform = self._platform
        while True:
            yield platform.until(platform.next_daily(self._staff.opens + SWEEP_DELAY_US))
            for asset in COINS:
                if self._excess(asset) > 0:
                    platform.start(self._sweep(asset))

    def _sweep(self, asset: str) -> Steps:
        yield from self._operate(asset)
        excess_minor = self._excess(asset)
        if excess_minor > 0:
            self._move(asset, excess_minor, self._vaults[asset].cause)

    def _operate(self, asset: str) -> Steps:
        """Take an operator's working time for one batch, in the shift of a business day."""
        platform, staff = self._platform, self._staff
        # Keyed by the day, not counted: what one policy moved must not shift another's later draws.
        service_us = platform.draws.exponential_us(
            "custody.batch", COINS.index(asset), platform.now // DAY_US, staff.service
        )
        opening_us = platform.calendar.next_open(platform.now, staff.opens, staff.closes)
        yield platform.until(opening_us)
        with self._operators.request() as turn:
            yield turn
            done_us = platform.calendar.add_working_time(
                platform.now, service_us, staff.opens, staff.closes
            )
            yield platform.until(done_us)

    def _move(self, asset: str, amount_minor: int, cause: int) -> None:
        """Move coins into cold storage (positive) or out of it (negative)."""
        self._vaults[asset].cause = self._platform.append(
            ColdSwept(
                time_us=self._platform.now,
                cause=cause,
                rule=COLD_RULE if amount_minor > 0 else "",
                asset=asset,
                amount_minor=amount_minor,
                hot_after_minor=self._hot(asset) - amount_minor,
                cold_after_minor=self._cold(asset) + amount_minor,
            )
        )

    def _hot(self, asset: str) -> int:
        return self._platform.ledger.balance(HOT_WALLET, asset)

    def _cold(self, asset: str) -> int:
        return self._platform.ledger.balance(COLD_WALLET, asset)

    def _excess(self, asset: str) -> int:
        """Return what the hot wallet holds above its allowance."""
        hot_minor = self._hot(asset)
        return hot_minor - self._allowance(hot_minor + self._cold(asset))

    def _allowance(self, total_minor: int) -> int:
        """Return the most that may be hot out of a total, under the law of now."""
        cold_share_ppm = self._platform.law.share(COLD_RULE, default=0)
        return total_minor * (PPM - cold_share_ppm) // PPM
