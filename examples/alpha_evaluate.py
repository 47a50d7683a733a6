"""Two models on a made-up task, out of sample, with what luck would have shown; your panel goes in the same way."""

from tradewind.alpha.evaluation import Candidate, WalkForward, evaluate
from tradewind.alpha.evaluation.made import made_panel
from tradewind.alpha.models import make_model

panel = made_panel("tabular", seed=7, rows=4000)
models = [
    Candidate(name=name, make=lambda _, name=name: make_model(name, output="classes"))
    for name in ("majority", "logistic")
]
for row in evaluate(panel, models, WalkForward(folds=3)).rows:
    print(f"{row.model}: IC {row.ic}, log loss {row.loss:.3f}, placebo IC {row.placebo_ic:.3f}")
