from datetime import date, timedelta

import pytest

from tradewind.core.errors import InvalidValueError
from tradewind.rl.evaluate.recorded import pick_days

DAYS = [date(2013, 10, 7) + timedelta(days=k) for k in range(12)]


def test_the_last_day_is_tested_on_what_came_before() -> None:
    assert pick_days(DAYS[:3], [], []) == ([DAYS[2]], DAYS[:2])
    assert pick_days(DAYS, [DAYS[3], DAYS[2]], []) == ([DAYS[2], DAYS[3]], DAYS[:2])
    assert pick_days(DAYS, [DAYS[2]], [DAYS[5]]) == ([DAYS[2]], [DAYS[5]])
    assert pick_days(DAYS[:1], [], []) == (DAYS[:1], [])


def test_no_day_is_fitted_and_tested_on() -> None:
    with pytest.raises(InvalidValueError, match="other days than those tested on"):
        pick_days(DAYS, [DAYS[2]], [DAYS[2], DAYS[1]])
    with pytest.raises(InvalidValueError, match="at most 8"):
        pick_days(DAYS, [DAYS[11]], [])
