"""The zoo of forecasters: one protocol, models as data, and what each says about why."""

from tradewind.alpha.models.registry import cards, load_model, make_model, names, save_model

__all__ = ["cards", "load_model", "make_model", "names", "save_model"]
