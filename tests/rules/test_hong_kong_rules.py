import tomllib
from typing import Any

import pytest

from sim.quantities import parse_instant
from sim.rules import ASSUMPTION, Regime, diff, load_regime, shipped_folder
from sim.rules.model import CONFIDENCES
from sim.scenario.model import RuleChange
from sim.units import Money, format_us


def hkd(dollars: int) -> Money:
    return Money("HKD", dollars * 1_000_000)


def usd(dollars: int) -> Money:
    return Money("USD", dollars * 1_000_000)


@pytest.fixture(scope="module")
def hong_kong() -> Regime:
    return load_regime("rules/hong-kong")


# Every rule that the simulation asks for, with what it must find: unit, first date, value.
ASKED_FOR: list[tuple[str, str, str, Any]] = [
    ("onb.retail_access", "flag", "2023-06-01", False),
    ("onb.retail_access", "flag", "2023-08-28", True),
    ("onb.knowledge", "flag", "2023-06-01", True),
    ("onb.risk_profile", "flag", "2023-06-01", True),
    ("onb.exposure_rule", "flag", "2023-06-01", True),
    ("onb.exposure_limit", "share", "2023-06-01", 300_000),
    ("onb.first_transfer", "money", "2023-11-01", hkd(10_000)),
    ("onb.pi_individual", "money", "2023-06-01", hkd(8_000_000)),
    ("onb.kyc", "flag", "2023-06-01", True),
    ("onb.same_name", "flag", "2023-06-01", True),
    ("onb.jurisdiction", "flag", "2023-06-01", True),
    ("fiat.withdrawal_days", "count", "2023-06-01", 1),
    ("fiat.usd_window", "text", "2023-06-01", "Mon-Fri 11:00-16:00 HKT"),
    ("cus.cold_share", "share", "2023-06-01", 980_000),
    ("cus.whitelist", "flag", "2023-06-01", True),
    ("trd.prefunded", "flag", "2023-06-01", True),
    ("trd.fee_maker", "share", "2023-06-01", 1_000),
    ("trd.fee_taker", "share", "2023-06-01", 1_500),
    ("trd.min_order.btc_hkd", "money", "2023-06-01", hkd(80)),
    ("trd.min_order.btc_usd", "money", "2023-06-01", usd(10)),
    ("trd.min_order.eth_hkd", "money", "2023-06-01", hkd(80)),
    ("trd.min_order.eth_usd", "money", "2023-06-01", usd(10)),
    ("tok.sfc_approval", "flag", "2023-06-01", True),
    ("tok.fallout", "flag", "2023-06-01", True),
    ("tok.retail_gate", "flag", "2023-06-01", True),
]

# Values with a history: (rule, instant, value in force, None for none).
HISTORY: list[tuple[str, str, Any]] = [
    ("onb.first_transfer", "2023-10-31", None),
    ("onb.exposure_hashkey", "2023-08-27", None),
    ("onb.exposure_hashkey", "2023-08-28", 300_000),
    ("onb.exposure_tiger", "2025-06-01", 200_000),
    ("onb.exposure_futu", "2025-06-01", 0),
    ("tok.track_record", "2026-01-01", 12),
    ("tok.track_record_pi", "2025-11-02", 12),
    ("tok.track_record_pi", "2025-11-03", 0),
    ("tok.stable_excl.licensed_allowed", "2025-11-02", False),
    ("tok.stable_excl.licensed_allowed", "2025-11-03", True),
    ("cus.cold_share", "2019-11-06", 980_000),
    ("cus.comp_cover.cold", "2023-05-31", 950_000),
    ("cus.comp_cover.cold", "2023-06-01", 500_000),
    ("cus.comp_cover.hot", "2023-06-01", 1_000_000),
    ("trd.mm_third", "2026-02-10", True),
    ("trd.mm_third", "2026-02-11", False),
    ("trd.mm_affiliate", "2026-02-10", False),
    ("trd.mm_affiliate", "2026-02-11", True),
    ("trd.staking", "2025-04-06", False),
    ("trd.staking", "2025-04-07", True),
    ("trd.price_band", "2023-06-01", 200_000),
    ("trd.margin_haircut", "2026-02-11", 600_000),
    ("aml.travel_rule", "2023-06-01", hkd(8_000)),
    ("aml.travel_rule.immediate", "2023-12-31", False),
    ("aml.travel_rule.immediate", "2024-01-01", True),
    ("lic.platforms", "2024-12-17", 3),
    ("lic.platforms", "2024-12-18", 7),
    ("lic.platforms", "2026-11-22", 13),
    ("lic.ext_assess_old", "2024-12-18", None),
    ("lic.ext_assess_new", "2025-01-16", 1),
    ("lic.paid_up", "2023-06-01", hkd(5_000_000)),
    ("lic.liquid_capital", "2023-06-01", hkd(3_000_000)),
    ("lic.apply_deadline", "2023-06-01", parse_instant("2024-02-29")),
]

# The rows of the sources, as prefixes: each must have at least one rule.
ROWS = """
lic.regime_start lic.scope lic.scope_excl lic.marketing lic.penalty lic.apply_deadline lic.close_deadline
lic.deemed_from lic.presence_test lic.exit_example lic.paid_up lic.liquid_capital lic.opex_reserve
lic.entry_cost lic.ext_assess_old lic.ext_assess_new lic.restricted_scope lic.staff
onb.jurisdiction onb.jurisdiction_hashkey onb.knowledge onb.knowledge_exempt onb.kyc onb.risk_profile
onb.exposure_rule onb.exposure_hashkey onb.exposure_matrixport onb.exposure_tiger onb.exposure_futu
onb.risk_levels_hashkey onb.pi_individual onb.pi_corporate onb.retail_access onb.suitability onb.gifts
onb.non_f2f onb.first_transfer onb.proof_address onb.same_name aml.cdd_threshold aml.travel_rule
aml.wallet_proof onb.approval_time onb.rejection_rate
tok.committee tok.general_dd tok.track_record tok.track_record_pi tok.track_record_stable tok.retail_gate
tok.two_indices tok.case_by_case tok.sfc_approval tok.sc_audit tok.legal_opinion tok.stable_excl
tok.fallout tok.becomes_security tok.eligible_2023 tok.retail_actual_2023 tok.retail_actual_2024
tok.retail_actual_2025 tok.group_total tok.approval_time
fiat.bank_access fiat.client_money fiat.banks_hashkey fiat.bank_apps fiat.fps fiat.fps_bank_cap
fiat.fps_volume fiat.fps_regs fiat.fps_measured fiat.osl_deposit fiat.osl_withdraw fiat.hashkey_limits
fiat.usd_window fiat.chats_hours fiat.chats_mech fiat.bank_cutoff fiat.typhoon fiat.bank_maint fx.band
fx.2025_episode
cus.cold_share cus.min_cold_moves cus.whitelist cus.dest_lock cus.keys_hk cus.associated_entity
cus.comp_cover cus.comp_forms cus.comp_actual cus.no_icf cus.withdraw_time cus.circ_2025
cus.extra_custody cus.bank_std cus.licensed_custodian
trd.prefunded trd.no_credit trd.no_prop trd.mm_third trd.mm_affiliate trd.no_derivs trd.perps
trd.perp_margin_asset trd.margin_broker trd.margin_haircut trd.margin_frr trd.sob trd.sob_settle
trd.sob_retail trd.sob_brokers trd.staking trd.lending trd.surveillance trd.algo trd.capacity
trd.circuit_breaker trd.records
trd.order_types trd.priority trd.price_band trd.min_order trd.market_max trd.limit_max
trd.quote_currencies trd.hours trd.spread trd.fee_bank_app
"""


@pytest.mark.parametrize(("rule_id", "unit", "on", "value"), ASKED_FOR)
def test_every_rule_the_simulation_asks_for_has_its_value(
    hong_kong: Regime, rule_id: str, unit: str, on: str, value: object
) -> None:
    law = hong_kong.at(parse_instant(on))
    found = getattr(law, unit)(rule_id)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(("rule_id", "on", "value"), HISTORY)
def test_a_history_turns_on_its_date(
    hong_kong: Regime, rule_id: str, on: str, value: object
) -> None:
    dated = hong_kong.at(parse_instant(on)).get(rule_id)
    assert (dated.value if dated else None) == value


@pytest.mark.parametrize("row", ROWS.split())
def test_every_row_of_the_sources_has_a_rule(hong_kong: Regime, row: str) -> None:
    assert any(rule_id == row or rule_id.startswith(f"{row}.") for rule_id in hong_kong.rules)


def test_every_value_has_a_source_and_a_legal_confidence(hong_kong: Regime) -> None:
    for rule in hong_kong.rules.values():
        for value in rule.values:
            where = f"{rule.id} from {format_us(value.start_us)}"
            assert value.reference.document, where
            assert value.confidence in CONFIDENCES, where
            if value.reference.document == ASSUMPTION:
                assert value.note, f"{where}: an assumption says why"


def test_what_was_seen_says_where_and_when(hong_kong: Regime) -> None:
    unlinked = {
        rule.id
        for rule in hong_kong.rules.values()
        for value in rule.values
        if value.confidence == "V" and not (value.reference.url and value.reference.read)
    }
    assert unlinked == set()


def test_values_that_are_not_law_yet_say_so(hong_kong: Regime) -> None:
    expected = {
        rule.id
        for rule in hong_kong.rules.values()
        if any(value.status == "expected" for value in rule.values)
    }
    assert expected == {"cus.licensed_custodian"}


def test_the_cover_of_cold_and_hot_storage_is_the_right_way_round(hong_kong: Regime) -> None:
    law = hong_kong.at(parse_instant("2024-01-01"))
    cold, hot, store = (
        law.share(rule_id)
        for rule_id in ("cus.comp_cover.cold", "cus.comp_cover.hot", "cus.cold_share")
    )
    least = (cold * store + hot * (1_000_000 - store)) // 1_000_000
    assert law.share("cus.comp_cover.minimum") == least


def test_each_shipped_file_loads_alone_and_keeps_to_its_part_of_the_law(hong_kong: Regime) -> None:
    prefixes = {
        "admission.toml": {"tok"},
        "custody.toml": {"cus"},
        "documents.toml": set(),
        "licensing.toml": {"lic"},
        "onboarding.toml": {"onb", "aml"},
        "ramps.toml": {"fiat", "fx"},
        "trading.toml": {"trd"},
    }
    files = sorted((shipped_folder() / "rules" / "hong-kong").iterdir())
    assert [file.name for file in files] == sorted(prefixes)
    for file in files:
        assert load_regime(file).rules.keys() <= hong_kong.rules.keys()
        rules = tomllib.loads(file.read_text(encoding="utf-8")).get("rule", [])
        assert {rule["id"].split(".")[0] for rule in rules} == prefixes[file.name]


def test_every_document_is_cited() -> None:
    folder = shipped_folder() / "rules" / "hong-kong"
    tables = [tomllib.loads(file.read_text(encoding="utf-8")) for file in folder.iterdir()]
    listed = {document["id"] for table in tables for document in table.get("document", [])}
    cited = {
        value["document"]
        for table in tables
        for rule in table.get("rule", [])
        for value in rule["value"]
    }
    assert listed - cited == set()


def test_the_shipped_overlay_changes_one_rule_for_the_whole_run(hong_kong: Regime) -> None:
    start_us = parse_instant("2023-06-01")
    file = shipped_folder() / "rules" / "exposure-10.toml"
    overlay = tomllib.loads(file.read_text(encoding="utf-8"))
    changes = [RuleChange(**change) for change in overlay["rules"]["changes"]]
    variant, conflicts = hong_kong.with_changes(changes, start_us)
    (difference,) = diff(hong_kong, variant)
    assert conflicts == ()
    assert (difference.id, difference.start_us, difference.end_us) == (
        "onb.exposure_limit",
        start_us,
        None,
    )
    assert variant.at(start_us).share("onb.exposure_limit") == 100_000
