"""Opens the platform: every department at its place, every process on the clock."""

from sim.venue.admission import Admission
from sim.venue.clients import Clients
from sim.venue.custody import Custody
from sim.venue.desk import Desk
from sim.venue.exposure import Exposure
from sim.venue.first_transfer import FirstTransfer
from sim.venue.licence import Licence
from sim.venue.onboarding import Onboarding
from sim.venue.participants import Participants
from sim.venue.platform import Platform
from sim.venue.ramps import Ramps
from sim.venue.treasury import Treasury


def start_departments(platform: Platform) -> None:
    """Start every department; call it right after the run's first event has been written.

    The order is part of the run's identity: it decides the order of events of the first instant.
    """
    platform.started = platform.journal.next_seq - 1
    licence = Licence(platform)
    desk = Desk(platform, licence)
    admission = Admission(platform, licence)
    ramps = Ramps(platform)
    custody = Custody(platform)
    participants = Participants(platform, ramps, custody)
    treasury = Treasury(platform, desk)
    exposure = Exposure(platform, licence)
    first_transfer = FirstTransfer(platform, ramps, Clients(platform, ramps))
    onboarding = Onboarding(platform, licence, exposure, first_transfer)

    platform.start(licence.follow())
    desk.set_fees(platform.started)
    platform.start(admission.follow())
    participants.sign_up()
    platform.start(custody.sweep_daily())
    platform.start(treasury.reconcile_daily())
    platform.start(onboarding.receive())
