"""Words into numbers: scorers, links to instruments, duplicates, topics, feeds, and columns for the cross-section.

>>> from tradewind.alpha.text import LexiconScorer, tone_of
>>> bool(tone_of(LexiconScorer().score(["Operating profit rose to EUR 13.1 mn from EUR 8.7 mn."]))[0] > 0.5)
True
"""

from tradewind.alpha.text.choose import score_all, scorer_named
from tradewind.alpha.text.columns import text_features
from tradewind.alpha.text.duplicates import RepeatFilter, near_duplicates
from tradewind.alpha.text.encoder import packaged_encoder
from tradewind.alpha.text.feeds import FeedReader, News
from tradewind.alpha.text.head import HeadScorer, train_head
from tradewind.alpha.text.labelled import read_labelled, sentences
from tradewind.alpha.text.linking import AliasTable, aliases_of
from tradewind.alpha.text.scorers import LexiconScorer, VaderScorer, tone_of
from tradewind.alpha.text.topics import Novelty, fit_topics, novelty

__all__ = [
    "AliasTable",
    "FeedReader",
    "HeadScorer",
    "LexiconScorer",
    "News",
    "Novelty",
    "RepeatFilter",
    "VaderScorer",
    "aliases_of",
    "fit_topics",
    "near_duplicates",
    "novelty",
    "packaged_encoder",
    "read_labelled",
    "score_all",
    "scorer_named",
    "sentences",
    "text_features",
    "tone_of",
    "train_head",
]
