"""All that a GPU is wanted for, in order of worth, in the minutes there are.

    python -m benchmarks.gpu --minutes 12 --out DIR [--pack PACK] [--device auto]

Works from a folder of `benchmarks.pack`. Each part writes a file in DIR as it ends, so that what was measured
is kept when the machine is taken away:

1. `machine.json`: the card, its driver, versions, and the bfloat16 and float32 products it is measured by;
2. `tests.json`: the tests that need a GPU, RoI pooling against torchvision's among them where that is there;
3. `pretraining.json`: `benchmarks.pretraining` of the paper's network, with a profile; `compiled.json`: of it
   compiled;
4. `detection.json`: `benchmarks.detection` of the paper's network, with the hours that Table 1 would take;
5. `pretrain/`: a real pretraining of the paper's network on the packed project, as long as the minutes last:
   its settings, events, filters and log.

`report.json` gathers them. Without a GPU it says so in one line and ends; `--device cpu` tries it all with
the tiny network.
"""

import argparse
import json
import os
import platform
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import torch

ROOT = Path(__file__).resolve().parent.parent
SIDE = 8192
"""Of the square matrices whose product gives the peak."""

SHARES = {"tests": 0.15, "pretraining": 0.15, "compiled": 0.2, "detection": 0.25}
"""Of the minutes, that a part may take at most; the real pretraining has the rest."""

STEPS, WARM_UP = 1_000_000, 300
"""Of the real pretraining, which the minutes end before; the rate rises for the first ones."""

BATCH = 128
"""Pairs in a step of the paper-sized pretraining of `table1`, which the estimate is for."""

TESTS = (
    *("-q", "-m", "gpu", "-p", "no:cacheprovider", "tests/core", "--continue-on-collection-errors"),
    *("-W", "ignore:Unknown config option:pytest.PytestConfigWarning"),
)
"""What is asked of pytest; such a machine may be without Qt, and a few modules with it."""

SAVING = 20.0
"""Seconds kept for the pretraining's last checkpoint."""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, required=True)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument("--pack", type=Path, metavar="PACK", help="without it only the first three parts run")
    parser.add_argument("--device", default="auto", choices=("auto", "cpu", "cuda"))
    args = parser.parse_args()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    if device == "cpu" and args.device != "cpu":
        print("There is no GPU here; nothing was run (--device cpu tries the parts on a small network).")
        return
    device = args.device if args.device != "auto" else device
    args.out.mkdir(parents=True, exist_ok=True)
    parts = _Parts(args.out.resolve(), time.monotonic() + 60 * args.minutes, 60 * args.minutes)
    network, steps = ("paper", 200) if device == "cuda" else ("tiny", 10)

    parts.write("machine", _machine(device))
    parts.command("tests", "pytest", *TESTS, as_json=False)
    loop = [
        "--networks",
        network,
        "--device",
        device,
        "--part",
        "loop",
        "--batch",
        BATCH if steps == 200 else 16,
    ]
    parts.command("pretraining", "benchmarks.pretraining", *loop, "--profile")
    if device == "cuda":
        parts.command("compiled", "benchmarks.pretraining", *loop, "--compiled")
    if args.pack:
        pack = args.pack.resolve()
        parts.command(
            "detection",
            *("benchmarks.detection", "--voc", pack, "--network", network, "--device", device),
            *("--proposals", pack / "proposals-trainval.npz"),
            *("--test-proposals", pack / "proposals-test.npz", "--steps", steps // 2, "--images", steps // 2),
            *_pretraining_step(parts.out / "pretraining.json", network),
        )
        parts.write("pretrain", _pretrain(pack, parts, network, device))
    parts.gather()


class _Parts:
    """The parts of the report, each written when it is known."""

    def __init__(self, out: Path, end: float, seconds: float) -> None:
        self.out, self._end, self._seconds = out, end, seconds
        self._found: dict[str, Any] = {}

    def left(self) -> float:
        """Seconds until the end."""
        return self._end - time.monotonic()

    def write(self, name: str, values: Any) -> None:
        self._found[name] = values
        (self.out / f"{name}.json").write_text(json.dumps(values, indent=1) + "\n", encoding="utf-8")
        print(f"▸ {name}: {json.dumps(values)[:400]}", flush=True)

    def command(self, name: str, module: str, *words: object, as_json: bool = True) -> None:
        """Run a module in a process of its own; its output, or why there is none, is the part."""
        limit = min(SHARES[name] * self._seconds, self.left())
        if limit < 5:
            return self.write(name, {"skipped": "no time left"})
        began = time.monotonic()
        command = [sys.executable, "-m", module, *map(str, words)]
        try:
            done = subprocess.run(
                command, cwd=ROOT, capture_output=True, text=True, timeout=limit, check=False
            )
        except subprocess.TimeoutExpired:
            return self.write(name, {"stopped": f"after {limit:.0f} s", "command": command[1:]})
        seconds = round(time.monotonic() - began, 1)
        log = done.stdout[-4000:] + done.stderr[-4000:]
        if as_json and not done.returncode:
            return self.write(name, {"seconds": seconds, **json.loads(done.stdout)})
        return self.write(name, {"seconds": seconds, "exit": done.returncode, "log": log.splitlines()[-40:]})

    def gather(self) -> None:
        (self.out / "report.json").write_text(json.dumps(self._found, indent=1) + "\n", encoding="utf-8")


def _pretraining_step(measured: Path, network: str) -> tuple[object, ...]:
    """The option of `benchmarks.detection` that counts pretraining in, where it was measured."""
    found = json.loads(measured.read_text(encoding="utf-8"))
    if network not in found:
        return ()
    return "--pretraining-step", found[network]["loop"]["loop"]["wall_seconds"]


def _machine(device: str) -> dict[str, Any]:
    found: dict[str, Any] = {
        "time": time.strftime("%Y-%m-%d %H:%M"),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "cores": os.cpu_count(),
        "device": torch.cuda.get_device_name() if device == "cuda" else platform.processor(),
    }
    if device == "cuda":
        query = ["nvidia-smi", "--query-gpu=driver_version,memory.total", "--format=csv,noheader"]
        done = subprocess.run(query, capture_output=True, text=True, check=False)
        found["driver"] = done.stdout.strip()
        found["bfloat16_tflops"] = _product(torch.bfloat16, SIDE)
        found["float32_tflops"] = _product(torch.float32, SIDE)
    return found


def _product(kind: torch.dtype, side: int, repeat: int = 20) -> float:
    """10^12 operations a second of the product of two random square matrices."""
    a, b = (torch.randn(side, side, device="cuda", dtype=kind) for _ in range(2))
    for _ in range(3):
        a @ b
    torch.cuda.synchronize()
    start = time.perf_counter()
    for _ in range(repeat):
        a @ b
    torch.cuda.synchronize()
    return round(repeat * 2 * side**3 / (time.perf_counter() - start) / 1e12, 1)


def _pretrain(pack: Path, parts: _Parts, network: str, device: str) -> dict[str, Any]:
    """Pretrain on a copy of the packed project until the time is up; keep what is small of the run."""
    work = parts.out.parent / f"{parts.out.name}-work"
    shutil.rmtree(work, ignore_errors=True)
    shutil.copytree(pack / "project", work / "project")
    limit = parts.left() - SAVING
    if limit < 10:
        return {"skipped": "no time left"}
    run = work / "run"
    words = ["pretrain", "--project", work / "project", "--out", run, "--network", network]
    words += ["--device", device, "--regime", "objtr", "--head", "abs", "--held-out", "0.15"]
    words += ["--steps", STEPS, "--schedule", "constant", "--warm-up", WARM_UP / STEPS]
    words += ["--checkpoint-every", STEPS, "--scale-pixels"]
    words += ["--compiled"] if device == "cuda" else []
    began = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "main.py", *map(str, words)], cwd=ROOT, stdout=subprocess.DEVNULL
    )
    try:
        process.wait(limit)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGINT)
        process.wait()
    kept = parts.out / "pretrain"
    kept.mkdir(exist_ok=True)
    for name in ("config.toml", "events.jsonl", "worker.log", "status.json"):
        if (run / name).is_file():
            shutil.copy(run / name, kept)
    filters = sorted((run / "results" / "filters").glob("*.npz"))
    for path in filters[:1] + filters[-1:]:
        shutil.copy(path, kept)
    points = [json.loads(line) for line in (run / "events.jsonl").read_text().splitlines()]
    last = {point["name"]: [point["step"], point["value"]] for point in points if point["event"] == "Metric"}
    shutil.rmtree(work, ignore_errors=True)
    return {"seconds": round(time.monotonic() - began, 1), "last": last}


if __name__ == "__main__":
    main()
