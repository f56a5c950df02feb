"""Exposure limits: how much in virtual assets a client may hold (VATP-G 9.7).

The law asks for a limit per client and leaves the number to the operator: `onb.exposure_rule` is the
duty, `onb.exposure_limit` the share of declared net worth that practice made of it. Every class the rule
concerns gets that share, whatever its risk class: limits of zero for cautious clients (facts row
onb.exposure_futu) are one broker's practice from 2025 on and no part of this first form. A class the rule
does not concern has no limit.

When either rule changes, the limits of everybody who has one are set again at that instant.
"""

from typing import Final

from sim.events import ExposureLimitSet
from sim.events.codes import ClientClass
from sim.units import PPM
from sim.venue.case import Case
from sim.venue.licence import Licence
from sim.venue.platform import Platform
from sim.venue.register import NO_LIMIT

DUTY_RULE: Final = "onb.exposure_rule"
SHARE_RULE: Final = "onb.exposure_limit"


class Exposure:
    """Sets each client's limit, at onboarding and whenever the rule changes."""

    def __init__(self, platform: Platform, licence: Licence) -> None:
        self._platform = platform
        licence.listen((DUTY_RULE, SHARE_RULE), self.reset)

    def set_limit(self, case: Case) -> None:
        """Set the limit of an applicant."""
        case.cause = self._set(
            case.client, case.client_class, case.prospect.net_worth_minor, case.cause
        )

    def reset(self, cause: int) -> None:
        """Set every limit again that the law of now makes different, in client order."""
        for record in list(self._platform.register.limited()):
            limit_minor, _ = self._limit(record.client_class, record.net_worth_minor)
            if limit_minor != record.limit_minor:
                self._set(record.client, record.client_class, record.net_worth_minor, cause)

    def _set(self, client: int, client_class: ClientClass, net_worth_minor: int, cause: int) -> int:
        limit_minor, share_ppm = self._limit(client_class, net_worth_minor)
        return self._platform.append(
            ExposureLimitSet(
                time_us=self._platform.now,
                cause=cause,
                rule="" if limit_minor == NO_LIMIT else SHARE_RULE,
                client=client,
                limit_minor=limit_minor,
                share_ppm=share_ppm,
            )
        )

    def _limit(self, client_class: ClientClass, net_worth_minor: int) -> tuple[int, int]:
        """Return the limit in HKD minor units and its share of net worth; both -1 where there is none."""
        platform = self._platform
        if not all(platform.in_force(rule, client_class) for rule in (DUTY_RULE, SHARE_RULE)):
            return NO_LIMIT, NO_LIMIT
        share_ppm = platform.law.share(SHARE_RULE)
        return net_worth_minor * share_ppm // PPM, share_ppm
