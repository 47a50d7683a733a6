import json
import subprocess
import sys
from pathlib import Path


def run(*words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "tradewind", *words], capture_output=True, text=True, cwd=folder)


def test_no_command_shows_the_help(tmp_path: Path) -> None:
    done = run(folder=tmp_path)
    assert done.returncode == 2
    assert "doctor" in done.stdout


def test_an_unknown_command_is_a_usage_error(tmp_path: Path) -> None:
    done = run("sail", folder=tmp_path)
    assert done.returncode == 2
    assert "sail" in done.stderr


def test_the_version_is_told(tmp_path: Path) -> None:
    assert run("--version", folder=tmp_path).stdout.startswith("tradewind 0.")


def test_doctor_finds_what_runs_these_tests(tmp_path: Path) -> None:
    done = run("doctor", "--json", folder=tmp_path)
    document = json.loads(done.stdout)
    checks = {check["name"]: check for check in document["checks"]}
    assert done.returncode == 0
    assert document["ok"] is True
    assert checks["python"]["status"] == "ok"
    assert checks["extra dev"]["status"] == "ok"
    assert all(check["mend"] for check in checks.values() if check["status"] == "bad")


def test_an_error_is_a_message_a_code_and_a_document(tmp_path: Path) -> None:
    done = run("data", "import", "none.csv", "--catalog", "c", "--json", folder=tmp_path)
    assert done.returncode == 5
    assert "none.csv" in done.stdout
    assert "Traceback" not in done.stderr


def test_demo_goes_the_whole_way(tmp_path: Path) -> None:
    done = run(*("demo", "--messages", "3000", "--steps", "20000", "--episodes", "32", "--json"), folder=tmp_path)
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert sum(item["rows"] for item in document["symbols"]) >= 1000
    assert Path(tmp_path / document["report"]).read_text().startswith("<!doctype html>")
    assert Path(tmp_path / document["policy"]).is_file()
    assert sum(item["issues"] for item in document["symbols"]) == 0
    assert (tmp_path / "out" / "demo" / "catalog").is_dir()
