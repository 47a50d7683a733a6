"""The realism page, and the command on a recorded hour."""

from pathlib import Path

import msgspec
import numpy as np
import pytest
from tests.market.test_facts_known import tape, trades
from typer.testing import CliRunner

from tradewind.cli.main import app
from tradewind.cli.realism_page import facts_table, hour_figure, impact_figures, realism_page
from tradewind.market.facts.impact import ImpactFit, ImpactReport
from tradewind.market.facts.realism import RealismReport, compare
from tradewind.report.page import render_page
from tradewind.report.parts import Chip

IMPACT = ImpactReport(
    preset="p",
    pairs=9,
    horizon_s=60.0,
    volatility_ticks=2.0,
    volume_lots=1000.0,
    shares=[0.01, 0.1],
    impact=[0.1, 0.3],
    intervals=[(0.0, 0.2), (0.2, 0.4)],
    filled=[1.0, 0.9],
    fit=ImpactFit(delta=0.5, prefactor=1.0, delta_interval=(0.3, 0.7), prefactor_interval=(0.5, 1.5)),
    times=[1.0, 2.0],
    path=[0.3, 0.2],
    path_intervals=[(0.2, 0.4), (0.1, 0.3)],
    decay=[0.7, 0.6, 0.5],
    decay_intervals=[(0.6, 0.8), (0.5, 0.7), (0.4, 0.6)],
)


def report() -> RealismReport:
    day = [tape([100 + k, 101] * 60, [102 + k, 103] * 60, **trades(1, 120, 1, [1, -1] * 60)) for k in range(4)]
    return compare(day[:2], day[2:3], day[3:], preset="p", stretches=["a", "b"])


def test_the_page_holds_table_first_then_impact_hour_and_every_fact() -> None:
    found = report()
    hour = tape([100, 101] * 60, [102, 103] * 60, **trades(1, 120))
    page = realism_page(found, IMPACT, [("real", hour), ("simulated", hour)])
    assert [section.anchor for section in page.sections] == ["facts", "impact", "hour", "drawn"]
    assert page.sections[1].chip == Chip("δ = 0.50", page.sections[1].chip.tone if page.sections[1].chip else None)
    html = render_page(page)
    assert all(fact.name in html for fact in found.facts)
    assert "http://" not in html.split("plotly.js")[0]
    assert [section.anchor for section in realism_page(found, None, []).sections] == ["facts", "drawn"]


def test_the_table_says_what_the_source_does_not_show() -> None:
    found = facts_table(report())
    assert [column.title for column in found.columns][2:8] == [
        "real",
        "simulated",
        "naive",
        "distance",
        "floor",
        "ratio",
    ]
    assert "Not shown by the source: " in found.caption
    assert "lifetimes" in found.caption


def test_an_hour_shows_price_spread_and_signed_volume() -> None:
    plot = hour_figure(tape([100] * 120, [102] * 120, **trades(1, 120, 5, [1, -1] * 60)))
    mid, spread, bought, sold = plot["data"]
    assert set(mid["y"]) == {1.01}
    assert set(spread["y"]) == {2.0}
    assert bought["y"] == [75.0, 75.0, 75.0, 75.0]
    assert sold["y"] == [-75.0, -75.0, -75.0, -75.0]


def test_the_impact_curve_passes_through_its_law() -> None:
    sizes, path = impact_figures(IMPACT)
    law = sizes["data"][1]
    assert law["y"][-1] == pytest.approx(np.sqrt(0.1), rel=1e-6)
    assert path["data"][1]["y"] == [0.0, 0.3, 0.2]


@pytest.mark.slow
@pytest.mark.real_data
def test_a_recorded_hour_beside_its_preset_meets_the_aim(real_data: Path, tmp_path: Path) -> None:
    run, catalog = CliRunner(), str(tmp_path / "catalog")
    done = run.invoke(app, ["data", "import", str(real_data / "lobster_l3"), "--catalog", catalog])
    assert done.exit_code == 0, done.output
    page = tmp_path / "page.html"
    options = ["--preset", "aapl2012", "--symbol", "AAPL", "--catalog", catalog, "--html", str(page), "--json"]
    done = run.invoke(app, ["market", "realism", *options])
    assert done.exit_code == 0, done.output
    facts = msgspec.json.decode(done.stdout)["facts"]
    assert facts["median_ratio"] <= 2
    assert facts["worst_ratio"][1] <= 5
    assert page.stat().st_size > 10_000
