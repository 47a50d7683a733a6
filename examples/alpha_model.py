"""Learn where the mid goes from all days but the last, judge on the last: python alpha_model.py DATA_FOLDER."""

import sys

from tradewind.alpha.datasets.book_ticks import book_ticks
from tradewind.alpha.models import explain, make_model, save_model

panel = book_ticks(sys.argv[1], ["IBM"], horizon=100)
last = panel.sample.day == panel.sample.day.max()
train, test = panel.take(~last), panel.take(last)
for name in ("majority", "logistic", "lightgbm"):
    model = make_model(name, output="classes", nan="fill").fit(train.X, train.y, train.sample)
    print(f"{name:10} {model.score(test.X, test.y, test.sample):.3f} of the last day's rows right")
print("last row, up:", explain(model, test.X[-1:], test.features).strongest(0, 2))
save_model(model, "ibm.model")
