"""Wall and CPU time of a piece of work, rows of the speed table, and what the machine is."""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

PACKAGES = ("numpy", "numba", "brian2", "scipy", "torch", "spikingjelly", "snntorch", "norse", "sinabs", "badcrossbar")


@dataclass(frozen=True, kw_only=True)
class Timing:
    """Seconds of the clock on the wall, and of all threads of the process together."""

    seconds: float
    cpu_seconds: float

    def times(self, factor: float) -> Timing:
        """The same work `factor` times over: an extrapolation, to be named as one in the row's note."""
        return Timing(seconds=self.seconds * factor, cpu_seconds=self.cpu_seconds * factor)


def measure(work: Callable[[], object], repeats: int, warm_up: Callable[[], object] | None = None) -> Timing:
    """Return the medians of `repeats` runs of `work`, after one run of `warm_up` (`work` itself if not given)."""
    (warm_up or work)()
    return medians([once(work) for _ in range(repeats)])


def measure_command(command: list[str], repeats: int) -> Timing:
    """The same for a command of its own: CPU time is that of the child process."""

    once_command(command)
    return medians([once_command(command) for _ in range(repeats)])


def once_command(command: list[str]) -> Timing:
    """Time one run of a command."""
    before, started = os.times(), time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    seconds, after = time.perf_counter() - started, os.times()
    used = after.children_user + after.children_system - before.children_user - before.children_system
    return Timing(seconds=seconds, cpu_seconds=used)


def once(work: Callable[[], object]) -> Timing:
    """Time one run of `work`."""
    cpu, wall = time.process_time(), time.perf_counter()
    work()
    return Timing(seconds=time.perf_counter() - wall, cpu_seconds=time.process_time() - cpu)


def medians(timings: list[Timing]) -> Timing:
    """Median of each clock."""
    return Timing(
        seconds=statistics.median(t.seconds for t in timings),
        cpu_seconds=statistics.median(t.cpu_seconds for t in timings),
    )


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of the table.

    Attributes
    ----------
    name : str
    timing : Timing
    images : int or None
        Images the timing stands for; None where there are none.
    against : Row or None
        What the row is compared with, per image.
    by_cpu : bool
        Compare CPU seconds instead of wall seconds.
    note : str
    target_seconds, peak_mb : float or None
    """

    name: str
    timing: Timing
    images: int | None = None
    against: Row | None = None
    by_cpu: bool = False
    note: str = ""
    target_seconds: float | None = None
    peak_mb: float | None = None

    @property
    def ratio(self) -> float | None:
        """Time per image over that of `against`."""
        if self.against is None:
            return None
        clock = "cpu_seconds" if self.by_cpu else "seconds"
        mine, other = (getattr(row.timing, clock) / (row.images or 1) for row in (self, self.against))
        return float(mine / other) if other > 0.0 else None

    def per_second(self, clock: str = "seconds") -> float | None:
        """Images per second of `clock` ("seconds" or "cpu_seconds")."""
        seconds = getattr(self.timing, clock)
        return self.images / seconds if self.images and seconds > 0.0 else None

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON; what a row does not have is left out, except for the six main columns."""
        row: dict[str, Any] = {
            "name": self.name,
            "seconds": self.timing.seconds,
            "cpu_seconds": self.timing.cpu_seconds,
            "images_per_second": self.per_second(),
            "ratio": self.ratio,
            "against": self.against.name if self.against else None,
        }
        extras = {
            "images_per_cpu_second": self.per_second("cpu_seconds") if self.by_cpu else None,
            "ratio_of": "cpu_seconds" if self.by_cpu and self.against else None,
            "target_seconds": self.target_seconds,
            "peak_mb": self.peak_mb,
            "note": self.note or None,
        }
        return {key: _short(value) for key, value in {**row, **_present(extras)}.items()}


def _present(values: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}


def _short(value: Any) -> Any:
    """Four significant digits are more than a timing holds."""
    return float(f"{value:.4g}") if isinstance(value, float) else value


def peak_megabytes() -> float:
    """Largest memory this process has held."""
    status = Path("/proc/self/status")
    if status.exists():
        # On Linux ru_maxrss is inherited from the process that started this one; VmHWM is this one's own.
        kilobytes = next(line.split()[1] for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return float(kilobytes) / 1024.0
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2.0**20 if sys.platform == "darwin" else peak / 1024.0


def resident_megabytes() -> float:
    """Memory this process holds now; its peak where the system does not say."""
    status = Path("/proc/self/status")
    if not status.exists():
        return peak_megabytes()
    kilobytes = next(line.split()[1] for line in status.read_text().splitlines() if line.startswith("VmRSS"))
    return float(kilobytes) / 1024.0


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    from spikecim.engines.threads import max_threads

    return {
        "cpu": _cpu_name(),
        "cores": os.cpu_count(),
        "threads": max_threads(),
        "load_before": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
        "system": platform.system(),
        "python": platform.python_version(),
        **_present({package: _version(package) for package in PACKAGES}),
    }


def _cpu_name() -> str:
    listing = Path("/proc/cpuinfo")
    if listing.exists():
        names = [line.split(":", 1)[1].strip() for line in listing.read_text().splitlines() if "model name" in line]
        if names:
            return names[0]
    return platform.processor() or platform.machine()


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
