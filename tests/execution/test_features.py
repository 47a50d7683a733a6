"""The guide's table is the code's."""

from pathlib import Path

import numpy as np

from tradewind.execution.actions import ACTION_SETTINGS, ACTIONS, action_spec
from tradewind.execution.features import FEATURES, feature_table, spec_hash

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "guide" / "environment.md"


def test_the_guide_has_the_table_of_the_code() -> None:
    assert feature_table() in GUIDE.read_text(encoding="utf-8")


def test_every_feature_is_described() -> None:
    assert len({f.name for f in FEATURES}) == len(FEATURES)
    assert all(f.low < f.high and f.meaning.endswith(".") and f.unit and f.source for f in FEATURES)


def test_the_hash_follows_the_meaning() -> None:
    from tradewind.execution import features

    before = spec_hash()
    original = features.FEATURES
    try:
        features.FEATURES = (*original[:-1], original[0])
        assert spec_hash() != before
    finally:
        features.FEATURES = original
    assert spec_hash() == before


def test_an_action_spec_names_shares() -> None:
    settings = np.array([(2.0, (0.5, 1, 2, 4))], ACTION_SETTINGS)
    assert action_spec(settings).split()[:6] == list(ACTIONS[:6])
    assert action_spec(settings).endswith("passive:2")
