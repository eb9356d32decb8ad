import enum
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import config
from core.config import setting
from core.errors import StudioError


class Colour(enum.StrEnum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True, kw_only=True)
class Example:
    rate: float = setting(0.1, "Step size", minimum=0, maximum=1)
    count: int = setting(3, "How many", minimum=1)
    method: str = setting("fast", "How", choices=("fast", "slow"))
    flip: bool = setting(True, "Mirror")
    folder: Path | None = setting(None, "Where")
    sizes: tuple[int, ...] = setting((1, 2), "Sizes", "px")
    files: tuple[Path, ...] = setting((), "Files")
    colour: Colour = setting(Colour.RED, "Colour")

    def __post_init__(self) -> None:
        config.check(self)


examples = st.builds(
    Example,
    rate=st.floats(0, 1),
    count=st.integers(1, config.LARGEST_INT),
    method=st.sampled_from(["fast", "slow"]),
    flip=st.booleans(),
    folder=st.none() | st.just(Path("a b/ü")),
    sizes=st.lists(st.integers(-config.LARGEST_INT, config.LARGEST_INT)).map(tuple),
    files=st.lists(st.sampled_from([Path("x"), Path("y/z")])).map(tuple),
    colour=st.sampled_from(Colour),
)


@given(examples)
def test_settings_come_back_from_plain_values(settings):
    assert config.from_dict(Example, config.as_dict(settings)) == settings


def test_settings_come_back_from_a_file(tmp_path):
    settings = Example(rate=0.25, folder=tmp_path, sizes=(5,), colour=Colour.BLUE)
    config.save(settings, tmp_path / "a.toml")
    assert config.load(Example, tmp_path / "a.toml") == settings


def test_an_integer_serves_as_a_number_but_a_bool_does_not():
    assert config.from_dict(Example, {"rate": 1}).rate == 1.0
    with pytest.raises(StudioError, match="rate must be of type float, not True"):
        config.from_dict(Example, {"rate": True})


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"rat": 1.0}, "Unknown setting 'rat'; known are colour"),
        ({"rate": "fast"}, "rate must be of type float, not 'fast'"),
        ({"rate": 1.5}, "rate must be at most 1, not 1.5"),
        ({"rate": float("nan")}, "rate must be at least 0, not nan"),
        ({"count": 0}, "count must be at least 1, not 0"),
        ({"count": 2.0}, "count must be of type int"),
        ({"method": "medium"}, "method must be one of fast, slow, not 'medium'"),
        ({"flip": 1}, "flip must be of type bool"),
        ({"sizes": 3}, "sizes must be a list"),
        ({"sizes": [1, "2"]}, "sizes must be of type int"),
        ({"count": 10**5000}, "count must be at most 2147483647, not a number of more than 30 digits"),
        ({"rate": 10**400}, "rate must be at most 1, not inf"),
        ({"sizes": [1, -(2**31)]}, "sizes must be at least -2147483647, not -2147483648"),
        ({"folder": "a\0b"}, "folder must be a path"),
        ({"colour": "green"}, "colour must be one of red, blue, not 'green'"),
    ],
)
def test_a_bad_value_is_one_sentence(values, sentence):
    with pytest.raises(StudioError, match=sentence):
        config.from_dict(Example, values)


def test_a_missing_file_and_a_broken_one_are_one_sentence(tmp_path):
    with pytest.raises(StudioError, match="There is no file"):
        config.load(Example, tmp_path / "a.toml")
    (tmp_path / "a.toml").write_text("rate = = 1")
    with pytest.raises(StudioError, match="is not a valid TOML file"):
        config.load(Example, tmp_path / "a.toml")
    deep = ("sizes = " + "[" * 100_000, "a" + ".a" * 200_000 + " = 1", "x={a" + '."b"' * 99 + "=1}")
    for text in ("count = " + "9" * 5000, *deep):
        (tmp_path / "a.toml").write_text(text)
        with pytest.raises(StudioError, match="is not a valid TOML file"):
            config.load(Example, tmp_path / "a.toml")
    (tmp_path / "a.toml").write_bytes(b'method = "\xff"')
    with pytest.raises(StudioError, match="is not text in UTF-8"):
        config.load(Example, tmp_path / "a.toml")


@dataclass(frozen=True, kw_only=True)
class Run:
    rate: float = setting(0.1, "Step size")
    sizes: tuple[int, ...] = setting((1, 2), "Sizes")
    folder: Path | None = setting(None, "Where")
    steps: int = setting(3, "How many", free=True)


def test_a_run_is_resumed_with_other_free_settings_only():
    started = config.as_dict(Run())
    config.check_resumable(started, Run(steps=9))
    config.check_resumable({}, Run(steps=9))  # begun before there were settings: all had their defaults
    for other, said in [
        (Run(rate=0.2), "rate 0.1, not 0.2;"),
        (Run(sizes=(1,)), r"sizes \[1, 2\], not \[1\];"),
        (Run(folder=Path("a")), "folder None, not 'a';"),
    ]:
        with pytest.raises(StudioError, match=f"was started with {said} resume it unchanged"):
            config.check_resumable(started, other)
        with pytest.raises(StudioError, match="was started with"):
            config.check_resumable(config.as_dict(other), Run())
