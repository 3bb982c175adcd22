"""The wheel, installed in an empty environment outside the checkout, holds all it needs and runs the main job."""

from __future__ import annotations

import json
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


@pytest.mark.slow
def test_wheel_holds_chips_devices_weights_and_templates(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    for name in ("chips/spirit.toml", "devices/presets/nominal.toml", "training/weights/mnist-post-training.npz"):
        assert f"spikecim/{name}" in names
    folders = (
        ("chips", "toml"),
        ("energy", "toml"),
        ("study/ready", "toml"),
        ("mitigate/ready", "toml"),
        ("insitu/study/ready", "toml"),
        ("insitu/spirit", "toml"),
        ("devices/presets", "toml"),
        ("training/weights", "npz"),
    )
    for folder, ending in folders:
        here = {f"spikecim/{folder}/{path.name}" for path in (ROOT / "spikecim" / folder).glob(f"*.{ending}")}
        assert here <= set(names)
    templates = {path.name for path in (ROOT / "spikecim/reports/templates").iterdir()}
    assert {f"spikecim/reports/templates/{name}" for name in templates} <= set(names)
    assert not [name for name in names if name.startswith(("tests/", "demos/", "benchmarks/"))]


@pytest.mark.slow
def test_wheel_runs_the_main_job_in_an_empty_environment(wheel: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "env", with_pip=True)
    python = tmp_path / "env" / "bin" / "python"
    install = [python, "-m", "pip", "install", "-q", "-c", ROOT / "constraints.txt", wheel]
    subprocess.run(install, check=True, capture_output=True)
    command = [
        tmp_path / "env" / "bin" / "spikecim",
        "reproduce",
        "spirit",
        "--data",
        "digits",
        "--chips",
        "3",
        "--no-studies",
    ]
    done = subprocess.run(
        [*command, "--out", tmp_path / "out"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "out" / "reproduction.json").read_text())
    assert found["engine_check"]["differing"] == 0
    assert (tmp_path / "out" / "report.html").stat().st_size > 100_000
