"""What all tests share."""

import pytest
from hypothesis import settings

# The first example may compile a kernel, and other work may slow the machine: time is not the property.
settings.register_profile("vatp", deadline=None)
settings.load_profile("vatp")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let golden files be written anew on purpose."""
    parser.addoption(
        "--update-golden", action="store_true", help="write the golden files instead of comparing"
    )
