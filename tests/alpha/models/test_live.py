"""Row by row says what all rows at once say."""

import numpy as np
import pytest

from tradewind.alpha.models import Live, cards, make_model
from tradewind.core.errors import InvalidValueError, UsageError
from tradewind.core.random import stream

X = stream(51, "live").standard_normal((60, 4))
Y = np.sign(np.round(X[:, 0] + 0.3 * X[:, 1])) + 0.0
SMALL = {
    "lightgbm": {"rounds": 5},
    "forest": {"trees": 4},
    "mlp": {"epochs": 1},
    "lstm": {"epochs": 1, "window": 5},
    "transformer": {"epochs": 1, "window": 5},
    "deeplob": {"epochs": 1, "window": 5},
}
PAIRS = [(card.name, output) for card in cards() for output in card.outputs]


@pytest.mark.parametrize(("name", "output"), PAIRS)
def test_live_equals_batch(name: str, output: str) -> None:
    if name in ("mlp", "lstm", "transformer", "deeplob"):
        pytest.importorskip("torch")
        if output != "classes":
            pytest.skip("one kind of output will do")
    y = np.abs(Y) + 0.5 if output == "gamma" else Y
    model = make_model(name, output=output, **SMALL.get(name, {})).fit(X, y)
    live = Live(model)
    found = np.array([live.step(row).copy() for row in X[:20]])
    np.testing.assert_allclose(found, model.predict_dist(X[:20]).values, atol=1e-9)
    live.reset()
    np.testing.assert_allclose(live.step(X[0]), found[0], atol=1e-12)


def test_wrong_rows_are_named() -> None:
    live = Live(make_model("logistic").fit(X, Y))
    with pytest.raises(InvalidValueError, match="4 columns"):
        live.step(X[0, :2])
    for wrong in (np.nan, np.inf):
        row = X[0].copy()
        row[2] = wrong
        with pytest.raises(InvalidValueError, match="column 2"):
            live.step(row)
    with pytest.raises(UsageError):
        Live(make_model("ridge"))
