"""A job that nobody knows: it counts the frames of the clips it works on."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from core import config
from core.atomic_file import write_atomically
from core.config import setting
from core.events import ClassAP, Event, Metric, Progress
from core.runs.job import Job, Works
from core.runs.run_folder import RunFolder


@dataclass(frozen=True, kw_only=True)
class CountConfig:
    up_to: int = setting(3, "Count as far as that", "frames", minimum=1)

    def __post_init__(self) -> None:
        config.check(self)


COUNT = Job(
    name="count",
    title="Count frames",
    help="count frames, slowly",
    settings=CountConfig,
    works=Works.FOR_A_FILE,
    module="tests.end_to_end.toy_job",
    workspace="evaluate",
    result="count.json",
)


COUNT_CLIPS = Job(
    name="count_clips",
    title="Count in clips",
    help="count the frames of clips",
    settings=CountConfig,
    works=Works.ON_CLIPS,
    module="tests.end_to_end.toy_job",
    workspace="curate",
    icon="track",
)


def run(folder: RunFolder, settings: CountConfig) -> Iterator[Event]:
    for number in range(1, settings.up_to + 1):
        yield Metric("counted", number, number)
        yield Progress(number, settings.up_to, "Counting")
    yield ClassAP("cat", 0.5, 1)
    write_atomically(folder.results / "count.json", json.dumps({"counted": settings.up_to}).encode())
