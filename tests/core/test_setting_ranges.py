"""Every number of every job has a range: what lies beyond it is one sentence, whichever way it comes."""

import argparse
import dataclasses
import typing
from collections.abc import Iterator
from typing import Any

import pytest

from core import config
from core.cli.options import add_settings, settings_from
from core.demo.demo import DemoConfig
from core.errors import StudioError
from core.jobs import JOBS

SETTINGS = {**{name: job.settings for name, job in JOBS.items()}, "demo": DemoConfig}
EXTREMES = {
    int: ("99999999999999999999", str(2**70), str(-(2**70)), str(-(2**31)), "9" * 4000),
    float: ("1e308", "-1e308", "inf", "-inf", "nan", "1e400"),
}


def numbers_of(cls: Any) -> Iterator[tuple[str, type]]:
    kinds = typing.get_type_hints(cls)
    for field in dataclasses.fields(cls):
        kind = config.bare_type(kinds[field.name])
        kind = typing.get_args(kind)[0] if typing.get_origin(kind) is tuple else kind
        if kind in (int, float):
            yield field.name, kind


CASES = [(job, name, kind) for job, cls in SETTINGS.items() for name, kind in numbers_of(cls)]


def test_there_are_numbers_of_every_kind():
    assert len(CASES) > 80
    assert {"seed", "threads", "gap_shortest", "learning_rate", "shots"} <= {name for _, name, _ in CASES}


@pytest.mark.parametrize(("job", "name", "kind"), CASES)
def test_a_number_beyond_its_range_is_one_sentence_from_the_command_line_and_from_a_file(
    job, name, kind, tmp_path
):
    cls = SETTINGS[job]
    parser = argparse.ArgumentParser()
    add_settings(parser, cls)
    for text in EXTREMES[kind]:
        args = parser.parse_args([f"--{name.replace('_', '-')}={text}"])
        with pytest.raises(StudioError, match=rf"^{name} must be at (least|most) [-\d.e]+, not .{{1,60}}\.$"):
            settings_from(args, cls)
        value = f"[{text}]" if isinstance(getattr(args, name), list) else text
        (tmp_path / "a.toml").write_text(f"{name} = {value.replace('1e400', 'inf')}")
        with pytest.raises(StudioError, match=rf"^{name} must be at (least|most) "):
            config.load(cls, tmp_path / "a.toml")


@pytest.mark.parametrize(("job", "name", "kind"), CASES)
def test_every_range_is_finite_and_holds_the_default(job, name, kind):
    field = next(field for field in dataclasses.fields(SETTINGS[job]) if field.name == name)
    limits = config.range_of(field, kind)
    assert limits is not None
    low, high = limits
    assert -config.LARGEST_INT <= low < high <= config.LARGEST_INT  # what a spin box holds
    default = field.default if isinstance(field.default, tuple) else (field.default,)
    assert all(low <= value <= high for value in default)
