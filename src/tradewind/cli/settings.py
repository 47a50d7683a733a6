"""``tradewind.toml``: what a project says once instead of on every command."""

from __future__ import annotations

import os
from pathlib import Path

from tradewind.core.config import Config, load_config

__all__ = ["SETTINGS_FILE", "Settings", "default_catalog", "load_settings"]

SETTINGS_FILE = "tradewind.toml"
"""Looked for in the working folder; ``$TRADEWIND_CONFIG`` names another file."""


class Settings(Config):
    """A project's settings.

    Attributes:
        catalog: Folder of the catalog that commands use when none is given.
    """

    catalog: Path = Path("catalog")


def load_settings() -> Settings:
    """Settings of the working folder, or the defaults where it has none.

    Raises:
        NotFoundError: When ``$TRADEWIND_CONFIG`` names a file that is not there.
        ConfigError: For every key and value in the file that does not fit.
    """
    chosen = os.environ.get("TRADEWIND_CONFIG")
    if chosen:
        return load_config(Settings, Path(chosen))
    path = Path(SETTINGS_FILE)
    return load_config(Settings, path) if path.is_file() else Settings()


def default_catalog() -> Path:
    """Catalog of a command that names none."""
    return load_settings().catalog
