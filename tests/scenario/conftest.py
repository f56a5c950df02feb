"""A small scenario with a regime of its own, so that these tests do not depend on the shipped law."""

from collections.abc import Callable
from pathlib import Path

import pytest

SCENARIO = """\
name = "small"
description = "one pair, two weeks"

[horizon]
start = 2023-06-01
end = 2023-06-15

[world]
listings = [{ pair = "BTC/HKD", professional_from = 2023-06-01 }]

[world.population]
prospects = 50

[rules]
regime = "law.toml"
"""

REGIME = """\
[[rule]]
id = "onb.exposure_limit"
title = "Largest share of net worth in tokens"
unit = "share"
applies_to = ["retail"]
department = "onboarding"
use = "caps a client's purchases"
[[rule.value]]
from = 2023-06-01
value = "30 %"
status = "practice"
confidence = "K(m)"
document = "assumption"

[[rule]]
id = "onb.kyc"
title = "Know your client"
unit = "flag"
applies_to = ["retail"]
department = "onboarding"
use = "document stage"
[[rule.value]]
from = 2023-06-01
value = true
status = "practice"
confidence = "K(m)"
document = "assumption"

[[rule]]
id = "onb.first_transfer"
title = "First transfer from the client's own bank account"
unit = "money"
applies_to = ["retail"]
department = "onboarding"
use = "smallest first deposit"
[[rule.value]]
from = 2023-11-01
value = "HKD 10,000"
status = "practice"
confidence = "K(m)"
document = "assumption"
"""

Write = Callable[[str, str], Path]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Write a file into the test's folder, which is the working folder and holds the regime."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "law.toml").write_text(REGIME, encoding="utf-8")

    def writer(name: str, text: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return Path(name)

    return writer


@pytest.fixture
def small(write: Write) -> Path:
    """Return the path of the small scenario."""
    return write("small.toml", SCENARIO)


@pytest.fixture
def text() -> str:
    """Return the small scenario's text, for tests that spoil it."""
    return SCENARIO
