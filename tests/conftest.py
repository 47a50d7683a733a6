"""Fixtures every test may use."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

REPOSITORY = Path(__file__).resolve().parents[1]
os.environ["COLUMNS"] = "200"  # tables are read as on a wide terminal, whoever runs the suite
settings.register_profile("steady", derandomize=True)  # the same examples in every run: a change is what failed
settings.register_profile("explore", derandomize=False, print_blob=True)  # new ones: make test-explore
settings.load_profile("steady")


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Folder of real market data; the test is skipped, saying so, where it is absent."""
    folder = Path(os.environ.get("TRADEWIND_DATA") or REPOSITORY.parent / "shared" / "data")
    if not (folder / "README.md").is_file():
        pytest.skip(f"no real market data in {folder}; set TRADEWIND_DATA to its folder")
    return folder


@pytest.fixture(scope="session")
def repository() -> Path:
    """Root of the checkout."""
    return REPOSITORY
