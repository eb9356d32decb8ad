"""`info`: what a project holds."""

import argparse
from pathlib import Path
from typing import Any

from core.cli.opening import open_project
from core.cli.outcome import Outcome
from core.errors import StudioError
from core.project import counts
from core.runs.run_folder import RunFolder
from core.trajectories import journal


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--project", type=Path, required=True, metavar="DIR", help="the project")


def perform(args: argparse.Namespace) -> Outcome:
    with open_project(args.project) as project:
        with project.reading() as connection:
            summaries, origins = counts.whole(project, connection)
            counts.keep(project, connection, summaries, origins)
            revision = journal.revision(connection)
        folders = [RunFolder(path.parent) for path in sorted(project.runs.glob("*/config.toml"))]
        runs = [_run(folder) for folder in folders]
    clips = [
        {
            "name": one.clip.name,
            "dataset": one.clip.dataset,
            "frames": one.clip.frames,
            "width": one.clip.width,
            "height": one.clip.height,
            "use": one.clip.use.value,
            "annotated": one.annotated,
            "object_trajectories": one.objects,
            "point_trajectories": one.points,
            "accepted": one.accepted,
            "rejected": one.rejected,
            "suggested": one.suggested,
            "observations": origins.get(one.clip.id, {}),
        }
        for one in summaries
    ]
    values = {"project": project.name, "revision": revision, "clips": clips, "runs": runs}
    return Outcome(_text(clips, runs), values)


def _run(folder: RunFolder) -> dict[str, str]:
    try:
        return {"name": folder.name, "job": folder.job, "state": folder.status().state.value}
    except StudioError:  # its config.toml; `check` says what to do
        return {"name": folder.name, "job": "", "state": "damaged"}


def _text(clips: list[dict[str, Any]], runs: list[dict[str, str]]) -> str:
    if not clips:
        return "The project holds no clips yet."
    names = (
        *("clip", "data set", "use", "frames", "size"),
        *("annotated", "objects", "points", "accepted", "rejected", "suggested"),
    )
    rows = [
        (
            *(clip["name"], clip["dataset"], clip["use"]),
            *(clip["frames"], f"{clip['width']}×{clip['height']}"),
            *(clip["annotated"], clip["object_trajectories"], clip["point_trajectories"]),
            *(clip["accepted"], clip["rejected"], clip["suggested"]),
        )
        for clip in clips
    ]
    columns = (
        *("frames", "annotated", "object_trajectories", "point_trajectories"),
        *("accepted", "rejected", "suggested"),
    )
    frames, *sums = (sum(clip[column] for clip in clips) for column in columns)
    table = [names, *rows, (f"{len(clips)} clips", "", "", frames, "", *sums)]
    widths = [max(len(str(row[k])) for row in table) for k in range(len(names))]
    lines = [
        "  ".join(
            str(cell).ljust(width) if k < 3 else str(cell).rjust(width)
            for k, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in table
    ]
    origins: dict[str, int] = {}
    for clip in clips:
        for origin, count in clip["observations"].items():
            origins[origin] = origins.get(origin, 0) + count
    kinds = ", ".join(f"{count:,} {origin}" for origin, count in origins.items())
    lines.append(f"Observations: {kinds or 'none'}.")
    lines += [f"{run['name']}  {run['state']}" for run in runs]
    return "\n".join(lines)
