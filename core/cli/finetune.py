"""`finetune`: train a detector on VOC from pretrained or random weights."""

import argparse

from core.cli.options import add_settings, given, settings_from, start_of
from core.cli.outcome import Outcome
from core.cli.running import cache
from core.cli.training import add_run, run_to_end, to_resume
from core.detection.config import FinetuneConfig
from core.runs import launch


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_run(parser)
    add_settings(parser, FinetuneConfig, required=("voc",))


def perform(args: argparse.Namespace) -> Outcome:
    if hasattr(args, "init"):
        args.init = start_of(args.init)
    folder = to_resume(args, "finetune", FinetuneConfig)
    if folder is None:
        filled = {"cache": given(args, FinetuneConfig).get("cache", cache())}
        folder = launch.prepare_at(args.out, "finetune", settings_from(args, FinetuneConfig, **filled))
    return run_to_end(folder, args)
