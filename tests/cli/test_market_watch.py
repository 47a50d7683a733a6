import json
import subprocess
import sys
from pathlib import Path

import pytest

QUICK = ("market", "watch", "--preset", "zero_intelligence", "--seconds", "2")


def run(*words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "tradewind", *words], capture_output=True, text=True, cwd=folder)


def test_three_frames_where_there_is_no_terminal_and_a_picture(tmp_path: Path) -> None:
    done = run(*QUICK, "--quote", "100", "--picture", "ladder.svg", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("imbalance") == 3
    assert "zero_intelligence" in done.stdout
    assert "<svg" in (tmp_path / "ladder.svg").read_text(encoding="utf-8")


def test_json_is_the_last_frame_and_the_same_each_time(tmp_path: Path) -> None:
    first, second = (json.loads(run(*QUICK, "--json", folder=tmp_path).stdout) for _ in range(2))
    assert first == second
    assert first["bids"][0]["price_ticks"] < first["asks"][0]["price_ticks"]
    assert first["state"] == "open"


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--seconds", "0"), 2, "--seconds must be more than 0"),
        (("--speed", "-1"), 2, "--speed must be more than 0"),
        (("--scenario", "quiet"), 5, "no such scenario"),
        (("--preset", "nothing"), 5, "no such preset"),
        (("--symbol", "XYZ", "--catalog", "none"), 5, "none: not a catalog"),
    ],
)
def test_bad_options_are_refused(words: tuple[str, ...], code: int, said: str, tmp_path: Path) -> None:
    done = run(*QUICK, *words, folder=tmp_path)
    assert done.returncode == code
    assert said in done.stderr
