"""`export`: write trajectories in another program's format."""

import argparse
import contextlib
import csv
import sys
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

from sqlalchemy import Connection

from core.cli.columns import add_column_arguments
from core.cli.opening import open_project, waited
from core.cli.options import add_settings, given, settings_from
from core.cli.outcome import Outcome
from core.cli.running import shown
from core.errors import StudioError
from core.overlay.config import OverlayConfig
from core.overlay.files import TITLES, VIDEO, frames_of, overlay_losses, overlay_path, write_overlay
from core.overlay.label_colours import LabelColours
from core.overlay.layers import Layers
from core.overlay.rendering import Renderer
from core.project.labels import LabelList, read_labels
from core.project.project import Project
from core.project.saved_filters import find_filter, read_filters
from core.trajectories import store
from core.trajectories.exchange import WRITTEN, export_clip
from core.trajectories.exchange.choice import KEPT, Choice, Count
from core.trajectories.exchange.column_mapping import parse
from core.trajectories.exchange.file_names import file_names, renamed
from core.trajectories.exchange.omissions import omissions
from core.trajectories.exchange.plan import plan
from core.trajectories.exchange.replacing import alone_in
from core.trajectories.exchange.spans import Spans
from core.trajectories.exchange.tables import table_of
from core.trajectories.model import Kind, Review

_REVIEWS = {review.name.lower(): review for review in Review}
_KINDS = {"objects": Kind.OBJECT, "points": Kind.POINT}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--project", type=Path, required=True, metavar="DIR", help="the project")
    parser.add_argument("--format", choices=(*WRITTEN, *TITLES), required=True, help="of what is written")
    parser.add_argument(
        "--out", type=Path, required=True, metavar="PATH", help="a folder, in which each clip becomes a file"
    )
    chosen = parser.add_argument_group("what is written (default: neither rejected nor suggested tracks)")
    chosen.add_argument("--clip", action="append", metavar="NAME", help="only this clip; may be repeated")
    chosen.add_argument("--tracks", metavar="IDS", help="such as 3,7-9 (numbers of the window)")
    chosen.add_argument("--frames", metavar="SPAN", help="such as 10-50 (numbers of the window)")
    chosen.add_argument("--labels", metavar="NAMES", help="only tracks of these labels, such as car,person")
    chosen.add_argument("--kinds", choices=tuple(_KINDS), help="only objects, or only points")
    chosen.add_argument("--reviews", metavar="NAMES", help=f"only tracks that are {', '.join(_REVIEWS)}")
    chosen.add_argument(
        "--filter",
        metavar="FILTER",
        help="only tracks that pass a filter, such as 'kind:point error<2' or the name of one of the project",
    )
    chosen.add_argument("--rejected", action="store_true", help="rejected tracks too")
    chosen.add_argument("--suggested", action="store_true", help="suggested objects too")
    add_column_arguments(parser)
    add_settings(parser, OverlayConfig, title=f"what {' and '.join(TITLES)} show")


def perform(args: argparse.Namespace) -> Outcome:
    """What is lost is said for all clips before the first file is written."""
    choice, overlay = choice_of(args, read_filters(args.project)), settings_from(args, OverlayConfig)
    is_overlay = args.format in TITLES
    if not is_overlay and (shown_only := given(args, OverlayConfig)):
        option = next(iter(shown_only)).replace("_", "-")
        raise StudioError(f"--{option} belongs to overlays; leave it out, or choose --format {VIDEO}.")
    columns = parse(args.columns, args.preset)
    if columns is not None:
        table_of(args.format)  # refuses formats that are no tables
    losses = (
        partial(overlay_losses, args.format)
        if is_overlay
        else partial(omissions, args.format, frames=choice.frames, columns=columns)
    )
    files = []
    with (
        open_project(args.project) as project,
        project.reading() as connection,
        shown(args) as display,
        contextlib.ExitStack() as alone,
    ):
        planned, warnings = plan(connection, choice, losses, display.report)
        names = file_names(clip.name for clip in store.clips(connection))
        warnings += [f"{one.clip.name}: {loss}" for one in planned for loss in one.losses]
        warnings += renamed({one.clip.name: names[one.clip.name] for one in planned})
        layers = _with_labels(overlay.layers, project, connection, warnings)
        for warning in warnings:
            print(f"Warning: {warning}", file=sys.stderr, flush=True)
        waited(lambda: alone.enter_context(alone_in(args.out)))
        for place, one in enumerate(planned):
            display.report(place, len(planned), one.clip.name)
            name = names[one.clip.name]
            if is_overlay:  # frames that are not chosen are not drawn; trails reach into them
                tracks = replace(choice, frames=None).of(connection, one.clip)
                renderer = Renderer(one.clip, *tracks, layers, store.points(connection, one.clip.id))
                path, frames = (
                    overlay_path(args.format, one.clip, args.out, name),
                    frames_of(one.clip, choice),
                )
                files.append(write_overlay(args.format, path, one.clip, renderer, frames, display.report))
            else:
                tracks = choice.of(connection, one.clip)
                files.append(export_clip(args.format, one.clip, *tracks, args.out, name, columns))
    total = sum((one.count for one in planned), Count())
    counts = {
        "clips": len(planned),
        "object_trajectories": total.objects,
        "point_trajectories": total.points,
        "observations": total.observations,
    }
    paths = [str(path) for path in files]
    return Outcome("\n".join(paths), {"files": paths, "warnings": warnings, "counts": counts})


def _with_labels(layers: Layers, project: Project, connection: Connection, warnings: list[str]) -> Layers:
    """With the colours of the project's labels, where they are asked for."""
    if layers.colour_by != "label":
        return layers
    try:
        labels = read_labels(project.path)
    except StudioError as error:
        warnings.append(str(error))
        labels = LabelList()
    used = store.labels(connection, [clip.id for clip in store.clips(connection)])
    return replace(layers, labels=LabelColours.of(labels, used))


def choice_of(args: argparse.Namespace, filters: Mapping[str, str]) -> Choice:
    """What the options choose; where a filter names reviews, these are taken unless options say otherwise.

    Args:
        filters: those that the project keeps, by name.

    Raises:
        StudioError: one says nothing that can be meant.
    """
    wanted = find_filter(filters, args.filter or "")
    reviews = frozenset(Review) if wanted.reviews else KEPT
    if args.reviews is not None:
        reviews = frozenset(_review(name) for name in _names(args.reviews))
    more = {Review.REJECTED: args.rejected, Review.SUGGESTED: args.suggested}
    return Choice(
        clips=frozenset(args.clip) if args.clip else None,
        tracks=None if args.tracks is None else Spans.parsed(args.tracks),
        frames=None if args.frames is None else Spans.parsed(args.frames),
        reviews=reviews | {review for review, asked in more.items() if asked},
        labels=None if args.labels is None else frozenset(_names(args.labels)),
        kinds=frozenset(Kind) if args.kinds is None else frozenset((_KINDS[args.kinds],)),
        wanted=wanted,
    )


def _names(text: str) -> list[str]:
    """Names between commas; one that has commas itself stands in quotes."""
    return [name.strip() for name in next(csv.reader([text], skipinitialspace=True), [""])]


def _review(name: str) -> Review:
    if name not in _REVIEWS:
        raise StudioError(f"There is no review {name!r}; choose {', '.join(_REVIEWS)}.")
    return _REVIEWS[name]
