"""The documents do what they say: code runs, commands exist, links lead somewhere, the site builds."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer

from tradewind.cli.main import app

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCE = re.compile(r"^```(\w+)[^\n]*\n(.*?)^```", flags=re.MULTILINE | re.DOTALL)


def blocks(page: Path, *languages: str) -> list[str]:
    return [body for language, body in FENCE.findall(page.read_text(encoding="utf-8")) if language in languages]


def named(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


# Programs stand in python blocks; what needs a file of the reader's own stands in py blocks and must only compile.
SKETCHES = [(named(page), code) for page in PAGES for code in blocks(page, "py")]
PROGRAMS = [(named(page), code) for page in PAGES for code in blocks(page, "python")]


@pytest.mark.parametrize(("page", "code"), PROGRAMS, ids=[page for page, _ in PROGRAMS])
def test_python_in_the_documents_runs(page: str, code: str, tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(code, encoding="utf-8")
    done = subprocess.run([sys.executable, str(program)], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, f"{page}:\n{code}\n{done.stderr}"


@pytest.mark.parametrize(("page", "code"), SKETCHES, ids=[page for page, _ in SKETCHES])
def test_sketches_in_the_documents_import_what_exists(page: str, code: str, tmp_path: Path) -> None:
    imports = "\n".join(line for line in code.splitlines() if line.startswith(("from ", "import ")))
    compile(code, page, "exec")
    done = subprocess.run([sys.executable, "-c", imports], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, f"{page}:\n{imports}\n{done.stderr}"


def command_lines() -> list[tuple[str, list[str]]]:
    found = []
    for page in PAGES:
        for block in blocks(page, "bash", "console"):
            for line in block.splitlines():
                words = line.removeprefix("$ ").split("#")[0].split()
                if words and words[0] == "tradewind":
                    found.append((named(page), words[1:]))
    return found


@pytest.mark.parametrize(("page", "words"), command_lines(), ids=lambda v: " ".join(v) if isinstance(v, list) else v)
def test_commands_in_the_documents_exist(page: str, words: list[str]) -> None:
    node: Any = typer.main.get_command(app)
    rest = list(words)
    while hasattr(node, "commands") and rest and not rest[0].startswith("-"):
        assert rest[0] in node.commands, f"{page}: no command {rest[0]!r} in tradewind {' '.join(words)}"
        node = node.commands[rest.pop(0)]
    known = {option for parameter in node.params for option in getattr(parameter, "opts", ())} | {"--help"}
    for word in rest:
        if word.startswith("--"):
            assert word.split("=")[0] in known, f"{page}: tradewind {' '.join(words)} has no {word}"


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_links_lead_somewhere(page: Path) -> None:
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{named(page)} links to {target}"


def test_the_site_builds(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path / "site")]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "site" / "index.html").is_file()
