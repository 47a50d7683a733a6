import inspect
import re
from pathlib import Path

import pytest

from tradewind.core import errors
from tradewind.core.errors import DataError, InvalidValueError, TradewindError

CLASSES = [c for _, c in inspect.getmembers(errors, inspect.isclass) if issubclass(c, TradewindError)]


def test_data_error_names_file_row_field_and_mend() -> None:
    error = DataError("a.csv", "a price", "x" * 200, row=7, field="price", hint="Look.")
    assert str(error).startswith("a.csv, row 7, field 'price': expected a price, got 'xxx")
    assert str(error).endswith("Look.")
    assert len(str(error)) < 200


def test_invalid_value_is_a_value_error() -> None:
    with pytest.raises(ValueError, match=r"side must be \+1 \(buy\) or -1 \(sell\), got 0"):
        raise InvalidValueError("side", "+1 (buy) or -1 (sell)", 0)


@pytest.mark.parametrize("error", CLASSES, ids=lambda c: c.__name__)
def test_exit_codes_stand_in_the_reference(error: type[TradewindError], repository: Path) -> None:
    table = (repository / "docs" / "reference" / "cli.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d+) \| ([^|]*) \|", table, flags=re.MULTILINE)
    documented = {name: int(code) for code, names in rows for name in re.findall(r"`(\w+)`", names)}
    assert documented[error.__name__] == error.exit_code


def test_every_error_is_public() -> None:
    assert {c.__name__ for c in CLASSES} == set(errors.__all__)
