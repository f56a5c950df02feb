"""One person as onboarding sees them: a row of the people's columns as plain values."""

import attrs

from sim.events.codes import ClientClass
from sim.world.people import SAVER, People


@attrs.frozen(kw_only=True)
class Prospect:
    """What one person is born with; amounts in HKD minor units, times in microseconds."""

    client: int
    arrival_us: int
    client_class: ClientClass
    net_worth_minor: int
    usd: bool
    """Banks in USD rather than HKD."""
    saver: bool
    target_share_ppm: int
    """Share of net worth the person would like to hold in tokens."""
    ticket_minor: int
    """Amount the person would like to begin with."""
    patience_us: int
    """Longest wait for a decision, from the application."""
    needs_review: bool
    acceptable: bool
    knowledge_u: float
    """Uniform draw; below the pass chance is a pass."""
    returns: bool
    """Comes back when retail access opens."""

    @property
    def currency(self) -> str:
        """Currency of the person's bank account."""
        return "USD" if self.usd else "HKD"


def prospect(people: People, row: int) -> Prospect:
    """Return one row as plain values."""
    return Prospect(
        client=people.client_id(row),
        arrival_us=int(people.arrival_us[row]),
        client_class=ClientClass(int(people.client_class[row])),
        net_worth_minor=int(people.net_worth_minor[row]),
        usd=bool(people.usd[row]),
        saver=int(people.trader_type[row]) == SAVER,
        target_share_ppm=int(people.target_share_ppm[row]),
        ticket_minor=int(people.ticket_minor[row]),
        patience_us=int(people.patience_us[row]),
        needs_review=bool(people.needs_review[row]),
        acceptable=bool(people.acceptable[row]),
        knowledge_u=float(people.knowledge_u[row]),
        returns=bool(people.returns[row]),
    )
