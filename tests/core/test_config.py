from pathlib import Path

import pytest

from tradewind.core.config import Config, load_config, parse_config
from tradewind.core.errors import ConfigError, NotFoundError


class Fee(Config):
    maker_bps: float
    taker_bps: float = 1.0


class Plan(Config):
    name: str
    fee: Fee


def test_every_problem_is_listed_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config(Plan, {"nam": "x", "fee": {"maker_bps": "much", "tax": 1}}, "plan.toml")
    assert caught.value.problems == [
        "name: missing",
        "fee.maker_bps: input should be a valid number, unable to parse string as a number, got 'much'",
        "fee.tax: unknown key; known keys: maker_bps, taker_bps",
        "nam: unknown key; known keys: fee, name",
    ]
    assert str(caught.value).startswith("plan.toml: 4 problems")


def test_a_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    path.write_text('name = "a"\n[fee]\nmaker_bps = -0.2\n')
    assert load_config(Plan, path).fee.maker_bps == -0.2


@pytest.mark.parametrize("text", ["name = ", "\xff"])
def test_what_is_not_toml_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "plan.toml"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(ConfigError, match=r"plan\.toml"):
        load_config(Plan, path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="no such configuration"):
        load_config(Plan, tmp_path / "none.toml")


def test_a_config_is_frozen() -> None:
    fee = Fee(maker_bps=1.0)
    with pytest.raises(ValueError, match="frozen"):
        fee.maker_bps = 2.0  # type: ignore[misc]
