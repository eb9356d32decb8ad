"""How a start is conditioned for fine-tuning: sizes of activations and gradients, layer by layer.

    python -m benchmarks.transfer.conditioning --data DIR --cache DIR

One line of JSON for each row and layer, the mean over the seeds whose trunks the study left in the cache.
"""

import argparse
import json
from collections import defaultdict
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from benchmarks.transfer.rows import SEEDS
from benchmarks.transfer.study import Place
from core.datasets.voc import CLASSES
from core.detection.batches import make_batch
from core.detection.losses import detection_losses
from core.detection.pictures import Pictures
from core.networks.fast_rcnn import FastRCNN
from core.networks.initialisation import LAYERS
from core.networks.weights import load_trunk

ROWS = {
    "RandomNet": "RandomNet",
    "SlowFeat-obj": "drawn: SlowFeat-obj",
    "AssociationNet-obj signed": "drawn: AssociationNet-obj signed",
    "AssociationNet-obj abs": "drawn: AssociationNet-obj abs",
    "nce-obj": "drawn: nce-obj (beyond the paper)",
    "Caltech101Net": "Caltech101Net",
    "AssociationNet-obj signed, scaled": "drawn: AssociationNet-obj signed, scaled",
    "AssociationNet-obj abs, scaled": "drawn: AssociationNet-obj abs, scaled",
    "nce-obj, scaled": "drawn: nce-obj (beyond the paper), scaled",
    "Caltech101Net, scaled": "Caltech101Net, scaled",
}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--cache", type=Path, required=True)
    options = parser.parse_args()
    torch.set_num_threads(1)
    place = Place(options.data, options.cache, Path())
    for name, row in ROWS.items():
        found: dict[str, list[dict[str, float]]] = defaultdict(list)
        for seed in SEEDS:
            if place.trunk_of(row, seed).is_file():
                for layer, values in measured(place, row, seed).items():
                    found[layer].append(values)
        for layer, each in found.items():
            means = {key: float(f"{np.mean([one[key] for one in each]):.3g}") for key in each[0]}
            print(json.dumps({"row": name, "layer": layer, "seeds": len(each), **means}), flush=True)


def measured(place: Place, row: str, seed: int) -> dict[str, dict[str, float]]:
    """Of the first batch of fine-tuning, by layer.

    Returns:
        `size`: the root mean square of what comes before the ReLU; `dead`: the share of units that are never
        above 0; `spread`: the mean over units of the deviation over places ÷ that root mean square;
        `gradient`: the length of the gradient ÷ that of the weights.
    """
    detection, device = place.drawn_detection, torch.device("cpu")
    generator = torch.Generator().manual_seed(seed)
    net = FastRCNN(
        load_trunk(str(place.trunk_of(row, seed)), "tiny", generator, dropout=0.0), len(CLASSES), generator
    )
    outputs: dict[str, Tensor] = {}
    for layer in LAYERS:
        getattr(net.trunk, layer).register_forward_hook(
            lambda module, given, output, layer=layer: outputs.__setitem__(layer, output.detach().clone())
        )
    config = detection.config
    batch = make_batch(
        detection.training, detection.statistics, config, config.image_size, 0, Pictures(device)
    )
    scores, deltas = net(batch.images, batch.rois)
    sum(
        detection_losses(scores, deltas, batch.labels, batch.targets, batch.foreground), torch.zeros(())
    ).backward()
    found = {}
    for layer in LAYERS:
        units = outputs[layer].transpose(0, 1).flatten(1)
        size = float(units.square().mean().sqrt())
        weight = getattr(net.trunk, layer).weight
        found[layer] = {
            "size": size,
            "dead": float((units.amax(1) <= 0).float().mean()),
            "spread": float(units.std(1).mean()) / size,
            "gradient": float(weight.grad.norm() / weight.detach().norm()),
        }
    return found


if __name__ == "__main__":
    main()
