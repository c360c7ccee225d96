"""The plan's arithmetic, and that the page on operations shows what follows from the measured rates."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path

import pytest

from ops.plan import BUSY, RATES, Rates, Volume, cores, disks, drained, main, read, report, writers

PAGE = Path(__file__).parents[2] / "docs" / "operations.md"
SMALL = Rates({"a": 70.0, "b": 7.0}, {"log x": 100.0, "log custody.observations": 10.0, "graph": 1.0}, {"lanes": 100.0})


def test_the_page_shows_what_follows_from_the_measured_rates() -> None:
    shown = PAGE.read_text(encoding="utf-8").partition("<!-- python -m ops.plan -->\n")[2].partition("<!-- end -->")[0]
    assert shown == report(read(RATES), Volume(2_200, 4, 10)), "run `python -m ops.plan`, and put it into docs/operations.md"


def test_cores_writers_and_disks_by_hand() -> None:
    assert cores(SMALL, 10_000) == {"a": pytest.approx(0.7 / BUSY), "b": pytest.approx(0.07 / BUSY)}
    assert writers(SMALL, 141) == {"lanes": math.ceil(141 / 70)} == {"lanes": 3}
    volume = Volume(1, 2, 10)
    found = disks(SMALL, volume)
    assert found["log x"] == (100 * 2 * 86_400 * 3, 100 * 2 * 86_400 * 3 * 365)
    assert found["log custody.observations"] == (10 * 2 * 86_400 * 3, 10 * 2 * 86_400 * 3 * 30)  # a month is kept
    assert found["graph"][1] == 2 * 86_400 * 365


def test_a_peak_is_caught_up_with_by_what_is_left_over() -> None:
    volume = Volume(100, 4, 10)
    assert drained(volume, 10) == 0
    assert drained(volume, 1) == math.inf
    hours = drained(volume, 3)
    came, done = 10 * 1 + hours, 3 * (1 + hours)  # in means an hour
    assert came == pytest.approx(done)


def test_rates_of_another_machine_are_taken(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "rates.json").write_text(json.dumps({"cpu": {"all of it": 700.0}, "bytes": {"graph": 1_000.0}}))
    assert main(["--rates", str(tmp_path / "rates.json"), "--units", "250", "--each", "4", "--peak", "2"]) == 0
    said = capsys.readouterr().out
    assert "| all of it | 700.0 | 1.00 | 1.0 | 2 |" in said
    with pytest.raises(SystemExit):
        main(["--units", "0"])


@pytest.mark.parametrize("module", ["fabric", "graph", "ledger", "neo4j", "queries", "stack"])
def test_benchmarks_say_how_they_are_called(module: str) -> None:
    done = subprocess.run([sys.executable, "-m", f"ops.bench.{module}", "--help"], capture_output=True, text=True, check=False)
    if "ModuleNotFoundError" in done.stderr:
        pytest.skip(f"the extra 'stack' is not installed: {done.stderr.splitlines()[-1]}")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"usage: python -m ops.bench.{module}")
