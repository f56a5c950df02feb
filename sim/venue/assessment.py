"""Assessments: the knowledge test with training (VATP-G 9.4) and the risk profile (VATP-G 9.6).

Who fails the test must be trained before sitting it again; who fails twice gives up. The rules exempt
institutions and qualified corporate professionals only (facts row onb.knowledge_exempt), so every person
of this population sits it. The same person passes or fails under every policy that asks for the test.
"""

from collections.abc import Generator
from typing import Any, Final

import simpy

from sim.draws import categorical
from sim.events import KnowledgeTested, RiskProfiled, TrainingCompleted
from sim.events.codes import RiskClass, Step
from sim.units import PPM
from sim.venue.assumptions import (
    RISK_CLASS_CUMULATIVE,
    TEST_DELAY_MEAN_US,
    TRAINED_FAILURE_PPM,
    TRAINING_MIN_US,
    TRAINING_SPAN_US,
)
from sim.venue.case import Case, leave
from sim.venue.platform import Platform
from sim.venue.reasons import KNOWLEDGE_FAILED

KNOWLEDGE_RULE: Final = "onb.knowledge"
RISK_RULE: Final = "onb.risk_profile"
ATTEMPTS: Final = 2


class Assessment:
    """What the platform must know of a client's understanding and appetite."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    def test_knowledge(self, case: Case) -> Generator[simpy.Event, Any, bool]:
        """Let the prospect sit the test, with training in between; returns whether they passed."""
        platform = self._platform
        if not platform.in_force(KNOWLEDGE_RULE, case.client_class):
            return True
        for attempt in range(1, ATTEMPTS + 1):
            delay_us = platform.draws.exponential_us(
                "onboarding.test_delay", case.client, attempt, TEST_DELAY_MEAN_US
            )
            yield platform.env.timeout(delay_us)
            passed = self._passes(case, attempt)
            case.cause = platform.append(
                KnowledgeTested(
                    time_us=platform.now,
                    cause=case.cause,
                    rule="" if passed else KNOWLEDGE_RULE,
                    client=case.client,
                    attempt=attempt,
                    passed=passed,
                )
            )
            if passed:
                return True
            if attempt < ATTEMPTS:
                yield from self._train(case, attempt)
        leave(platform, case, Step.KNOWLEDGE, KNOWLEDGE_FAILED, KNOWLEDGE_RULE)
        return False

    def _passes(self, case: Case, attempt: int) -> bool:
        pass_ppm = self._platform.scenario.world.population.knowledge_pass
        if attempt == 1:
            return case.prospect.knowledge_u * PPM < pass_ppm
        trained_ppm = PPM - (PPM - pass_ppm) * TRAINED_FAILURE_PPM // PPM
        return self._platform.draws.chance(
            "onboarding.trained_pass", case.client, attempt, trained_ppm
        )

    def _train(self, case: Case, attempt: int) -> Generator[simpy.Event, Any, None]:
        platform = self._platform
        share = platform.draws.uniform("onboarding.training", case.client, attempt)
        yield platform.env.timeout(TRAINING_MIN_US + int(share * TRAINING_SPAN_US))
        case.cause = platform.append(
            TrainingCompleted(
                time_us=platform.now, cause=case.cause, client=case.client, attempt=attempt
            )
        )

    def profile_risk(self, case: Case) -> None:
        """Assign the risk class the person is born with, where the rule asks for a profile."""
        platform = self._platform
        if not platform.in_force(RISK_RULE, case.client_class):
            return
        draw = platform.draws.uniform("onboarding.risk_class", case.client)
        case.cause = platform.append(
            RiskProfiled(
                time_us=platform.now,
                cause=case.cause,
                client=case.client,
                risk_class=RiskClass(categorical(draw, RISK_CLASS_CUMULATIVE)),
            )
        )
