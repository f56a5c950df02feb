"""Trading desk: the fee schedule. Pre-trade checks and matching run on the order plane."""

from typing import Final

from sim.events import FeesSet
from sim.events.codes import ClientClass
from sim.venue.licence import Licence
from sim.venue.platform import Platform

MAKER_RULE: Final = "trd.fee_maker"
TAKER_RULE: Final = "trd.fee_taker"


class Desk:
    """Publishes the trading fees, at the start and whenever they change."""

    def __init__(self, platform: Platform, licence: Licence) -> None:
        self._platform = platform
        self.fees_seq = 0
        """Seq of the schedule in force."""
        licence.listen((MAKER_RULE, TAKER_RULE), self.set_fees)

    def set_fees(self, cause: int) -> None:
        """Set every class's fees to the rules' values of now; a rule that is not in force charges nothing."""
        law = self._platform.law
        for client_class in ClientClass:
            self.fees_seq = self._platform.append(
                FeesSet(
                    time_us=self._platform.now,
                    cause=cause,
                    rule=TAKER_RULE,
                    client_class=client_class,
                    maker_ppm=law.share(MAKER_RULE, default=0),
                    taker_ppm=law.share(TAKER_RULE, default=0),
                )
            )
