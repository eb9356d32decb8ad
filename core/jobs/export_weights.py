"""The job that writes a trained trunk or detector for other programs."""

import json
from collections.abc import Iterator
from pathlib import Path

import torch

from core.atomic_file import check_writable, write_atomically
from core.detection import detector_file
from core.detection.portable_detector import portable_detector
from core.errors import StudioError
from core.events import Event, Log, Progress
from core.networks import weights
from core.networks.config import WEIGHT_FORMATS, ExportWeightsConfig
from core.networks.portable import Portable, portable_trunk
from core.networks.weight_formats import write_weights
from core.runs.run_folder import RunFolder


def run(folder: RunFolder, config: ExportWeightsConfig) -> Iterator[Event]:
    """Write weights; leaves `results/weights.json`: the `file`, what it holds, and how exact it is."""
    try:
        check_writable(config.out)
    except OSError as error:
        raise StudioError(f"Cannot write {config.out} ({error}); choose another place.") from error
    net = read_portable(config.run)
    yield Progress(0, 1, f"Writing {config.out.name}")
    difference = write_weights(net, config.format, config.out)
    values = {
        "file": str(config.out),
        "format": config.format,
        "kind": net.kind,
        "network": net.network,
        "parameters": sum(tensor.numel() for tensor in net.tensors.values()),
        "bytes": config.out.stat().st_size,
        "inputs": dict(net.inputs),
        "outputs": dict(net.outputs),
        "largest_difference": difference,
    }
    write_atomically(folder.results / "weights.json", json.dumps(values, indent=1).encode())
    words = WEIGHT_FORMATS[config.format].words
    exact = "" if difference is None else f"; it calculates what the {net.kind} does, to {difference:.0e}"
    yield Progress(1, 1)
    yield Log(f"The {net.network} {net.kind} is in {config.out}: {words}{exact}.")


def read_portable(source: Path) -> Portable:
    """The detector or the trunk of a run folder, or of a `.safetensors` file of one.

    Raises:
        StudioError: there is neither, or the file is damaged or foreign.
    """
    path = next(
        (source / place for place in (detector_file.IN_RUN, weights.IN_RUN) if (source / place).is_file()),
        source,
    )
    if not path.is_file():
        raise StudioError(
            f"{source} holds no trained weights yet; choose a run that pretrained or fine-tuned, or its file."
        )
    if detector_file.FILE.wrote(path):
        return portable_detector(detector_file.load_detector(path), _words(detector_file.FILE.header(path)))
    header = weights.FILE.header(path)
    return portable_trunk(weights.load_trunk(str(path), None, torch.Generator()), _words(header))


def _words(header: dict[str, str]) -> dict[str, str]:
    """What a header says beside what every file of its kind says."""
    return {name: text for name, text in header.items() if name not in ("format", "version", "network")}
