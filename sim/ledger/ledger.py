"""The ledger: balances folded from events, and the promises that must hold between them.

It is a projection of the log: `apply` is its only way to change, so the same events always rebuild the
same balances. `check` compares it with the order plane, which keeps each client's own balances and knows
the fees of every trade; the two share no arithmetic, so an error in either shows.
"""

from collections.abc import Iterator, Mapping
from typing import Self

from sim.events import ColdSwept, Event, kind_name
from sim.ledger.accounts import (
    ACCOUNTS,
    ASSET_ACCOUNTS,
    CLIENT_BANK,
    CLIENT_LIABILITY,
    COLD_WALLET,
    FEE_INCOME,
    HOT_WALLET,
    WITHDRAWALS_PENDING,
    Account,
    Posting,
)
from sim.ledger.postings import LedgerError, postings
from sim.units import ASSET_CODES, ASSETS, PPM


class Ledger:
    """Balances in minor units per account and asset; assets positive, liabilities and income negative."""

    def __init__(self) -> None:
        self._balances: dict[tuple[Account, str], int] = {
            (account, asset): 0 for account in ACCOUNTS for asset in ASSET_CODES
        }
        self.seq = 0
        """Seq of the last event applied."""

    @classmethod
    def of(cls, state: Mapping[Account, Mapping[str, int]], seq: int) -> Self:
        """Return the ledger that `state()` was read from after event `seq`."""
        ledger = cls()
        for account, balances in state.items():
            for asset, amount_minor in balances.items():
                ledger._balances[account, asset] = amount_minor
        ledger.seq = seq
        return ledger

    def apply(self, seq: int, happened: Event) -> None:
        """Post an event.

        Raises
        ------
        LedgerError
            The event is not a valid entry, it would overdraw an account, or a sweep's reported wallet
            balances are not the ledger's. The balances are then unchanged.
        """
        entry = postings(happened)
        if entry:
            after = self._after(seq, happened, entry)
            if isinstance(happened, ColdSwept):
                _check_sweep(seq, happened, after)
            self._balances.update(after)
        self.seq = seq

    def _after(
        self, seq: int, happened: Event, entry: tuple[Posting, ...]
    ) -> dict[tuple[Account, str], int]:
        after: dict[tuple[Account, str], int] = {}
        for posting in entry:
            place = (posting.account, posting.asset)
            after[place] = after.get(place, self._balances[place]) + posting.amount_minor
        for (account, asset), amount in after.items():
            if amount and (amount < 0) == (account in ASSET_ACCOUNTS):
                raise LedgerError(
                    f"event {seq} {kind_name(type(happened))} overdraws {account}: {asset} "
                    f"{self._balances[account, asset]} would become {amount} minor units"
                )
        return after

    def balance(self, account: Account, asset: str) -> int:
        """Return an account's balance in minor units; raises KeyError for an unknown account or asset."""
        return self._balances[account, asset]

    def state(self) -> dict[str, dict[str, int]]:
        """Return every balance that is not zero, account by account: canonical, for the state hash."""
        return {
            account: {
                asset: self._balances[account, asset]
                for asset in ASSET_CODES
                if self._balances[account, asset]
            }
            for account in ACCOUNTS
        }

    def check(
        self,
        client_balances: Mapping[str, int],
        fees_collected: Mapping[str, int],
        cold_share_ppm: int | None = None,
    ) -> None:
        """Hold the ledger against the order plane.

        Parameters
        ----------
        client_balances
            Per asset, the sum of all clients' balances (available and held) on the order plane, minor
            units. An asset that is missing counts as zero.
        fees_collected
            Per asset, the fees of all trades so far, swept or not, minor units.
        cold_share_ppm
            Smallest share of each coin that must be in cold storage; none leaves it unchecked, because
            between a deposit and the next sweep the rule is met in total only.

        Raises
        ------
        LedgerError
            With every promise that is broken, one a line: account, asset and amounts.
        """
        problems = [
            problem
            for asset in ASSET_CODES
            for problem in (
                *self._sum_problems(asset),
                *self._client_problems(
                    asset, client_balances.get(asset, 0), fees_collected.get(asset, 0)
                ),
                *self._storage_problems(asset, cold_share_ppm),
            )
        ]
        if problems:
            raise LedgerError("\n".join(problems))

    def check_cold_share(self, asset: str, cold_share_ppm: int) -> None:
        """Raise LedgerError where less of a coin than a share is in cold storage; other coins may wait."""
        for problem in self._storage_problems(asset, cold_share_ppm):
            raise LedgerError(problem)

    def _sum_problems(self, asset: str) -> Iterator[str]:
        total = sum(self._balances[account, asset] for account in ACCOUNTS)
        if total:
            yield f"{asset}: accounts add up to {total} minor units; expected zero"

    def _client_problems(self, asset: str, balances: int, fees: int) -> Iterator[str]:
        owed = -self._balances[CLIENT_LIABILITY, asset]
        recognised = -self._balances[FEE_INCOME, asset]
        pending = -self._balances[WITHDRAWALS_PENDING, asset]
        if recognised > fees:
            yield (
                f"{FEE_INCOME} {asset}: {recognised} minor units swept, but only {fees} collected from trades"
            )
        unswept = fees - recognised
        if owed - unswept != balances:
            yield (
                f"{CLIENT_LIABILITY} {asset}: {owed} less {unswept} of unswept fees is {owed - unswept} minor "
                f"units, but clients' balances are {balances} (difference {balances - owed + unswept})"
            )
        backing = sum(
            self._balances[account, asset] for account in (CLIENT_BANK, HOT_WALLET, COLD_WALLET)
        )
        if backing < balances + pending:
            yield (
                f"{CLIENT_BANK}, {HOT_WALLET} and {COLD_WALLET} {asset}: {backing} minor units do not cover "
                f"clients' balances {balances} and {WITHDRAWALS_PENDING} {pending}"
            )

    def _storage_problems(self, asset: str, cold_share_ppm: int | None) -> Iterator[str]:
        if cold_share_ppm is None or ASSETS[asset].kind != "coin":
            return
        hot = self._balances[HOT_WALLET, asset]
        total = hot + self._balances[COLD_WALLET, asset]
        if hot * PPM > total * (PPM - cold_share_ppm):
            yield (
                f"{HOT_WALLET} {asset}: {hot} of {total} minor units are hot; at most "
                f"{PPM - cold_share_ppm} parts per million may be"
            )


def _check_sweep(seq: int, happened: ColdSwept, after: Mapping[tuple[Account, str], int]) -> None:
    asset = happened.asset
    hot, cold = after[HOT_WALLET, asset], after[COLD_WALLET, asset]
    if (hot, cold) != (happened.hot_after_minor, happened.cold_after_minor):
        raise LedgerError(
            f"event {seq} cold_swept: {HOT_WALLET} and {COLD_WALLET} {asset} hold {hot} and {cold} minor "
            f"units after it, but it reports {happened.hot_after_minor} and {happened.cold_after_minor}"
        )
