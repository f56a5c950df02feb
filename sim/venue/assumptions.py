"""Numbers of this model that no source gives and no scenario field holds yet.

Each one is an assumption and says so by standing here. What a scenario can set is in
`sim.scenario.model`; what the law sets is in the regime.
"""

from typing import Final

from sim.units import DAY_US, HOUR_US, MINUTE_US, PPM, Money

# Onboarding ---------------------------------------------------------------------------------------

BANNED_RESIDENCE_PPM: Final = 20_000
"""Share of applicants who live where trading virtual assets is banned."""
AUTOMATIC_CHECK_MEDIAN_US: Final = 5 * MINUTE_US
AUTOMATIC_CHECK_SIGMA: Final = 0.8
"""Automatic identity checks take minutes (the prior of facts row onb.approval_time)."""
TEST_DELAY_MEAN_US: Final = HOUR_US
"""Time a prospect takes to sit the knowledge assessment once it is offered."""
TRAINING_MIN_US: Final = DAY_US
TRAINING_SPAN_US: Final = DAY_US
"""Training after a failed assessment takes between one and two days."""
TRAINED_FAILURE_PPM: Final = PPM // 2
"""Training halves the chance to fail."""
RISK_CLASS_CUMULATIVE: Final = (50_000, 150_000, 450_000, 800_000, 1_000_000)
"""Running shares of the five risk classes among applicants, conservative to aggressive, ppm."""
RETURN_DELAY_MEAN_US: Final = 10 * DAY_US
"""Mean time after retail access opens until a refused prospect who comes back applies again."""

# First transfer and ramps -------------------------------------------------------------------------

FIRST_TRANSFER_DELAY_MEAN_US: Final = 12 * HOUR_US
"""Mean time from the open account to the instruction of the first transfer."""
FPS_SIGMA: Final = 0.6
WIRE_SIGMA: Final = 0.6
"""Standard deviations of the logarithm of the rails' latencies."""
CHATS_LATENCY_MEDIAN_US: Final = 10 * MINUTE_US
CHATS_SIGMA: Final = 0.5
"""CHATS settles at once; the time is the platform's to match and credit the payment."""
THIRD_PARTY_PPM: Final = 10_000
"""Share of clients' deposits that come from somebody else's account."""
RETRY_DELAY_MEAN_US: Final = DAY_US
"""Mean time after such a refusal until the client pays from the own account."""

# Client life --------------------------------------------------------------------------------------

TOP_UP_CLOCK_JITTER_PPM: Final = 100_000
TOP_UP_AMOUNT_JITTER_PPM: Final = 200_000
"""Savers' instants vary within this share of the interval, amounts within this share of the ticket."""
OCCASIONAL_INTERVALS: Final = 3
"""Clients who are not steady savers top up at exponential times, three saving intervals apart on average."""
LEAST_TRANSFER: Final = {"HKD": Money("HKD", 100_000_000), "USD": Money("USD", 100_000_000)}
"""Smaller deposits and withdrawals are not worth it (facts row fiat.hashkey_limits: HK$100, US$100)."""
WITHDRAWAL_SHARE_MIN_PPM: Final = 200_000
"""A withdrawal asks for a share of the available cash, uniform between this and all of it."""

# Custody ------------------------------------------------------------------------------------------

CHAIN_LATENCY_MEDIAN_US: Final = 30 * MINUTE_US
CHAIN_SIGMA: Final = 0.5
"""Confirmations of a coin deposit."""
PAYOUT_CHECK_MEDIAN_US: Final = 5 * MINUTE_US
PAYOUT_CHECK_SIGMA: Final = 0.5
"""Automatic checks of a coin withdrawal to a whitelisted address (facts row cus.withdraw_time: minutes)."""
SWEEP_DELAY_US: Final = HOUR_US
"""The daily sweep into cold storage starts this long after the wallet operators' shift."""

# Participants and treasury ------------------------------------------------------------------------

REFILL_BELOW_PPM: Final = 500_000
"""A market maker or arbitrageur refills a balance that fell below half of its target."""
RECONCILIATION_US: Final = 17 * HOUR_US
"""Time of day, business days, of the treasury's reconciliation."""
