"""Fill README's tables from results: `python -m benchmarks.readme out/spirit/reproduction.json bench.json`."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

README = Path(__file__).resolve().parents[1] / "README.md"


def rows_table(found: dict[str, Any]) -> str:
    """Published against emulated, as Markdown."""
    lines = ["| quantity | published | emulated | interval | verdict |", "| --- | ---: | ---: | ---: | --- |"]
    for row in found["rows"]:
        numbers = [_number(row[key], row["unit"]) for key in ("published", "emulated", "low", "high")]
        unit = {"cells": "", "spikes": "", "reads": "", "x": "x"}.get(row["unit"], " " + row["unit"])
        bound = "≥ " if row["relation"] == "at least" else ""
        lines.append(
            f"| {row['quantity']} | {bound}{numbers[0]}{unit} | {numbers[1]}{unit} | {numbers[2]} to {numbers[3]} "
            f"| {row['verdict']} |"
        )
    check = found["engine_check"]
    lines += [
        "",
        f"Brian2 against the event engine: {check['spikes']:,} spikes compared, {check['differing']} differing.",
    ]
    return "\n".join(lines)


def _number(value: float, unit: str) -> str:
    if unit == "reads":
        return f"{value / 1e6:,.0f} M"
    if unit == "points":
        return f"{value:.2f}".replace("-", "−")
    return f"{value:,.0f}" if value >= 1000 else f"{value:.4g}"


def bench_table(found: dict[str, Any]) -> str:
    """Speed, as Markdown."""
    about = found["machine"]
    lines = [f"`make bench` on {about['cpu']}, {about['cores']} cores:", ""]
    lines += ["| case | seconds | target | images/s | |", "| --- | ---: | ---: | ---: | --- |"]
    for row in found["rows"]:
        rate = f"{row['images_per_second']:,.0f}" if row.get("images_per_second") else ""
        ratio = f"{row['ratio']:.3g} x the time of {row['against']}" if row.get("ratio") and row.get("against") else ""
        target = f"{row['target_seconds']:g}" if row.get("target_seconds") else ""
        seconds = f"{row['seconds']:,.0f}" if row["seconds"] >= 1000 else f"{row['seconds']:.3g}"
        lines.append(f"| {row['name']} | {seconds} | {target} | {rate} | {ratio} |")
    if any(str(row.get("note", "")).startswith("not SPIRIT") for row in found["rows"]):
        lines += [
            "",
            "Peers run without early stop, SPIRIT's 144-10 on 1,000 images; on one thread ratios are of CPU time. No",
            "peer has SPIRIT's neuron: `bench.json` says which one each row simulates instead. `mlp` and `lenet` on an",
            "exact chip are the same network in all of them; `bench.json` says how many images they decide alike.",
        ]
    return "\n".join(lines)


def main() -> None:
    """Replace what stands between the markers."""
    reproduction, bench = (json.loads(Path(name).read_text(encoding="utf-8")) for name in sys.argv[1:3])
    text = README.read_text(encoding="utf-8")
    for name, table in (("table", rows_table(reproduction)), ("bench", bench_table(bench))):
        pattern = rf"(<!-- {name}:begin -->\n).*?(<!-- {name}:end -->)"
        text = re.sub(pattern, lambda found, table=table: f"{found[1]}{table}\n{found[2]}", text, flags=re.S)
    README.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
