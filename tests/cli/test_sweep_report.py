"""What `spikecim sweep` leaves behind: a page, its numbers, and figures; and the studies of the docs can be read."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from spikecim.cli.sweep import sweep
from spikecim.study.reading import read_study, study_from

DOCS = Path(__file__).parents[2] / "docs"
STUDY = """
schema = 1
name = "small"
[base]
data = "digits"
images = 30
chips = 2
[factors]
"synapse.code" = ["unary-bipolar", "sign-magnitude"]
"decision.delta_s" = [4, 10]
[design]
kind = "grid"
[metrics]
report = ["accuracy", "core_nj"]
"""


def call(*words: object) -> Result:
    """The command alone, as `cli.app` mounts it."""
    app = typer.Typer()
    app.command()(sweep)
    return CliRunner().invoke(app, [*map(str, words), "--jobs", "1", "--quiet"])


@pytest.fixture
def study(tmp_path: Path) -> Path:
    path = tmp_path / "study.toml"
    path.write_text(STUDY, encoding="utf-8")
    return path


def test_a_sweep_leaves_a_page_with_its_numbers(study: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = call(study, "--out", out)
    assert done.exit_code == 0, done.output
    assert "small: 4 designs (grid) x 2 virtual chips" in done.stdout
    names = {path.name for path in out.iterdir()}
    assert {"table.h5", "sweep.html", "sweep.json", "designs.csv", "effects.csv", "shares.csv", "figures"} <= names
    assert (out / "figures" / "effects-accuracy.svg").exists()
    page = (out / "sweep.html").read_bytes()
    (out / "sweep.html").unlink()
    again = call(study, "--out", out, "--json")
    assert json.loads(again.stdout)["report"] == json.loads((out / "sweep.json").read_text(encoding="utf-8"))
    assert (out / "sweep.html").read_bytes() == page  # a finished folder only has its page made anew


def test_a_sweep_of_failures_has_no_page(study: Path, tmp_path: Path) -> None:
    # Forty levels of two cells each are more than a group holds: every point is refused.
    study.write_text(
        STUDY.replace('"decision.delta_s" = [4, 10]', '"weights.levels" = [40, 41]\n"weights.redundancy" = [2]'),
        encoding="utf-8",
    )
    done = call(study, "--out", tmp_path / "out")
    assert done.exit_code == 1, done.output
    assert not (tmp_path / "out" / "sweep.html").exists()
    assert "8 failed" in done.stdout


@pytest.mark.parametrize("path", sorted(DOCS.glob("studies/*.toml")), ids=lambda path: path.stem)
def test_studies_of_the_docs_can_be_read(path: Path) -> None:
    assert read_study(path).name == path.stem


def test_what_the_docs_say_of_a_study_file_is_one() -> None:
    blocks = re.findall(r"```toml\n(.*?)```", (DOCS / "sweep.md").read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) == 2
    raw = tomllib.loads(blocks[0])
    raw["factors"] = tomllib.loads(blocks[1])
    raw["base"]["set"] = {}  # its only value is a factor of the second block
    found = study_from(raw, "docs/sweep.md")
    assert len(found.factors) == 5
    # The file shows the defaults.
    bare = study_from({"schema": 1, "name": found.name, "title": found.title, "factors": raw["factors"]}, "bare")
    assert found.describe() == bare.describe()
