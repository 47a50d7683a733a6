"""Champion and challenger: drift starts a challenger, it forecasts in the shadow, and evidence decides."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import msgspec
import numpy as np

from tradewind.alpha.adapt.detectors import ErrorDetector
from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError

__all__ = ["Decision", "Supervisor", "SupervisorSettings"]


DATED = 1000


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """One decision and why.

    Attributes:
        row: Number of labelled rows seen when it was taken.
        kind: What was decided.
        reason: What set it off.
        evidence: Numbers it rests on.
    """

    row: int
    kind: Literal["challenge", "promote", "reject", "keep", "roll back"]
    reason: str
    evidence: dict[str, float]


class SupervisorSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How champions are replaced.

    Attributes:
        detector: ``adwin`` or ``page-hinkley``, on the champion's squared errors above those of forecasting nothing.
        sensitivity: As :class:`~tradewind.alpha.adapt.detectors.ErrorDetector` takes it.
        memory: Most rows that are kept to train on.
        young: Fewest rows before the alarm that a challenger is trained on; otherwise those since the change is dated.
        renew: Rows after which a challenger in the shadow is trained again, with what came; 0 never.
        shadow: Labelled rows for which a challenger forecasts in the shadow before it is judged.
        probation: Labelled rows for which the old champion goes on in the shadow after a promotion.
        certain: t-statistic of the paired difference of losses that decides.
        every: Rows between scheduled challenges; 0 for none.
        refresh: Rows between refits of the champion on what came since the change it was promoted for; 0 for none.
    """

    detector: Literal["adwin", "page-hinkley"] = "page-hinkley"
    sensitivity: float = 0.02
    memory: int = 3000
    young: int = 100
    renew: int = 50
    shadow: int = 150
    probation: int = 250
    certain: float = 1.0
    every: int = 0
    refresh: int = 250


class Supervisor:
    """Keeps a model fresh and says why.

    A drift alarm (or the schedule) trains a challenger on the rows since the change, dated by the largest cumulative
    deviation of the losses. It forecasts in the shadow; after ``shadow``
    labelled rows the paired differences of squared errors decide: promote or reject. After a promotion the old champion
    stays in the shadow for ``probation`` rows and is put back when it was better after all.

    Args:
        make: Gives an unfitted model (``fit``, ``predict_dist``).
        settings: See :class:`SupervisorSettings`.

    Attributes:
        decisions: Every decision so far, with its evidence.
        alarms: Rows at which the detector spoke.
    """

    def __init__(self, make: Callable[[], Any], settings: SupervisorSettings | None = None) -> None:
        self.make, self.settings = make, settings or SupervisorSettings()
        if self.settings.shadow < 2:
            raise InvalidValueError("shadow", "2 rows or more", self.settings.shadow)
        self.champion: Any = None
        self.rival: Any = None
        self.role: Literal["none", "challenger", "former"] = "none"
        self.decisions: list[Decision] = []
        self.alarms: list[int] = []
        self.row = 0
        self._detector = ErrorDetector(self.settings.detector, self.settings.sensitivity)
        self._rows: list[Array] = []
        self._labels: list[float] = []
        self._differences: list[float] = []
        self._losses: list[float] = []
        self._since = self._age = 0

    def fit(self, X: Array, y: Array) -> Supervisor:
        """Train the first champion."""
        self._rows, self._labels = list(np.asarray(X, np.float64)), [float(v) for v in y]
        self.row = self._since = len(self._labels)
        self.champion = self._trained(self.settings.memory)
        return self

    def predict(self, X: Array) -> Array:
        """Shape (n,): the champion's forecasts; zeros before there is one."""
        return np.zeros(len(X)) if self.champion is None else np.asarray(self.champion.predict_dist(X).mean())

    def learn(self, x: Array, y: float) -> Decision | None:
        """Take in one row whose label has become known.

        Args:
            x: Shape (d,).
            y: Its label.

        Returns:
            What was decided, if anything was.
        """
        self.row += 1
        self._since += 1
        self._rows.append(np.asarray(x, np.float64))
        self._labels.append(float(y))
        del self._rows[: -self.settings.memory], self._labels[: -self.settings.memory]
        before = len(self.decisions)
        if self.champion is not None:
            loss = self._excess(self.champion, x, y)
            self._losses.append(loss)
            del self._losses[:-DATED]
            self._age += 1
            if self.rival is not None:
                self._differences.append(loss - self._excess(self.rival, x, y))
                self._judge()
            drift = self._detector.update(loss)
            if drift:
                self.alarms.append(self.row)
            if self.settings.refresh and self.role == "none" and self.row % self.settings.refresh == 0:
                self.champion = self._trained(self._since)
            if self.rival is None and (drift or (self.settings.every and self.row % self.settings.every == 0)):
                self._challenge("drift" if drift else "schedule", loss)
        return self.decisions[-1] if len(self.decisions) > before else None

    @staticmethod
    def _excess(model: Any, x: Array, y: float) -> float:
        """Squared error above that of forecasting nothing: noise that no model foresees cancels."""
        forecast = float(model.predict_dist(x[None]).mean()[0])
        return forecast * forecast - 2 * forecast * y

    def _challenge(self, reason: str, loss: float) -> None:
        self._age = max(self.settings.young, self._since_change()) if reason == "drift" else self._since
        self.rival, self.role, self._differences = self._trained(self._age), "challenger", []
        self._note("challenge", reason, {"loss": loss, "trained_on": float(min(self._age, len(self._rows)))})

    def _since_change(self) -> int:
        """Rows since the largest cumulative deviation of the losses from their mean (Page, 1954)."""
        losses = np.asarray(self._losses)
        return len(losses) - int(np.argmin(np.cumsum(losses - losses.mean()))) - 1

    def _judge(self) -> None:
        """Once enough differences are in: a positive one says that the rival was better."""
        count = len(self._differences)
        if self.role == "challenger" and self.settings.renew and count % self.settings.renew == 0:
            self.rival = self._trained(self._age)
        if count < (self.settings.shadow if self.role == "challenger" else self.settings.probation):
            return
        gain = np.asarray(self._differences)
        t = float(gain.mean() / max(gain.std(ddof=1) / np.sqrt(count), 1e-300))
        evidence = {"mean_gain": float(gain.mean()), "t": t, "rows": float(count)}
        won = t > self.settings.certain
        if self.role == "challenger" and won:
            # Trained again with the rows that came while it waited in the shadow.
            self._since, former = self._age, self.champion
            self.champion, self.rival, self.role = self._trained(self._since), former, "former"
            self._losses = []
            self._note("promote", "better in the shadow", evidence)
        elif self.role == "challenger":
            self.rival, self.role = None, "none"
            self._note("reject", "not better in the shadow", evidence)
        elif won:
            self.champion, self.rival, self.role = self.rival, None, "none"
            self._note("roll back", "the former champion was better", evidence)
        else:
            self.rival, self.role = None, "none"
            self._note("keep", "passed its probation", evidence)
        self._differences = []

    def _trained(self, rows: int) -> Any:
        return self.make().fit(np.array(self._rows[-rows:]), np.array(self._labels[-rows:]))

    def _note(self, kind: Any, reason: str, evidence: dict[str, float]) -> None:
        self.decisions.append(Decision(row=self.row, kind=kind, reason=reason, evidence=evidence))
