"""The zoo of forecasters: one protocol, models as data, and what each says about why."""

from tradewind.alpha.models.explain import explain, permutation_importance
from tradewind.alpha.models.live import Live
from tradewind.alpha.models.mirrored import Mirrored
from tradewind.alpha.models.registry import cards, load_model, make_model, names, save_model

__all__ = [
    "Live",
    "Mirrored",
    "cards",
    "explain",
    "load_model",
    "make_model",
    "names",
    "permutation_importance",
    "save_model",
]
