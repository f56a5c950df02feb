"""Participants: market makers and arbitrageurs sign up, fund their accounts and keep them in balance.

They hold a target of each currency and coin on the platform and feel the rails like everybody: HKD
comes by CHATS, USD by wire, coins over their chains, and none of it on a holiday. Each business morning a
participant looks at its balances. What has fallen below half of its target is refilled to the target from
outside, and something else of equal value is taken out, first of what stands furthest above its target:
coins against currency, currency against coins. So what trading shifted is shifted back, and profit stays.
Wealth outside the platform is unlimited in this first form (assumption).
"""

from typing import Final

import attrs

from sim.events import ParticipantRegistered
from sim.events.codes import ClientClass, Rail
from sim.scenario.model import Arbitrageur, MarketMaker
from sim.units import ASSET_INDEX, ASSETS, DAY_US, INSTRUMENTS, PPM
from sim.venue.assumptions import LEAST_TRANSFER, REFILL_BELOW_PPM
from sim.venue.custody import Custody
from sim.venue.platform import Platform, Steps
from sim.venue.rails import Transfer
from sim.venue.ramps import Ramps

RAIL_OF: Final = {"HKD": Rail.CHATS, "USD": Rail.USD_WIRE}


@attrs.define
class _Account:
    """One participant's targets and what is under way to them."""

    client: int
    registered: int
    """Seq of the registration: the cause of every movement."""
    targets_hkd_minor: dict[str, int]
    """Wanted value of each currency and coin on the platform."""
    under_way: set[str] = attrs.field(factory=set)
    """Assets with a deposit that has not arrived; membership only, never iterated."""


class Participants:
    """Signs up the world's market makers and arbitrageurs and runs their treasuries."""

    def __init__(self, platform: Platform, ramps: Ramps, custody: Custody) -> None:
        self._platform = platform
        self._ramps = ramps
        self._custody = custody

    def sign_up(self) -> None:
        """Register everybody, makers first, and let their money and coins set out."""
        world = self._platform.scenario.world
        profiles: tuple[MarketMaker | Arbitrageur, ...] = (
            *world.market_makers,
            *world.arbitrageurs,
        )
        for client, profile in enumerate(profiles, start=1):
            is_maker = isinstance(profile, MarketMaker)
            registered = self._platform.append(
                ParticipantRegistered(
                    time_us=self._platform.now,
                    cause=self._platform.started,
                    client=client,
                    client_class=ClientClass.MARKET_MAKER if is_maker else ClientClass.ARBITRAGEUR,
                    name=profile.name,
                )
            )
            account = _Account(client, registered, self._targets(profile))
            for asset, target_minor in account.targets_hkd_minor.items():
                self._bring(account, asset, target_minor)
            self._platform.start(self._keep_balanced(account))

    def _targets(self, profile: MarketMaker | Arbitrageur) -> dict[str, int]:
        """Return the targets of the assets that the listed pairs trade, in HKD minor units."""
        pairs = [INSTRUMENTS[listing.pair] for listing in self._platform.scenario.world.listings]
        traded = {asset for pair in pairs for asset in (pair.base, pair.quote)}
        wanted = {"HKD": profile.hkd, "USD": profile.usd}
        targets = {
            asset: self._platform.to_hkd(money.asset, money.amount_minor)
            for asset in ASSETS
            if asset in traded
            for money in (wanted.get(asset, profile.coins),)
        }
        return {asset: target for asset, target in targets.items() if target > 0}

    def _keep_balanced(self, account: _Account) -> Steps:
        """Look at the balances every business morning, when CHATS has opened."""
        opens = self._platform.scenario.world.banks.chats_opens
        while True:
            yield self._platform.until(self._platform.next_daily(opens))
            for asset in account.targets_hkd_minor:
                self._refill(account, asset)

    def _refill(self, account: _Account, asset: str) -> None:
        target_minor = account.targets_hkd_minor[asset]
        value_minor = self._value(account, asset)
        if asset in account.under_way or value_minor * PPM >= target_minor * REFILL_BELOW_PPM:
            return
        missing_minor = target_minor - value_minor
        self._bring(account, asset, missing_minor)
        self._take_out(account, ASSETS[asset].kind, missing_minor)

    def _value(self, account: _Account, asset: str) -> int:
        """HKD minor value of a balance, resting orders included."""
        balances = self._platform.balances
        held_minor = balances.available(account.client, asset) + balances.held(
            account.client, asset
        )
        return self._platform.to_hkd(asset, held_minor)

    def _bring(self, account: _Account, asset: str, hkd_minor: int) -> None:
        """Send currency or coins worth an amount to the platform."""
        amount_minor = self._platform.from_hkd(asset, hkd_minor)
        account.under_way.add(asset)
        self._platform.start(self._deposit(account, asset, amount_minor))

    def _deposit(self, account: _Account, asset: str, amount_minor: int) -> Steps:
        if asset in RAIL_OF:
            transfer = self._transfer(account, asset, amount_minor)
            yield from self._ramps.deposit(transfer, account.registered, own_account=True)
        else:
            yield from self._custody.deposit(
                account.client, asset, amount_minor, self._occurrence(asset), account.registered
            )
        account.under_way.discard(asset)

    def _take_out(self, account: _Account, refilled_kind: str, hkd_minor: int) -> None:
        """Withdraw up to a value from the other kind of asset, the furthest above its target first."""
        above = [
            (self._value(account, asset) - target_minor, asset)
            for asset, target_minor in account.targets_hkd_minor.items()
            if ASSETS[asset].kind != refilled_kind
        ]
        # The sort is stable: equal excesses keep the order of the assets.
        for excess_minor, asset in sorted(above, key=lambda candidate: -candidate[0]):
            if excess_minor > 0 and hkd_minor > 0:
                hkd_minor -= self._withdraw(account, asset, min(excess_minor, hkd_minor))

    def _withdraw(self, account: _Account, asset: str, hkd_minor: int) -> int:
        """Withdraw at most a value of what is available; returns the value in HKD minor units."""
        grid = ASSETS[asset].bank_minor
        amount_minor = min(
            self._platform.from_hkd(asset, hkd_minor) - grid,
            self._platform.balances.available(account.client, asset),
        )
        amount_minor = ASSETS[asset].to_bank_grid(amount_minor)
        if asset in RAIL_OF:
            if amount_minor < LEAST_TRANSFER[asset].amount_minor:
                return 0
            transfer = self._transfer(account, asset, amount_minor)
            self._ramps.withdraw(transfer, account.registered)
        elif amount_minor > 0:
            self._custody.withdraw(
                account.client, asset, amount_minor, self._occurrence(asset), account.registered
            )
        return self._platform.to_hkd(asset, max(0, amount_minor))

    def _occurrence(self, asset: str) -> int:
        """Return the occurrence of a movement's draws: by day and asset, so that none shifts another."""
        return self._platform.now // DAY_US * len(ASSETS) + ASSET_INDEX[asset]

    def _transfer(self, account: _Account, asset: str, amount_minor: int) -> Transfer:
        return Transfer(
            client=account.client,
            rail=RAIL_OF[asset],
            asset=asset,
            amount_minor=amount_minor,
            occurrence=self._occurrence(asset),
        )
