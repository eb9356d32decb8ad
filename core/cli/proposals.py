"""`proposals`: propose boxes in the images of a VOC set."""

import argparse

from core.cli.options import add_settings, given, settings_from
from core.cli.outcome import Outcome
from core.cli.running import cache, passing_run
from core.detection.config import ProposalsConfig


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_settings(parser, ProposalsConfig, required=("voc", "out"))


def perform(args: argparse.Namespace) -> Outcome:
    filled = {"cache": given(args, ProposalsConfig).get("cache", cache())}
    settings = settings_from(args, ProposalsConfig, **filled)
    with passing_run("proposals", settings, args, "the boxes proposed so far were kept"):
        pass
    return Outcome(f"Wrote {settings.out}.", {"file": str(settings.out)})
