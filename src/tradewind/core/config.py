"""Typed configuration: TOML in, a frozen pydantic model out; unknown keys are refused."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from tradewind.core.errors import ConfigError, NotFoundError

__all__ = ["Config", "load_config", "parse_config"]


class Config(BaseModel):
    """Base of every configuration: frozen, strict about keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)


C = TypeVar("C", bound=Config)


def parse_config(model: type[C], values: dict[str, Any], source: str = "configuration") -> C:
    """Check values against a model.

    Args:
        model: What the values must fit.
        values: Nested plain values, as ``tomllib`` gives them.
        source: Word for the error message, e.g. the file.

    Returns:
        The model, filled.

    Raises:
        ConfigError: With one line for every problem, not only the first.

    Examples:
        >>> class Fee(Config):
        ...     maker_bps: float
        >>> parse_config(Fee, {"maker_bps": 1, "taker": 2})
        Traceback (most recent call last):
        ...
        tradewind.core.errors.ConfigError: configuration: 1 problem
          taker: unknown key; known keys: maker_bps
    """
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise ConfigError(source, [_line(model, item) for item in error.errors()]) from None


def _line(model: type[Config], item: Any) -> str:
    """One problem in words: key, what was wrong, what came."""
    key = ".".join(str(part) for part in item["loc"])
    if item["type"] == "extra_forbidden":
        return f"{key}: unknown key; known keys: {', '.join(_known_keys(model, item['loc'][:-1]))}"
    if item["type"] == "missing":
        return f"{key}: missing"
    return f"{key}: {item['msg'].lower()}, got {item['input']!r}"


def _known_keys(model: type[BaseModel], path: tuple[Any, ...]) -> list[str]:
    """Keys of the (nested) model at a path; empty where the path leaves the models."""
    for part in path:
        field = model.model_fields.get(str(part))
        inner = field.annotation if field else None
        if not (isinstance(inner, type) and issubclass(inner, BaseModel)):
            return []
        model = inner
    return sorted(model.model_fields)


def load_config(model: type[C], path: Path) -> C:
    """Read a TOML file into a model.

    Args:
        model: What the file must fit.
        path: The file.

    Returns:
        The model, filled.

    Raises:
        NotFoundError: When there is no such file.
        ConfigError: When it is not TOML, or for every key and value that does not fit.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise NotFoundError(f"{path}: no such configuration file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(str(path), [f"cannot be read: {error}"]) from None
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(str(path), [f"not TOML: {error}"]) from None
    return parse_config(model, values, str(path))
