"""``tradewind alpha text``: score, train, evaluate, and read feeds of news."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from tradewind.cli.output import JsonFlag, emit, progress_bar

__all__ = ["text_app"]

text_app = typer.Typer(help="News and posts: score, train, evaluate, read feeds.", no_args_is_help=True)
"""The sub-commands of ``tradewind alpha text``."""

CAUTION = 2.0
Cache = Annotated[Path | None, typer.Option(help="Folder of the cache, keyed by text and model; none without.")]
Scorer = Annotated[
    str, typer.Option(help="default, lexicon, vader, a head's file, or hf:NAME (FinBERT: hf:ProsusAI/finbert).")
]


@text_app.command("score")
def score(
    texts: Annotated[list[str] | None, typer.Argument(help="Texts to score.")] = None,
    *,
    data: Annotated[Path | None, typer.Option(help="File of texts: .parquet, .csv, .jsonl with a column text.")] = None,
    scorer: Scorer = "default",
    cache: Cache = None,
    out: Annotated[Path | None, typer.Option(help="Parquet file of the scores.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Score texts: probabilities of bad, neutral and good news, and the tone."""
    import polars as pl

    from tradewind.alpha.text.choose import score_all, scorer_named
    from tradewind.alpha.text.labelled import read_texts
    from tradewind.alpha.text.scorers import tone_of

    known = [*(texts or []), *(read_texts(data) if data else [])]
    judge = scorer_named(scorer, cache)
    with progress_bar() as bar:
        task = bar.add_task("scoring", total=len(known))
        scores = score_all(judge, known, cache, lambda done: bar.advance(task, done))
    columns = {"text": known, "bad": scores[:, 0], "neutral": scores[:, 1], "good": scores[:, 2]}
    frame = pl.DataFrame({**columns, "tone": tone_of(scores)})
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        frame.write_parquet(out)
    result = {"scorer": judge.name, "fingerprint": judge.fingerprint, "texts": frame.to_dicts()}
    emit(result, as_json=as_json, show=lambda console: _show_scores(console, result))


@text_app.command("train")
def train(
    *,
    out: Annotated[Path, typer.Option(help="File of the head.")],
    data: Annotated[
        Path | None,
        typer.Option(help="Labelled texts (columns text and label); own synthetic ones without."),
    ] = None,
    sentences: Annotated[int, typer.Option(min=9, help="Synthetic sentences, without --data.")] = 3000,
    seed: Annotated[int, typer.Option(min=0, help="Of the inner folds and of synthetic sentences.")] = 0,
    cache: Cache = None,
    as_json: JsonFlag = False,
) -> None:
    """Train a calibrated head on labelled texts and write it as data."""
    from tradewind.alpha.models.state import About
    from tradewind.alpha.text.embeddings import embedder
    from tradewind.alpha.text.head import HeadSettings, train_head
    from tradewind.alpha.text.labelled import read_labelled
    from tradewind.alpha.text.synthetic import synthetic_sentences

    if data is None:
        texts, labels = synthetic_sentences(sentences, seed)
        source = f"{sentences} synthetic sentences, seed {seed}"
    else:
        found = read_labelled(data)
        texts, labels, source = found.texts, found.labels, f"{data.name}, {len(found.texts)} texts"
    with progress_bar() as bar:
        task = bar.add_task("embedding", total=len(texts))
        embed = embedder(cache, told=lambda done: bar.advance(task, done))
        embed(texts)
    about = About(task="tone of news: -1 bad, 0 neutral, 1 good", trained_on=source)
    head = train_head(texts, labels, embed, HeadSettings(seed=seed, caution=CAUTION if data is None else 1.0), about)
    head.save(out)
    result = {"file": str(out), "trained_on": source, "texts": len(texts), "fingerprint": head.fingerprint}
    emit(result, as_json=as_json, show=lambda console: console.print(f"{out}: a head trained on {source}"))


@text_app.command("evaluate")
def evaluate(
    *,
    data: Annotated[Path, typer.Option(help="Labelled texts, or a folder with text/financial_sentences.parquet.")],
    scorer: Annotated[
        list[str] | None,
        typer.Option(help="Scorer to measure as it is, may be repeated; the offline ones without."),
    ] = None,
    heads: Annotated[bool, typer.Option(help="Also train heads, each measured on texts it never saw.")] = True,
    cache: Cache = None,
    html: Annotated[Path | None, typer.Option(help="Page with the table and its picture.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Measure scorers on labelled texts: accuracy with intervals, macro-F1, log loss, by level of agreement."""
    from tradewind.alpha.text.accuracy import measure_head, measure_scorer
    from tradewind.alpha.text.choose import scorer_named
    from tradewind.alpha.text.embeddings import embedder
    from tradewind.alpha.text.labelled import read_labelled

    found = read_labelled(data)
    rows = []
    for name in scorer or ("vader", "lexicon", "default"):
        rows += measure_scorer(scorer_named(name, cache), found.texts, found.labels, found.levels)
    if heads:
        with progress_bar() as bar:
            task = bar.add_task("embedding", total=len(found.texts))
            embed = embedder(cache, told=lambda done: bar.advance(task, done))
            embed(found.texts)
            task = bar.add_task("training heads", total=10)
            rows += measure_head(
                found.texts, found.labels, embed, levels=found.levels, told=lambda n: bar.advance(task, n)
            )
    if html is not None:
        from tradewind.cli.text_page import write_accuracy_page

        write_accuracy_page(html, rows, str(data))
    result = {"data": str(data), "texts": len(found.texts), "repeats_dropped": found.dropped, "rows": rows}
    emit(result, as_json=as_json, show=lambda console: _show_accuracy(console, result))


@text_app.command("feed")
def feed(
    source: Annotated[str, typer.Argument(help="Address or file of a feed.")],
    *,
    kind: Annotated[str, typer.Option(help="rss (RSS and Atom) or jsonl (JSON lines).")] = "rss",
    scorer: Scorer = "lexicon",
    names: Annotated[
        Path | None, typer.Option(help="CSV or Parquet file of symbols and names (symbol, name), to link items by.")
    ] = None,
    seconds: Annotated[float, typer.Option(min=0.1, help="Longest silence of the server.")] = 10.0,
    tries: Annotated[int, typer.Option(min=1, help="Tries in all.")] = 3,
    as_json: JsonFlag = False,
) -> None:
    """Read a feed once: its items, their tone and symbols, and what was wrong with the rest."""
    from tradewind.alpha.text.choose import scorer_named
    from tradewind.alpha.text.feeds import parsed
    from tradewind.alpha.text.fetch import FetchSettings, read_source
    from tradewind.alpha.text.linking import read_table
    from tradewind.alpha.text.scorers import tone_of
    from tradewind.core.clock import SystemClock

    clock, settings = SystemClock(), FetchSettings(silence_ns=int(seconds * 1e9), tries=tries)
    found = parsed(kind, read_source(source, clock, settings), source, clock.now_ns())
    table = read_table(names) if names else None
    tones = tone_of(scorer_named(scorer).score([item.text for item in found.items]))
    rows = [
        {"tone": float(tone), "linked": table.symbols_of(item.text) if table else [], "item": item}
        for item, tone in zip(found.items, tones, strict=True)
    ]
    result = {"source": source, "items": rows, "problems": found.problems}
    emit(result, as_json=as_json, show=lambda console: _show_feed(console, result))


def _show_scores(console: Console, result: dict[str, Any]) -> None:
    table = Table(title=f"tone by {result['scorer']}", title_justify="left")
    for name in ("bad", "neutral", "good", "tone", "text"):
        table.add_column(name, justify="left" if name == "text" else "right", overflow="fold")
    for row in result["texts"][:50]:
        table.add_row(*(f"{row[name]:.3f}" for name in ("bad", "neutral", "good", "tone")), row["text"])
    console.print(table)


def _show_accuracy(console: Console, result: dict[str, Any]) -> None:
    title = f"{result['texts']} labelled texts of {result['data']} ({result['repeats_dropped']} repeats left out)"
    table = Table(title=title, title_justify="left")
    for name in ("scorer", "split", "level", "texts", "accuracy", "95 % interval", "macro-F1", "log loss"):
        table.add_column(name, justify="left" if name in ("scorer", "split", "level") else "right")
    for row in result["rows"]:
        interval = f"{row.low:.3f}–{row.high:.3f}"
        figures = (f"{row.accuracy:.3f}", interval, f"{row.macro_f1:.3f}", f"{row.log_loss:.3f}")
        table.add_row(row.scorer, row.split, row.level, str(row.texts), *figures)
    console.print(table)


def _show_feed(console: Console, result: dict[str, Any]) -> None:
    import numpy as np

    table = Table(title=f"{len(result['items'])} items of {result['source']}", title_justify="left")
    for name in ("published (UTC)", "tone", "symbols", "text"):
        table.add_column(name, justify="right" if name == "tone" else "left", overflow="fold")
    for row in result["items"]:
        item, when = row["item"], str(np.datetime64(row["item"].event_ns, "ns"))[:16]
        table.add_row(when, f"{row['tone']:+.2f}", " ".join([*item.symbols, *row["linked"]]), item.text[:160])
    console.print(table)
    for problem in result["problems"]:
        console.print(f"left out: {problem}")
