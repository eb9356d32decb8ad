"""The job behind *Evaluate on VOC*: fine-tune, detect, evaluate, in one run folder."""

from collections.abc import Iterator

from core.datasets.voc import CLASSES, read_split
from core.detection.config import DetectConfig, VocConfig
from core.detection.learnt_classes import learnt_classes
from core.errors import StudioError
from core.evaluation.config import EvaluateConfig
from core.events import Event, part_of
from core.jobs import detect, evaluate, finetune
from core.jobs.proposals import cache_of
from core.runs.run_folder import RunFolder


def run(folder: RunFolder, config: VocConfig) -> Iterator[Event]:
    """Fine-tune, detect and evaluate, one after the other; progress is that of the whole.

    Of a test set without annotations the archive for VOC's server is left instead of an AP.
    """
    config = finetune.settled(folder, config)
    cache = config.cache or cache_of(folder)
    images = read_split(config.voc, config.year, config.set)
    classes = learnt_classes(folder.path, config.classes, images, config.set)
    searched = 0 if config.proposals else len(images)
    test_images = read_split(config.voc, config.year, config.test_set)
    tested = len(test_images)
    fine_tuned = searched + config.total_steps
    proposed = 0 if config.test_proposals else tested
    total = fine_tuned + proposed + tested + len(classes)
    can_measure = any(image.annotated for image in test_images)
    if not can_measure and classes != CLASSES:
        raise StudioError(
            f"{config.test_set} has no annotations, and VOC's server measures VOC's classes alone; choose a "
            "set with annotations to test on."
        )

    yield from part_of(finetune.run(folder, config), 0, total)
    detecting = DetectConfig(
        run=folder.path,
        voc=config.voc,
        year=config.year,
        set=config.test_set,
        device=config.device,
        proposals=config.test_proposals,
        mode=config.mode,
        amp=config.amp,
        amp_on_cpu=config.amp_on_cpu,
        cache=cache,
    )
    yield from part_of(detect.run(folder, detecting), fine_tuned, total)
    measuring = EvaluateConfig(
        voc=config.voc,
        year=config.year,
        set=config.test_set,
        detections=detect.detections_of(folder),
        metric=config.metric,
        archive=None if can_measure else folder.results / f"VOC{config.year}_{config.test_set}.tar.gz",
    )
    yield from part_of(evaluate.run(folder, measuring), fine_tuned + proposed + tested, total)
