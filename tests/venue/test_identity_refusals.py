"""Where the identity check says no, the way ends."""

from sim.events import (
    AccountOpened,
    ApplicationRefused,
    ClientActivated,
    IdentityVerified,
    KnowledgeTested,
)
from tests.venue.small_world import change, small_platform, small_regime, small_scenario


def test_who_is_refused_at_the_identity_check_goes_no_further() -> None:
    regime = small_regime(change("onb.retail_access", True))
    journal = small_platform(small_scenario(150, 60), regime).run()
    refused = {event.client for event in journal.of(ApplicationRefused) if event.rule == "onb.kyc"}
    assert refused
    opened = {event.client for event in journal.of(AccountOpened)}
    assert opened
    assert not refused & opened
    assert not refused & {event.client for event in journal.of(IdentityVerified)}
    assert not refused & {event.client for event in journal.of(KnowledgeTested)}
    assert not refused & {event.client for event in journal.of(ClientActivated)}
