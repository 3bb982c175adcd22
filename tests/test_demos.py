"""Every demo runs at a small size, prints something and leaves nothing outside out/demos."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

from spikecim.errors import DataNotFoundError

FOLDER = Path(__file__).parents[1] / "demos"
DEMOS = sorted(FOLDER.glob("[0-9][0-9]_*.py"))
# Brian2 2.9 uses names that pyparsing has renamed.
pytestmark = pytest.mark.filterwarnings("ignore:.*deprecated")


@pytest.fixture(autouse=True)
def no_download(monkeypatch: pytest.MonkeyPatch) -> None:
    """Data on this machine are used; without them the demos must do with the digits."""

    def refuse(*_: object, **__: object) -> str:
        raise DataNotFoundError("no network in tests")

    monkeypatch.setattr("spikecim.datasets.fetch.download_file", refuse)


@pytest.fixture(autouse=True)
def brian2_target(monkeypatch: pytest.MonkeyPatch) -> None:
    """A demo may set Brian2's global target; other tests must not see that."""
    import brian2

    monkeypatch.setitem(brian2.prefs, "codegen.target", brian2.prefs["codegen.target"])


@pytest.mark.parametrize("path", DEMOS, ids=lambda path: path.stem)
def test_runs_small(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    runpy.run_path(str(path))["main"](small=True)
    assert capsys.readouterr().out.strip()
    written = [file.relative_to(tmp_path).as_posix() for file in tmp_path.rglob("*") if file.is_file()]
    assert all(re.fullmatch(rf"out/demos/{path.stem}\.png", name) for name in written)


def test_readme_lists_them_all() -> None:
    listed = re.findall(r"^- \[(\S+\.py)\]", (FOLDER / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert listed == [path.name for path in DEMOS]


@pytest.mark.parametrize("path", DEMOS, ids=lambda path: path.stem)
def test_is_short(path: Path) -> None:
    assert 30 <= len(path.read_text(encoding="utf-8").splitlines()) <= 80
