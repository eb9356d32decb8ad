"""The job behind *Evaluate on VOC*: fine-tune, detect, evaluate, in one run folder."""

from collections.abc import Iterator

from core.datasets.voc import CLASSES, read_split
from core.detection.config import DetectConfig, EvaluateConfig, VocConfig
from core.events import Event, part_of
from core.jobs.detect import detect_in, detections_of
from core.jobs.evaluate import evaluate_in
from core.jobs.finetune import finetune_in
from core.jobs.proposals import cache_of
from core.runs.run_folder import RunFolder


def run(folder: RunFolder) -> Iterator[Event]:
    config = folder.settings(VocConfig)
    cache = config.cache or cache_of(folder)
    searched = 0 if config.proposals else len(read_split(config.voc, config.year, config.set))
    tested = len(read_split(config.voc, config.year, config.test_set))
    fine_tuned = searched + config.total_steps
    total = fine_tuned + 2 * tested + len(CLASSES)

    yield from part_of(finetune_in(folder, config), 0, total)
    detect = DetectConfig(
        run=folder.path,
        voc=config.voc,
        year=config.year,
        set=config.test_set,
        device=config.device,
        mode=config.mode,
        cache=cache,
    )
    yield from part_of(detect_in(folder, detect), fine_tuned, total)
    evaluate = EvaluateConfig(
        voc=config.voc,
        year=config.year,
        set=config.test_set,
        detections=detections_of(folder),
        metric=config.metric,
    )
    yield from part_of(evaluate_in(folder, evaluate), fine_tuned + 2 * tested, total)
