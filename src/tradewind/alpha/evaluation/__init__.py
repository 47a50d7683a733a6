"""Honest evaluation: purged splits, every trial counted, scores with intervals, audits for leaks."""

from tradewind.alpha.evaluation.audit import AuditReport, audit_fit, audit_forecasts
from tradewind.alpha.evaluation.deflation import deflated_sharpe, probability_of_overfitting
from tradewind.alpha.evaluation.ledger import Trial, TrialLedger
from tradewind.alpha.evaluation.run import Candidate, Evaluation, EvaluationSettings, evaluate
from tradewind.alpha.evaluation.scores import Scores, score
from tradewind.alpha.evaluation.splits import CombinatorialPurged, DaysOut, WalkForward

__all__ = [
    "AuditReport",
    "Candidate",
    "CombinatorialPurged",
    "DaysOut",
    "Evaluation",
    "EvaluationSettings",
    "Scores",
    "Trial",
    "TrialLedger",
    "WalkForward",
    "audit_fit",
    "audit_forecasts",
    "deflated_sharpe",
    "evaluate",
    "probability_of_overfitting",
    "score",
]
