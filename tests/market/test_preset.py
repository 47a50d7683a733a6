"""Presets: every shipped one loads, writes and reads back; bad ones are refused by name and range."""

from pathlib import Path

import pytest

from tradewind.core.errors import ConfigError, NotFoundError
from tradewind.market.preset import load_preset, preset_names, preset_text


@pytest.mark.parametrize("name", preset_names())
def test_shipped_presets_survive_a_round_trip(name: str, tmp_path: Path) -> None:
    preset = load_preset(name)
    copy = tmp_path / "copy.toml"
    copy.write_text(preset_text(preset), encoding="utf-8")
    assert load_preset(copy) == preset
    assert preset.name == name
    assert preset.provenance.source
    assert preset.provenance.events > 0


def test_there_are_five() -> None:
    assert preset_names() == ["aapl2012", "aig", "btcusdt", "ibm", "zero_intelligence"]


def edited(tmp_path: Path, old: str, new: str) -> Path:
    text = preset_text(load_preset("zero_intelligence"))
    assert old in text
    path = tmp_path / "edited.toml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("branching = [0.0, 0.0", "branching = [0.7, 0.4", r"branching should sum to less than 1"),
        ("branching = [0.0", "branching = [-0.1", r"clock\.branching\.0: .*greater than or equal to 0"),
        ("version = 3", "version = 2", r"version should be 3, got 2"),
        ("active = 1", "active = 0", r"metaorders\.active: .*greater than or equal to 1"),
        ("rates = {market = [", "rates = {market = [-", r"touch\.rates\.market\.0: .*greater than or equal to 0"),
        ("flow_cap =", "flow_caps =", r"memory\.flow_caps: unknown key"),
        ("reach_ticks = ", "reach_ticks = 9", r"depth\.reach_ticks: .*less than or equal to 400"),
    ],
)
def test_bad_values_are_refused_by_name_and_range(tmp_path: Path, old: str, new: str, complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        load_preset(edited(tmp_path, old, new))


def test_unknown_presets_are_named() -> None:
    with pytest.raises(NotFoundError, match=r"nonesuch: no such preset; there are aapl2012"):
        load_preset("nonesuch")
