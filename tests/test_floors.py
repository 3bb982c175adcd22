"""The house plan (design section 2): imports go down only, and third-party names stay in their rooms."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import spikecim

PACKAGE = Path(spikecim.__file__).parent
FLOORS = {
    0: ("errors", "units", "certificates", "parameters", "streams", "spikes", "files", "progress", "toml", "version"),
    1: ("devices", "neurons", "coding", "datasets", "layered", "models", "network", "program"),
    2: ("arrays", "energy"),
    3: ("chips", "engines", "mitigation"),
    4: ("mapping", "results", "training"),
    5: ("analog", "build", "conversion", "layered_build", "reports"),
    6: ("emulator",),
    7: ("explore",),
    8: ("calibration", "experiments", "insitu", "mitigate", "study"),
    9: ("cli", "__main__"),
}
FLOOR_OF = {room: floor for floor, rooms in FLOORS.items() for room in rooms}
# Where a third-party name may appear: a file, or a folder ending in "/".
ROOMS = {
    "brian2": (
        "engines/brian.py",
        "engines/brian_network.py",
        "engines/brian_noise.py",
        "engines/plastic_brian.py",
        "engines/plastic_brian_network.py",
        "engines/plastic_brian_tables.py",
        "engines/layered_brian.py",
        "engines/layered_brian_network.py",
    ),
    "numba": (
        "engines/event_kernel.py",
        "engines/noise_kernel.py",
        "engines/marks_kernel.py",
        "engines/plastic_kernel.py",
        "engines/layered_kernel.py",
        "engines/layered_links.py",
        "engines/layered_step.py",
        "engines/lanes.py",
        "engines/threads.py",
        "devices/pulsed/pulse_kernel.py",
        "insitu/rules/velocity_kernel.py",
        "coding/kernels.py",
        "coding/step_kernel.py",
        "arrays/crossbar/ladder_kernel.py",
        "arrays/crossbar/line_cg_kernel.py",
        "insitu/reads_kernel.py",
    ),
    "llvmlite": ("engines/lanes.py",),
    "h5py": ("results/", "models/nir_tree.py"),
    "matplotlib": ("reports/",),
    "jinja2": ("reports/",),
    "torch": (
        "analog/",
        "mitigate/analog_arrays.py",
        "mitigate/analog_blocks.py",
        "mitigate/analog_subject.py",
        "insitu/deep/",
        "training/deep/",
        "models/torch_module.py",
        "models/torch_layers.py",
        "models/torch_calls.py",
    ),
    "onnx": ("models/onnx_file.py",),
    "google": ("models/onnx_file.py",),
    "nir": ("models/nir_export.py",),
    "pint": ("units.py",),
    "pydantic": ("parameters.py", "chips/spec.py", "chips/multi_spec.py"),
    "typer": ("cli/",),
    "pooch": ("datasets/",),
    "sklearn": ("datasets/",),
    "dask": ("study/cluster.py", "study/flight.py"),
    "distributed": ("study/cluster.py", "study/flight.py"),
    "optuna": ("study/search_loop.py", "study/search_sampler.py", "study/search_space.py", "study/search_store.py"),
}
FILES = sorted(PACKAGE.rglob("*.py"))


def imported(tree: ast.AST, package: str = "spikecim") -> Iterator[str]:
    """Full names of all modules a file imports, lazily or not."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                raise AssertionError(f"line {node.lineno}: relative import; write it out so that its floor shows")
            if node.module == package:
                yield from (f"{package}.{alias.name}" for alias in node.names)
            else:
                yield node.module or ""


def room_of(parts: tuple[str, ...]) -> str:
    return parts[0].removesuffix(".py")


def upward_edges(path: str, source: str) -> list[str]:
    """Imports of `path` (relative to the package) that climb a floor."""
    room = room_of(Path(path).parts)
    if room == "__init__":
        return []
    edges = []
    for name in imported(ast.parse(source)):
        top, *rest = name.split(".")
        # `import spikecim.x` and `from spikecim import __version__` alike.
        if top != "spikecim" or not rest or rest[0] in ("__version__",):
            continue
        if FLOOR_OF[rest[0]] > FLOOR_OF[room]:
            edges.append(f"{path} (floor {FLOOR_OF[room]}) imports {name} (floor {FLOOR_OF[rest[0]]})")
    return edges


def strays(path: str, source: str) -> list[str]:
    """Third-party names that `path` imports outside their rooms."""
    tops = {name.split(".")[0] for name in imported(ast.parse(source))}
    return [
        f"{path} imports {top}; allowed in {', '.join(ROOMS[top]) or 'no file'}"
        for top in sorted(tops & set(ROOMS))
        if not any(path == room or (room.endswith("/") and path.startswith(room)) for room in ROOMS[top])
    ]


def test_every_room_has_a_floor() -> None:
    rooms = {room_of(path.relative_to(PACKAGE).parts) for path in FILES} - {"__init__"}
    assert rooms - set(FLOOR_OF) == set(), "give it a floor in FLOORS, and in the plan"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_go_down_only(path: Path) -> None:
    relative = path.relative_to(PACKAGE).as_posix()
    assert upward_edges(relative, path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_third_party_names_stay_in_their_rooms(path: Path) -> None:
    relative = path.relative_to(PACKAGE).as_posix()
    assert strays(relative, path.read_text(encoding="utf-8")) == []


# The tests of the test: it must see what it is there to see.
@pytest.mark.parametrize(
    "source",
    [
        "from spikecim.chips import load_chip",
        "import spikecim.engines.event",
        "from spikecim import chips",
        "def f():\n    from spikecim.results.run import RunResult",
        "if TYPE_CHECKING:\n    from spikecim.emulator import Emulator",
    ],
)
def test_an_upward_edge_is_seen(source: str) -> None:
    assert len(upward_edges("devices/oxram.py", source)) == 1


@pytest.mark.parametrize(
    "source", ["from spikecim.streams import stream", "import numpy", "from spikecim import __version__"]
)
def test_a_step_down_is_allowed(source: str) -> None:
    assert upward_edges("devices/oxram.py", source) == []


def test_a_stray_name_is_seen() -> None:
    assert strays("engines/event.py", "def f():\n    import numba") != []
    assert strays("results/hdf5.py", "import h5py") == []
    assert strays("training/deep.py", "from torch import nn") != []
