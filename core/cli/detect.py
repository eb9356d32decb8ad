"""`detect`: run a detector over a VOC set and write comp4 files."""

import argparse
import json

from core.atomic_file import write_atomically
from core.cli.options import add_settings, given, settings_from
from core.cli.outcome import Outcome
from core.cli.running import cache, passing_run
from core.detection.config import DetectConfig
from core.errors import StudioError


def made_by(set_name: str) -> str:
    """The file beside the comp4 files of a set that names the run which detected them.

    `evaluate` keeps the AP with that run.
    """
    return f"made_by_{set_name}.json"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_settings(parser, DetectConfig, required=("run", "voc", "out"))


def perform(args: argparse.Namespace) -> Outcome:
    filled = {"cache": given(args, DetectConfig).get("cache", cache())}
    settings = settings_from(args, DetectConfig, **filled)
    kept = "nothing was kept" if settings.proposals else "only the boxes proposed so far were kept"
    with passing_run("detect", settings, args, kept):
        pass
    assert settings.out is not None  # required
    try:
        text = json.dumps({"run": str(settings.run)})
        write_atomically(settings.out / made_by(settings.set), text.encode())
    except OSError as error:
        raise StudioError(
            f"Cannot write to {settings.out} ({error.strerror}); choose another folder."
        ) from error
    files = sorted(str(path) for path in settings.out.glob(f"comp4_det_{settings.set}_*.txt"))
    return Outcome(f"Wrote {len(files)} files to {settings.out}.", {"files": files})
