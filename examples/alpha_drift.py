"""A learner that restarts itself beside one that does not, on a stream whose relation switches three times."""

from tradewind.alpha.adapt.drill import run_drill
from tradewind.alpha.adapt.learners import make_learner
from tradewind.alpha.adapt.streams import switching_stream

stream = switching_stream(seed=7)
for name in ("expanding", "restart bank"):
    found = run_drill(name, make_learner(name), stream)
    print(f"{name}: IC {found.ic:.3f}, after a switch {found.ic_after:.3f}, recovery {found.recovery} rows")
