"""The two losses of Fast R-CNN."""

from torch import Tensor
from torch.nn import functional


def detection_losses(
    scores: Tensor, deltas: Tensor, labels: Tensor, targets: Tensor, foreground: Tensor
) -> tuple[Tensor, Tensor]:
    """How wrong classes and boxes are.

    Args:
        scores: (R, classes + 1) before the softmax.
        deltas: (R, classes + 1, 4) normalised deltas by class.
        labels: (R,) int64; 0 for background.
        targets: (R, 4) the normalised deltas wanted; not looked at for background.
        foreground: (F,) int64, the rows of which the label is not 0: to look for them on a GPU, the host
            would have to wait for it.

    Returns:
        The cross entropy, averaged over RoIs, and the smooth L1 loss (0.5 x² within 1, |x| - 0.5
        beyond) of the label's own deltas, summed over foreground and divided by the number of all RoIs,
        as Fast R-CNN's layer divides it. Their sum is to be minimised (λ = 1).

    Source: Girshick, ICCV 2015, equations 1 to 3.
    """
    class_loss = functional.cross_entropy(scores, labels)
    chosen = deltas[foreground, labels[foreground]]
    box_loss = functional.smooth_l1_loss(chosen, targets[foreground], reduction="sum", beta=1.0) / len(labels)
    return class_loss, box_loss
