"""Every command has help for itself and each option, takes --json, and appears in the guide."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from tradewind.cli.main import app


def commands(node: Any, words: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    for name, child in sorted(getattr(node, "commands", {}).items()):
        if hasattr(child, "commands"):
            yield from commands(child, (*words, name))
        else:
            yield " ".join((*words, name)), child


COMMANDS = dict(commands(typer.main.get_command(app), ("tradewind",)))


@pytest.mark.parametrize("words", COMMANDS)
def test_command_is_documented(words: str, repository: Path) -> None:
    command = COMMANDS[words]
    assert command.help, f"{words} has no help"
    options = {name for parameter in command.params for name in getattr(parameter, "opts", ())}
    assert "--json" in options, f"{words} has no --json"
    for parameter in command.params:
        if parameter.name != "help":
            assert getattr(parameter, "help", None), f"{words}: {parameter.name} has no help"
    guide = "\n".join(
        p.read_text(encoding="utf-8") for p in [repository / "README.md", *(repository / "docs").rglob("*.md")]
    )
    assert words in guide, f"{words} appears nowhere in README.md or docs/"


def test_there_are_commands() -> None:
    assert "tradewind doctor" in COMMANDS
