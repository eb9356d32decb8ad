import pytest

from core.datasets.frame_names import gap, sequences


def numbered(pattern: str, numbers) -> list[str]:
    return [f"{pattern.format(number)}.png" for number in numbers]


STAMPS = [1403636579763555584 + 50_000_000 * t + (37 * t * t) % 1009 for t in range(12)]
ALONE = {
    "numbers": numbered("{}", range(1, 9)),
    "padded": numbered("frame_{:04d}", range(5)),
    "nanoseconds": numbered("{}", STAMPS),
    "size in the name": numbered("f{:04d}_1920x1080", range(12)),
    "counter in front": numbered("{}_of_12", range(12)),
    "clock": [
        *(f"IMG_20240131_2359{second}.png" for second in (57, 58, 59)),
        *(f"IMG_20240201_0000{second:02d}.png" for second in range(9)),
    ],
    "time lapse of days": [f"IMG_202401{day}_{hour:02d}0000.png" for day in (30, 31) for hour in range(24)],
    "hours and minutes": [f"t{hour}h{minute:02d}.png" for hour in (1, 2) for minute in range(60)],
    "dashes": [f"2024-01-31 10-{minute:02d}-{second:02d}.png" for minute in (1, 2) for second in range(60)],
    "pairs of KITTI": [f"{number:06d}_{frame}.png" for number in range(20) for frame in (10, 11)],
    "Cityscapes": [f"aachen_{number:06d}_000019_leftImg8bit.png" for number in range(20)],
    "words": ["dawn.png", "noon.png", "dusk.png"],
    "the first has no number": ["walk.png", "walk1.png", "walk2.png"],
    "copies of Windows": ["walk.png", "walk (2).png", "walk (3).png"],
    "one": ["a.png"],
}


@pytest.mark.parametrize("kind", ALONE)
def test_these_are_one_sequence_without_a_gap(kind):
    names = ALONE[kind]
    found = sequences(names)
    assert found.by_label == {"": names}
    assert found.stray == ()
    assert gap(names) is None or kind in ("time lapse of days", "pairs of KITTI")


def mixed(*patterns: str, count: int = 6) -> list[str]:
    return [name for pattern in patterns for name in numbered(pattern, range(count))]


@pytest.mark.parametrize(
    ("names", "labels"),
    [
        (mixed("cam0_{:03d}", "cam1_{:03d}"), ["cam0", "cam1"]),
        (mixed("left_{:04d}", "right_{:04d}"), ["left", "right"]),
        (mixed("left{:04d}", "centre{:04d}", "right{:04d}"), ["left", "centre", "right"]),
        (mixed("{:04d}", "{:04d}_mask"), ["", "mask"]),
        (mixed("{:04d}_color", "{:04d}_depth"), ["color", "depth"]),
        (mixed("rgb_{:04d}_view", "depth_{:04d}_view"), ["rgb", "depth"]),
        (
            mixed("Camera 1 - {:04d}", "Camera 2 - {:04d}", "Camera 3 - {:04d}"),
            ["Camera1", "Camera2", "Camera3"],
        ),
        (
            [f"view{view}_{1000 * step + view}.png" for view in (1, 2) for step in range(6)],
            ["view1", "view2"],
        ),
        ([f"shot{shot}_{frame:03d}.png" for shot in (1, 2) for frame in range(9)], ["shot1", "shot2"]),
    ],
)
def test_two_prefixes_are_two_sequences(names, labels):
    found = sequences(names)
    assert list(found.by_label) == labels
    assert sorted(name for own in found.by_label.values() for name in own) == sorted(names)
    assert len({len(own) for own in found.by_label.values()}) == 1
    assert all(gap(own) is None for own in found.by_label.values())


def test_a_stray_picture_is_none_of_the_frames():
    frames = numbered("frame{}", range(1, 13))
    found = sequences(["cover.png", *frames])
    assert found.by_label == {"": frames}
    assert found.stray == ("cover.png",)
    found = sequences([*numbered("left{}", range(40)), *numbered("right{}", range(40)), "map1.png"])
    assert list(found.by_label) == ["left", "right"]
    assert found.stray == ("map1.png",)


def test_names_that_tell_nothing_are_one_sequence():
    hashes = ["9a7f31c05e.png", "b1d4e2a977.png", "03cc8f1a2b.png", "e77a90d3c1.png", "11aa22bb33.png"]
    assert list(sequences(hashes).by_label) == [""]
    assert len(sequences(hashes).by_label[""]) == 5


@pytest.mark.parametrize("count", [12, 40, 300])
def test_hexadecimal_counters_are_in_their_order(count):
    names = [f"frame_{number:04x}.png" for number in range(count)]
    assert sequences(sorted(names, reverse=True)).by_label == {"": names}


@pytest.mark.parametrize(
    ("numbers", "told"),
    [
        ([1, 2, 3], None),
        ([5, 15, 25], None),
        ([3], None),
        ([1, 2, 4, 5], "After 2.png comes 4.png"),
        ([1, 3, 4], "After 1.png comes 3.png"),
        ([1, 3, 5, 9], "After 5.png comes 9.png"),
        ([1, 1, 2], None),  # counted otherwise than by a number
        ([100, 133, 167, 200, 233], None),  # 30 a second, in milliseconds
        ([100, 133, 167, 233, 267], "After 167.png comes 233.png"),
        (STAMPS[:5] + STAMPS[7:], f"After {STAMPS[4]}.png comes {STAMPS[7]}.png"),
    ],
)
def test_a_leap_is_told_and_jitter_is_none(numbers, told):
    said = gap([f"{number}.png" for number in numbers])
    assert said is None if told is None else said.startswith(told)


def test_a_leap_of_time_is_one_of_seconds_not_of_digits():
    names = [f"IMG_20240131_1200{second}.png" for second in (57, 58, 59)]
    assert gap([*names, "IMG_20240131_120100.png"]) is None
    assert gap([*names, "IMG_20240131_120103.png"]).startswith("After IMG_20240131_120059.png comes")
    assert gap(["a.png", "b.png"]) is None
