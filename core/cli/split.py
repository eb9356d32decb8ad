"""`split`: show which clips train, are held out or are left out, and choose it."""

import argparse
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from core.cli.opening import open_project
from core.cli.outcome import Outcome
from core.config import LARGEST_INT
from core.datasets.clip import Clip, Use
from core.errors import StudioError
from core.pairs.split import share_of, split_clips
from core.trajectories import journal, store
from core.trajectories.clip_edits import ChooseUse

OPTIONS = {
    Use.HELD_OUT: ("--held-out", "only measure on this clip"),
    Use.LEFT_OUT: ("--left-out", "neither train nor measure on this clip"),
    Use.TRAIN: ("--train", "train on this clip"),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--project", type=Path, required=True, metavar="DIR", help="the project")
    for use, (option, help) in OPTIONS.items():
        parser.add_argument(
            option,
            action="append",
            default=[],
            dest=use.name,
            metavar="NAME",
            help=f"{help}; may be repeated",
        )
    parser.add_argument(
        "--share",
        metavar="SHARE",
        help="hold out such a share of the clips that are not left out, and train on the others",
    )
    parser.add_argument(
        "--split-seed", type=int, default=0, metavar="INT", help="which clips the share takes (default: 0)"
    )


def perform(args: argparse.Namespace) -> Outcome:
    """All that is chosen becomes one edit."""
    named = {use: getattr(args, use.name) for use in OPTIONS}
    with open_project(args.project) as project:
        with project.reading() as connection:
            for name in itertools.chain(*named.values()):
                store.clip(connection, name)
            clips = store.clips(connection)
        uses = _chosen({clip.name: clip.use for clip in clips}, named, args.share, args.split_seed)
        changed = tuple(replace(clip, use=uses[clip.name]) for clip in clips if clip.use != uses[clip.name])
        edit = ChooseUse(changed)
        if changed:
            with project.writing() as connection:
                journal.perform(connection, edit)
    return _outcome(clips, uses, edit.text if changed else "")


def _chosen(
    uses: dict[str, Use], named: Mapping[Use, Sequence[str]], share: str | None, seed: int
) -> dict[str, Use]:
    """The use of every clip: a share is drawn of those not left out, then names have the last word."""
    uses = uses | dict.fromkeys(named[Use.LEFT_OUT], Use.LEFT_OUT)
    if share is not None:
        if share_of(share) is None:
            raise StudioError(f"--share must be a number from 0 to 0.9, not {share!r}.")
        if not 0 <= seed <= LARGEST_INT:
            raise StudioError(f"--split-seed must be a number from 0 to {LARGEST_INT}.")
        split = split_clips(uses, share, seed)
        uses |= dict.fromkeys(split.training, Use.TRAIN) | dict.fromkeys(split.held_out, Use.HELD_OUT)
    for use, names in named.items():
        for name in names:
            if any(name in others for other, others in named.items() if other is not use):
                raise StudioError(f"The clip {name!r} is named for two uses; name it for one.")
        uses |= dict.fromkeys(names, use)
    split_clips(uses)  # says so where nothing is left to train on
    return uses


def _outcome(clips: Sequence[Clip], uses: Mapping[str, Use], done: str) -> Outcome:
    width = max((len(clip.name) for clip in clips), default=0)
    lines = [f"{clip.name:{width}}  {uses[clip.name]}" for clip in clips]
    counts = [f"{list(uses.values()).count(use)} {use}" for use in Use]
    lines.append(f"{done}: {', '.join(counts)}." if done else f"{', '.join(counts)}.")
    values = {"clips": [{"name": name, "use": use.value} for name, use in uses.items()], "edit": done}
    return Outcome("\n".join(lines) if clips else "The project holds no clips yet.", values)
