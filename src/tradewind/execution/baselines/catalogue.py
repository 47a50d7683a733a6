"""The baselines by name: what each does, where it comes from, and its plan for a market and an order."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec
import numpy as np

from tradewind.core.dtypes import Array
from tradewind.core.errors import InvalidValueError, NotFoundError
from tradewind.execution.baselines.records import CURVE_POINTS, EPOCHS, INVENTORY_BINS, PLAN, Kind
from tradewind.execution.impact import ImpactModel
from tradewind.execution.volume import VolumeCurve

__all__ = ["BASELINES", "GRIDS", "Baseline", "Setting", "new_plan", "plan_of"]


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """What baselines are fitted to, on the training split.

    Attributes:
        impact: Fitted impact.
        curve: Fitted volume curve; None is a flat one.
        tuned: Parameters tuned on the training split, by baseline; where there are none the defaults stand.
        table: Best actions of tabular Q-learning, shape of ``PLAN["table"]``; None before it is trained.
    """

    impact: ImpactModel
    curve: VolumeCurve | None = None
    tuned: Mapping[str, tuple[float, ...]] = {}
    table: Array | None = None


class Baseline(msgspec.Struct, frozen=True, kw_only=True):
    """A strategy that a learned policy has to beat.

    Attributes:
        name: For commands and files.
        title: For tables.
        meaning: What it does, in one sentence.
        source: Who described it.
        plan: Makes its plan, given a setting and its parameters.
        defaults: Parameters before they are tuned.
    """

    name: str
    title: str
    meaning: str
    source: str
    plan: Callable[[Setting, tuple[float, ...]], Array]
    defaults: tuple[float, ...] = ()


def new_plan(kind: Kind, slices: int = 0, numbers: tuple[float, ...] = (), curve: VolumeCurve | None = None) -> Array:
    """A plan, shape (1,), dtype ``PLAN``.

    Args:
        kind: Which rule.
        slices: In how many parts an order is worked; 0 is one a decision.
        numbers: Parameters by kind.
        curve: When volume is expected; None is an even schedule.

    Raises:
        InvalidValueError: For a negative number of slices, or a number that is not finite.
    """
    if slices < 0:
        raise InvalidValueError("slices", "0 or more", slices)
    if not np.isfinite(numbers).all():
        raise InvalidValueError("numbers", "finite", numbers)
    plan = np.zeros(1, PLAN)
    plan["kind"], plan["slices"] = int(kind), slices
    plan["numbers"][0, : len(numbers)] = numbers
    plan["session_s"] = 1.0
    if curve is not None:
        parts = CURVE_POINTS - 1
        plan["session_s"], plan["parts"] = curve.session_s, parts
        plan["until"] = curve.until(np.linspace(0.0, curve.session_s, parts + 1))
    return plan


def _immediate(_setting: Setting, _numbers: tuple[float, ...]) -> Array:
    return new_plan(Kind.SCHEDULE, 1)


def _twap(_setting: Setting, _numbers: tuple[float, ...]) -> Array:
    return new_plan(Kind.SCHEDULE)


def _vwap(setting: Setting, _numbers: tuple[float, ...]) -> Array:
    return new_plan(Kind.SCHEDULE, curve=setting.curve)


def _patient(_setting: Setting, numbers: tuple[float, ...]) -> Array:
    return new_plan(Kind.PASSIVE, int(numbers[0]), numbers[1:])


def _pov(_setting: Setting, numbers: tuple[float, ...]) -> Array:
    return new_plan(Kind.POV, 0, numbers)


def _fitted(setting: Setting, numbers: tuple[float, ...]) -> tuple[float, ...]:
    return (numbers[0], setting.impact.sigma, setting.impact.eta, setting.impact.gamma)


def _almgren_chriss(setting: Setting, numbers: tuple[float, ...]) -> Array:
    return new_plan(Kind.ALMGREN_CHRISS, 0, _fitted(setting, numbers))


def _adaptive(setting: Setting, numbers: tuple[float, ...]) -> Array:
    return new_plan(Kind.ADAPTIVE, 0, _fitted(setting, numbers))


def _submit(_setting: Setting, numbers: tuple[float, ...]) -> Array:
    return new_plan(Kind.SUBMIT_AND_LEAVE, 0, numbers)


def _imbalance(_setting: Setting, numbers: tuple[float, ...]) -> Array:
    return new_plan(Kind.IMBALANCE, 0, numbers)


def _microprice(_setting: Setting, numbers: tuple[float, ...]) -> Array:
    return new_plan(Kind.MICROPRICE, 0, numbers)


def _random(_setting: Setting, _numbers: tuple[float, ...]) -> Array:
    return new_plan(Kind.RANDOM, 20)


def _table(setting: Setting, numbers: tuple[float, ...]) -> Array:
    plan = new_plan(Kind.TABLE, 0, numbers)
    if setting.table is not None:
        if setting.table.shape != plan["table"].shape[1:]:
            raise InvalidValueError("table", f"of shape {plan['table'].shape[1:]}", setting.table.shape)
        plan["table"] = setting.table
    else:  # before training: join until the last epoch, then cross
        plan["table"] = 2
        plan["table"][0, EPOCHS - 1, :INVENTORY_BINS] = 0
    return plan


BASELINES: dict[str, Baseline] = {
    b.name: b
    for b in (
        Baseline(
            name="immediate",
            title="Immediate",
            meaning="cross everything at once",
            source="the least timing risk there is; Perold (1988)",
            plan=_immediate,
        ),
        Baseline(
            name="twap",
            title="TWAP, crossing",
            meaning="cross the same size at every decision",
            source="Bertsimas and Lo (1998)",
            plan=_twap,
        ),
        Baseline(
            name="twap_passive",
            title="TWAP, passive then cross",
            meaning="rest each slice at the best price, cross what is late",
            source="the usual broker's algorithm; Johnson (2010), ch. 5",
            plan=_patient,
            defaults=(10.0, 0.0),
        ),
        Baseline(
            name="vwap",
            title="VWAP",
            meaning="cross along the volume curve fitted to the training split",
            source="Bialkowski, Darolles and Le Fol (2008)",
            plan=_vwap,
        ),
        Baseline(
            name="pov",
            title="POV",
            meaning="cross a fixed share of what others trade",
            source="Johnson (2010), ch. 5",
            plan=_pov,
            defaults=(1.2,),
        ),
        Baseline(
            name="almgren_chriss",
            title="Almgren–Chriss",
            meaning="cross along the optimal trajectory of the fitted impact and volatility",
            source="Almgren and Chriss (2000)",
            plan=_almgren_chriss,
            defaults=(0.3,),
        ),
        Baseline(
            name="adaptive",
            title="Adaptive arrival price",
            meaning="the same, faster after gains and slower after losses",
            source="Almgren and Lorenz (2007)",
            plan=_adaptive,
            defaults=(0.3,),
        ),
        Baseline(
            name="submit_and_leave",
            title="Submit and leave",
            meaning="one limit order at the best price, cross what is left at the end",
            source="Nevmyvaka, Feng and Kearns (2006)",
            plan=_submit,
            defaults=(0.0,),
        ),
        Baseline(
            name="imbalance",
            title="Imbalance rule",
            meaning="cross when the queues lean away, else rest; two parameters tuned on the training split",
            source="after Espana et al. (2025) and Cartea, Jaimungal and Penalva (2015), ch. 10",
            plan=_imbalance,
            defaults=(0.6, 0.1),
        ),
        Baseline(
            name="microprice",
            title="Microprice tilt",
            meaning="rest nearer or further with the microprice; two parameters tuned on the training split",
            source="after Stoikov (2018)",
            plan=_microprice,
            defaults=(0.5, 0.2),
        ),
        Baseline(
            name="q_learning",
            title="Tabular Q-learning",
            meaning="a limit price for all that is left, eight times an order, learned on the training split",
            source="Nevmyvaka, Feng and Kearns (2006)",
            plan=_table,
            defaults=(0.0,),
        ),
        Baseline(
            name="random",
            title="Random",
            meaning="a random allowed action every slice",
            source="the floor of de Witt and Pakkanen (2026)",
            plan=_random,
        ),
    )
}
"""The baselines, in the order of tables."""

GRIDS: dict[str, tuple[tuple[float, ...], ...]] = {
    "imbalance": tuple((a, b) for a in (0.3, 0.6, 0.8, 2.0) for b in (0.0, 0.1, 0.3)),
    "microprice": tuple((a, b) for a in (0.3, 0.6, 2.0) for b in (0.05, 0.2, 0.5, 1.0)),
    "twap_passive": tuple((float(a), b) for a in (5, 10, 20) for b in (0.0, 0.05)),
    "submit_and_leave": ((0.0,), (1.0,)),
}
"""Parameters that are tried on the training split; the cheapest mean shortfall wins."""


def plan_of(name: str, setting: Setting) -> Array:
    """Plan of a baseline by name, with its tuned parameters where there are any.

    Raises:
        NotFoundError: When there is no such baseline.
    """
    if name not in BASELINES:
        raise NotFoundError(f"{name}: no such baseline; there are {', '.join(BASELINES)}")
    baseline = BASELINES[name]
    return baseline.plan(setting, setting.tuned.get(name, baseline.defaults))
