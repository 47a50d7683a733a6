from pathlib import Path

import pytest

from tradewind.cli.settings import default_catalog, load_settings
from tradewind.core.errors import ConfigError, NotFoundError


@pytest.fixture(autouse=True)
def empty_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TRADEWIND_CONFIG", raising=False)


def test_without_a_file_there_are_defaults() -> None:
    assert default_catalog() == Path("catalog")


def test_the_file_of_the_folder_is_read() -> None:
    Path("tradewind.toml").write_text('catalog = "market/cat"\n')
    assert default_catalog() == Path("market/cat")


def test_an_unknown_key_is_refused_with_the_known_ones() -> None:
    Path("tradewind.toml").write_text('catalogue = "x"\n')
    with pytest.raises(ConfigError, match="catalogue: unknown key; known keys: catalog"):
        load_settings()


def test_a_named_file_must_be_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRADEWIND_CONFIG", "other.toml")
    with pytest.raises(NotFoundError, match=r"other\.toml"):
        load_settings()
    Path("other.toml").write_text('catalog = "c"\n')
    assert default_catalog() == Path("c")
