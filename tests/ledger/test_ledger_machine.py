"""Random lives of a platform, booked twice: by the ledger, and by a model that knows each client."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from sim.events import (
    CoinDeposited,
    CoinPaidOut,
    CoinWithdrawalRequested,
    ColdSwept,
    DepositCredited,
    Event,
    FeesSwept,
    WithdrawalPaid,
    WithdrawalRequested,
)
from sim.events.codes import Rail
from sim.ledger import Ledger, LedgerError

CLIENTS = st.integers(101, 104)
AMOUNTS = st.integers(1, 10**12)
SHARES = st.integers(1, 1_000_000)
FIAT = st.sampled_from(["HKD", "USD"])
ASSETS = st.sampled_from(["HKD", "USD", "BTC"])


class LedgerAgainstClients(RuleBasedStateMachine):
    """The model keeps balances per client, trades included; the ledger sees control events only."""

    def __init__(self) -> None:
        super().__init__()
        self.ledger = Ledger()
        self.seq = 0
        self.balances: dict[tuple[int, str], int] = {}
        self.fees = {"HKD": 0, "USD": 0}
        self.swept = {"HKD": 0, "USD": 0}
        self.pending: list[WithdrawalRequested | CoinWithdrawalRequested] = []
        self.bank = {"HKD": 0, "USD": 0}
        self.hot = 0
        self.cold = 0

    def append(self, happened: Event) -> None:
        self.seq += 1
        self.ledger.apply(self.seq, happened)

    def change(self, client: int, asset: str, amount_minor: int) -> None:
        self.balances[client, asset] = self.balances.get((client, asset), 0) + amount_minor

    def part(self, client: int, asset: str, share_ppm: int) -> int:
        return self.balances.get((client, asset), 0) * share_ppm // 1_000_000

    @initialize(amount=AMOUNTS)
    def begin_with_money(self, amount: int) -> None:
        self.deposit(101, "HKD", amount)

    @rule(client=CLIENTS, asset=ASSETS, amount=AMOUNTS)
    def deposit(self, client: int, asset: str, amount: int) -> None:
        self.change(client, asset, amount)
        if asset == "BTC":
            self.hot += amount
            self.append(CoinDeposited(time_us=1, client=client, asset=asset, amount_minor=amount))
            return
        self.bank[asset] += amount
        self.append(
            DepositCredited(
                time_us=1,
                deposit=self.seq,
                client=client,
                rail=Rail.FPS,
                asset=asset,
                amount_minor=amount,
                elapsed_us=0,
            )
        )

    @rule(client=CLIENTS, asset=ASSETS, share=SHARES)
    def ask_for_a_withdrawal(self, client: int, asset: str, share: int) -> None:
        amount = self.part(client, asset, share)
        if not amount:
            return
        request: WithdrawalRequested | CoinWithdrawalRequested
        if asset == "BTC":
            request = CoinWithdrawalRequested(
                time_us=1, withdrawal=self.seq, client=client, asset=asset, amount_minor=amount
            )
        else:
            request = WithdrawalRequested(
                time_us=1,
                withdrawal=self.seq,
                client=client,
                rail=Rail.FPS,
                asset=asset,
                amount_minor=amount,
            )
        self.change(client, asset, -amount)
        self.pending.append(request)
        self.append(request)

    @precondition(lambda self: self.pending)
    @rule(data=st.data())
    def pay_a_withdrawal(self, data: st.DataObject) -> None:
        request = self.pending[data.draw(st.integers(0, len(self.pending) - 1))]
        if isinstance(request, CoinWithdrawalRequested):
            if request.amount_minor > self.hot:
                return
            self.hot -= request.amount_minor
            self.append(
                CoinPaidOut(
                    time_us=2,
                    withdrawal=request.withdrawal,
                    client=request.client,
                    asset=request.asset,
                    amount_minor=request.amount_minor,
                    elapsed_us=1,
                )
            )
        else:
            self.bank[request.asset] -= request.amount_minor
            self.append(
                WithdrawalPaid(
                    time_us=2,
                    withdrawal=request.withdrawal,
                    client=request.client,
                    rail=Rail.FPS,
                    asset=request.asset,
                    amount_minor=request.amount_minor,
                    elapsed_us=1,
                )
            )
        self.pending.remove(request)

    @precondition(lambda self: self.hot + self.cold)
    @rule(share=SHARES, inward=st.booleans())
    def sweep(self, share: int, inward: bool) -> None:
        amount = (self.hot if inward else self.cold) * share // 1_000_000
        if not amount:
            return
        self.hot += -amount if inward else amount
        self.cold += amount if inward else -amount
        self.append(
            ColdSwept(
                time_us=1,
                asset="BTC",
                amount_minor=amount if inward else -amount,
                hot_after_minor=self.hot,
                cold_after_minor=self.cold,
            )
        )

    @rule(
        buyer=CLIENTS, seller=CLIENTS, asset=FIAT, coins=SHARES, price=SHARES, fee=st.integers(0, 9)
    )
    def trade(self, buyer: int, seller: int, asset: str, coins: int, price: int, fee: int) -> None:
        """Coins against fiat with a fee; the ledger hears nothing of it."""
        quantity = self.part(seller, "BTC", coins)
        notional = self.part(buyer, asset, price)
        fee = min(fee, notional)
        self.change(seller, "BTC", -quantity)
        self.change(buyer, "BTC", quantity)
        self.change(buyer, asset, -notional)
        self.change(seller, asset, notional - fee)
        self.fees[asset] += fee

    @rule(asset=FIAT)
    def sweep_fees(self, asset: str) -> None:
        amount = self.fees[asset] - self.swept[asset]
        if amount:
            self.swept[asset] += amount
            self.bank[asset] -= amount
            self.append(FeesSwept(time_us=1, asset=asset, amount_minor=amount))

    def totals(self) -> dict[str, int]:
        totals = {"HKD": 0, "USD": 0, "BTC": 0}
        for (_, asset), amount in self.balances.items():
            totals[asset] += amount
        return totals

    @invariant()
    def every_promise_holds(self) -> None:
        self.ledger.check(self.totals(), self.fees)

    @invariant()
    def the_accounts_are_the_models(self) -> None:
        for asset in ("HKD", "USD"):
            assert self.ledger.balance("client_bank", asset) == self.bank[asset]
            assert self.ledger.balance("house_bank", asset) == self.swept[asset]
            assert self.ledger.balance("fee_income", asset) == -self.swept[asset]
        assert self.ledger.balance("hot_wallet", "BTC") == self.hot
        assert self.ledger.balance("cold_wallet", "BTC") == self.cold
        for asset in ("HKD", "USD", "BTC"):
            waiting = sum(
                request.amount_minor for request in self.pending if request.asset == asset
            )
            assert self.ledger.balance("withdrawals_pending", asset) == -waiting

    @invariant()
    def one_unit_astray_is_noticed(self) -> None:
        wrong = self.totals()
        wrong["HKD"] += 1
        with pytest.raises(LedgerError, match="client_liability HKD"):
            self.ledger.check(wrong, self.fees)


TestLedgerAgainstClients = LedgerAgainstClients.TestCase
TestLedgerAgainstClients.settings = settings(max_examples=40, stateful_step_count=40, deadline=None)
