"""One forecast out of many: calibrated experts by modality, pooled in log-odds."""

from tradewind.alpha.fusion.forecasts import forecast_id, forecasts_of
from tradewind.alpha.fusion.master import Expert, Master, MasterSettings
from tradewind.alpha.fusion.weights import FixedShare

__all__ = ["Expert", "FixedShare", "Master", "MasterSettings", "forecast_id", "forecasts_of"]
