"""What is handed over as a video: what counts as one, what is turned, what is refused and what is said."""

import struct
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from PIL import Image

from core.datasets.clip import Clip
from core.datasets.orientation import upright
from core.datasets.readers import find_clips
from core.datasets.reading import open_frames
from core.errors import StudioError
from tests.core.datasets.test_image import PICTURE
from tests.core.datasets.test_video import STEADY, number_of, numbered, write_video

CORNERS = np.zeros((48, 64, 3), np.uint8)  # a picture that no turn or mirror leaves as it is
CORNERS[:16, :16], CORNERS[:16, -16:], CORNERS[-16:, :16] = (255, 0, 0), (0, 255, 0), (0, 0, 255)
MATRICES = {
    2: (-1, 0, 0, 1),
    3: (-1, 0, 0, -1),
    4: (1, 0, 0, -1),
    5: (0, 1, 1, 0),
    6: (0, 1, -1, 0),
    7: (0, -1, -1, 0),
    8: (0, -1, 1, 0),
}


def write_pictures(path: Path, pictures: list[np.ndarray], codec: str = "libx264", **options: str) -> Path:
    height, width = pictures[0].shape[:2]
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25, options=options)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for picture in pictures:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    return path


def turn(path: Path, a: float, b: float, c: float, d: float) -> None:
    """Write a display matrix into the one track of an MP4 (ISO/IEC 14496-12, 8.3.2)."""
    data = bytearray(path.read_bytes())
    place = data.index(b"tkhd") + 4 + 40
    one = 1 << 16
    numbers = (int(a * one), int(b * one), 0, int(c * one), int(d * one), 0, 0, 0, 1 << 30)
    data[place : place + 36] = struct.pack(">9i", *numbers)
    path.write_bytes(data)


@pytest.mark.parametrize("orientation", MATRICES)
def test_a_video_is_turned_as_it_asks(tmp_path, orientation):
    path = write_pictures(tmp_path / "phone.mp4", [CORNERS] * 30, g="10")
    stored = find_clips(path).clips[0].clip
    turn(path, *MATRICES[orientation])
    (found,) = find_clips(path).clips
    expected = upright(CORNERS, orientation)
    assert (found.clip.height, found.clip.width) == expected.shape[:2]
    assert found.warnings == ("phone.mp4 is stored turned; its frames were turned as it asks.",)
    for frame in (0, 25, 3):
        with open_frames(found.clip) as frames:
            np.testing.assert_allclose(frames[frame].astype(int), expected, atol=60)
            assert abs(frames[frame].astype(int) - expected).mean() < 8
    with open_frames(Clip(**{**vars(stored), "upright": False})) as frames:  # as an older version imported it
        assert abs(frames[25].astype(int) - CORNERS).mean() < 8


def test_a_turn_by_no_right_angle_is_said(tmp_path):
    path = write_pictures(tmp_path / "askew.mp4", [CORNERS] * 3)
    turn(path, 0.7071, 0.7071, -0.7071, 0.7071)
    (found,) = find_clips(path).clips
    assert (found.clip.width, found.clip.height) == (64, 48)
    assert found.warnings == (
        "askew.mp4 asks to be turned by no right angle; its frames were taken as stored.",
    )


LISTS = {
    "a.m3u8": "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:1,\nfilm.ts\n#EXT-X-ENDLIST\n",
    "a.ffconcat": "ffconcat version 1.0\nfile film.ts\n",
    "film.mp4": "ffconcat version 1.0\nfile film.ts\n",
    "list.mp4": "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:1,\nfilm.ts\n#EXT-X-ENDLIST\n",
    "a.mpd": '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"><Period>'
    '<AdaptationSet mimeType="video/mp4"><Representation id="1" bandwidth="1"><BaseURL>film.ts</BaseURL>'
    "</Representation></AdaptationSet></Period></MPD>",
    "a.sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n",
}


@pytest.mark.parametrize("name", LISTS)
def test_a_list_of_other_files_opens_none_of_them(tmp_path, name):
    write_video(tmp_path / "film.ts", "libx264", STEADY[:5])
    (tmp_path / name).write_text(LISTS[name])
    with pytest.raises(
        StudioError, match=r"is a list of other files and not a video; choose the videos that it"
    ):
        find_clips(tmp_path / name)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.mp4", b"", "is empty"),
        ("meta.txt", b";FFMETADATA1\ntitle=x\n", "is no video; if it holds tracks"),
        ("film.mp4", b"only words\n" * 100, "is not a video that can be read"),
        ("film.srt", b"1\n00:00:00,000 --> 00:00:01,000\nhello\n", "is not a video that can be read"),
        ("drawing.ans", b"\x1b[31mhello" * 20, "is not a video that can be read"),
        ("frames.zip", b"PK\x03\x04" + bytes(90), "is an archive; unpack it"),
        ("frames.tar", bytes(257) + b"ustar" + bytes(300), "is an archive; unpack it"),
        ("a.heic", b"\0\0\0\x18ftypheic" + bytes(300), "is a HEIC picture; save it as JPEG"),
        ("film.mp4", b"\0\0\0\x18ftypmp42" + bytes(300), "is not a video that can be read"),
    ],
)
def test_what_is_no_video_is_said_by_what_it_is(tmp_path, name, content, says):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(StudioError, match=says) as caught:
        find_clips(tmp_path / name)
    assert str(tmp_path / name) in str(caught.value)


def test_a_pattern_of_names_is_a_name(tmp_path):
    for number in range(3):
        cv2.imwrite(str(tmp_path / f"img{number}.png"), PICTURE)
    cv2.imwrite(str(tmp_path / "img%d.png"), PICTURE)
    with pytest.raises(
        StudioError, match=r"img%d\.png is a picture; choose the folder that holds the frames"
    ):
        find_clips(tmp_path / "img%d.png")


def test_a_name_of_a_protocol_is_a_name(tmp_path):
    for name in ("concat:a|b.mp4", "http:x.mp4", "pipe:0.mp4"):
        write_video(tmp_path / name, "libx264", STEADY[:4])
        (found,) = find_clips(tmp_path / name).clips
        with open_frames(found.clip) as frames:
            assert number_of(frames[2]) == 2


def write_with_cover(path: Path, codec: str | None) -> None:
    """Sound, or a film of four frames, and a picture of a cover."""
    cover = cv2.imencode(".png", CORNERS)[1].tobytes()
    with av.open(str(path), "w") as container:
        if codec:
            film = container.add_stream(codec, rate=25)
            film.width, film.height, film.pix_fmt = 64, 64, "yuv420p"
        else:
            film = container.add_stream("libmp3lame", rate=44100)
        picture = container.add_stream("png", rate=1)
        picture.width, picture.height, picture.pix_fmt = 64, 48, "rgb24"
        picture.disposition = av.stream.Disposition.attached_pic
        container.start_encoding()
        packet = av.Packet(cover)
        packet.stream, packet.pts, packet.dts, packet.time_base = picture, 0, 0, Fraction(1, 25)
        container.mux(packet)
        if codec:
            for number in range(4):
                container.mux(film.encode(av.VideoFrame.from_ndarray(numbered(number), format="rgb24")))
        else:
            sound = av.AudioFrame.from_ndarray(
                np.zeros((2, 1152), np.float32), format="fltp", layout="stereo"
            )
            sound.sample_rate = 44100
            container.mux(film.encode(sound))
        container.mux(film.encode())


def test_a_cover_is_no_film(tmp_path):
    write_with_cover(tmp_path / "song.mp3", None)
    with pytest.raises(
        StudioError, match="holds nothing but a picture of its cover; choose a file with moving"
    ):
        find_clips(tmp_path / "song.mp3")
    write_with_cover(tmp_path / "film.mp4", "libx264")
    (found,) = find_clips(tmp_path / "film.mp4").clips
    assert (found.clip.frames, found.clip.width, found.clip.height) == (4, 64, 64)
    assert found.warnings == ()


def test_of_several_streams_the_first_is_taken_and_said(tmp_path):
    with av.open(str(tmp_path / "two.mkv"), "w") as container:
        streams = [container.add_stream("libx264", rate=25) for _ in range(2)]
        for stream in streams:
            stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        for number in range(6):
            for place, stream in enumerate(streams):
                frame = av.VideoFrame.from_ndarray(numbered(number + 100 * place), format="rgb24")
                container.mux(stream.encode(frame))
        for stream in streams:
            container.mux(stream.encode())
    (found,) = find_clips(tmp_path / "two.mkv").clips
    assert found.warnings == ("two.mkv holds 2 streams of pictures; the first was taken.",)
    with open_frames(found.clip) as frames:
        assert [number_of(frames[frame]) for frame in (0, 5)] == [0, 5]


@pytest.mark.parametrize("suffix", [".avi", ".mp4", ".mkv"])
def test_metadata_that_are_no_utf8_do_not_matter(tmp_path, suffix):
    path = tmp_path / f"old{suffix}"
    with av.open(str(path), "w") as container:
        container.metadata["title"] = "ETE"
        stream = container.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        for number in range(4):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(numbered(number), format="rgb24")))
        container.mux(stream.encode())
    data = path.read_bytes()
    assert b"ETE" in data
    path.write_bytes(data.replace(b"ETE", "ÉTÉ".encode("latin-1")))
    (found,) = find_clips(path).clips
    with open_frames(found.clip) as frames:
        assert number_of(frames[3]) == 3


def test_a_film_whose_first_packet_is_broken_begins_with_the_second(tmp_path):
    path = tmp_path / "every.avi"
    write_video(path, "mjpeg", STEADY[:6])
    data = bytearray(path.read_bytes())
    start = data.index(b"\xff\xd8\xff")
    data[start : data.index(b"\xff\xd9", start)] = bytes(data.index(b"\xff\xd9", start) - start)
    path.write_bytes(data)
    (found,) = find_clips(path).clips
    assert found.clip.frames == 5
    assert any("broken" in warning or "damaged" in warning for warning in found.warnings)
    with open_frames(found.clip) as frames:
        assert [number_of(frames[number]) for number in (4, 0, 2)] == [5, 1, 3]


def test_a_stream_that_begins_on_the_way_ends_no_film(tmp_path):
    """A packet of sound comes late, which neither the head of the file nor its first 5 MB announce."""
    noise = np.random.default_rng(0).integers(0, 256, (512, 512, 3)).astype(np.uint8)
    moving = [np.roll(noise, number, 1) for number in range(40)]
    path = write_pictures(tmp_path / "live.flv", moving, "flv1", g="1", qmin="1", qmax="2", b="400M")
    data, place, pictures = bytearray(path.read_bytes()), 13, []  # after the head and the size of no packet
    while place < len(data):
        if data[place] == 9:
            pictures.append(place)
        place += 15 + int.from_bytes(data[place + 1 : place + 4], "big")
    assert pictures[30] > 5_000_000
    data[pictures[30]] = 8
    path.write_bytes(data)
    (found,) = find_clips(path).clips
    assert found.clip.frames == 39
    with open_frames(found.clip) as frames:
        assert frames[38].shape == (512, 512, 3)


def test_pictures_packed_in_an_unknown_way_are_said(tmp_path):
    path = tmp_path / "old.avi"
    write_video(path, "mpeg4", STEADY[:5])
    path.write_bytes(path.read_bytes().replace(b"FMP4", b"ZZZZ"))
    with pytest.raises(StudioError, match="packed in a way unknown here; convert it"):
        find_clips(path)


def test_an_animated_gif_is_a_video_where_it_is_named(tmp_path, jpg):
    write_animation(tmp_path / "a" / "walk.gif", "gif", "rgb8")
    (found,) = find_clips(tmp_path / "a" / "walk.gif").clips
    assert found.clip.frames == 6
    with open_frames(found.clip) as frames:
        assert [number_of(frames[frame]) for frame in (5, 0, 3)] == [5, 0, 3]
    assert find_clips(tmp_path / "a").format == "video"
    for number in range(3):
        jpg(tmp_path / "a" / f"{number}.jpg", 9)
    beside = find_clips(tmp_path / "a")
    assert beside.format == "frames"  # a GIF among frames is none of them
    (warning,) = beside.warnings
    assert warning.startswith("Left out, as they lie beside pictures: walk.gif;")


@pytest.mark.parametrize(
    ("name", "frames"), [("a.png", 4), ("a.apng", 4), ("one.gif", 1), ("a.webp", 0), ("still.png", 0)]
)
def test_an_animation_that_is_named_is_read_or_said(tmp_path, name, frames):
    pictures = [Image.fromarray(np.full((24, 32, 3), 40 * number, np.uint8)) for number in range(4)]
    others = [] if name in ("one.gif", "still.png") else pictures[1:]
    kind = {".apng": "PNG", ".png": "PNG", ".gif": "GIF", ".webp": "WEBP"}[Path(name).suffix]
    several = {"save_all": True, "append_images": others} if others else {}
    pictures[0].save(tmp_path / name, format=kind, **several)
    if frames:
        (found,) = find_clips(tmp_path / name).clips
        assert found.clip.frames == frames
        return
    with pytest.raises(StudioError, match=r"is an animated WebP picture; save it as|is a picture; choose"):
        find_clips(tmp_path / name)


def write_animation(path: Path, codec: str, pix_fmt: str) -> None:
    path.parent.mkdir(exist_ok=True)
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 64, pix_fmt
        for number in range(6):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(numbered(number), format="rgb24")))
        container.mux(stream.encode())


def test_leftovers_beside_videos_are_not_seen_and_others_that_cannot_be_read_are_left_out(tmp_path):
    write_video(tmp_path / "film.mp4", "libx264", STEADY[:5])
    (tmp_path / "._film.mp4").write_bytes(b"\0\x05\x16\x07\0\x02\0\0Mac OS X        " + bytes(400))
    (tmp_path / "__MACOSX").mkdir()
    (tmp_path / "__MACOSX" / "film.mp4").write_bytes(bytes(9))
    (tmp_path / "Thumbs.db").write_bytes(b"x")
    found = find_clips(tmp_path)
    assert [one.clip.name for one in found.clips] == ["film"]
    assert found.warnings == ()
    (tmp_path / "gone.mp4").write_bytes(b"")
    found = find_clips(tmp_path)
    assert [one.clip.name for one in found.clips] == ["film"]
    assert found.warnings[0].startswith(f"Left out: {tmp_path / 'gone.mp4'} is empty")
    (tmp_path / "film.mp4").write_bytes(b"")
    with pytest.raises(StudioError, match=r"film\.mp4 is empty"):
        find_clips(tmp_path)


def test_pictures_beside_a_video_are_said(tmp_path, jpg):
    write_video(tmp_path / "film.mp4", "libx264", STEADY[:5])
    jpg(tmp_path / "cover.jpg", 9)
    assert find_clips(tmp_path).warnings == ()
    for number in range(3):
        jpg(tmp_path / f"{number}.jpg", 9)
    assert find_clips(tmp_path).warnings[0].startswith(f"{tmp_path.name} holds 4 pictures beside its videos;")


def test_videos_deeper_down_are_found_and_folders_beside_videos_said(tmp_path, jpg):
    (tmp_path / "card" / "DCIM" / "100GOPRO").mkdir(parents=True)
    write_video(tmp_path / "card" / "DCIM" / "100GOPRO" / "film.mp4", "libx264", STEADY[:5])
    assert [one.clip.name for one in find_clips(tmp_path / "card").clips] == ["film"]
    write_video(tmp_path / "card" / "other.mp4", "libx264", STEADY[:5])
    for number in range(3):
        jpg(tmp_path / "card" / "walk" / f"{number}.jpg", 9)
    found = find_clips(tmp_path / "card")
    assert [one.clip.name for one in found.clips] == ["other"]
    assert found.warnings == (
        "card holds videos itself, so what lies in its folders was left out (walk); choose them one by one "
        "to import them.",
    )


def test_pictures_too_large_are_refused_before_any_is_decoded(tmp_path):
    path = tmp_path / "huge.gif"
    write_animation(path, "gif", "rgb8")
    data = bytearray(path.read_bytes())
    data[6:10] = struct.pack("<HH", 20000, 10000)
    path.write_bytes(data)
    with pytest.raises(StudioError, match=r"is 20000 x 10000 pixels, which is too large"):
        find_clips(path)


def test_interlaced_pictures_are_said(tmp_path):
    pictures = [numbered(number) for number in range(6)]
    path = write_pictures(tmp_path / "tape.mp4", pictures, "libx264", x264opts="tff=1")
    (found,) = find_clips(path).clips
    assert found.warnings[0].startswith("tape.mp4 is interlaced: every frame holds two moments")


def test_a_size_that_changes_on_the_way_is_refused(tmp_path):
    small, large = (
        write_pictures(tmp_path / f"{size}.h264", [numbered(n, size) for n in range(4)]) for size in (64, 128)
    )
    (tmp_path / "both.h264").write_bytes(small.read_bytes() + large.read_bytes())
    with pytest.raises(StudioError, match="changes its frame size on the way"):
        find_clips(tmp_path / "both.h264")


def test_what_is_transparent_shows_its_colour(tmp_path):
    with av.open(str(tmp_path / "a.mov"), "w") as container:
        stream = container.add_stream("qtrle", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "argb"
        for number in range(3):
            pixels = np.dstack([numbered(number), np.full((64, 64), 90, np.uint8)])
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgba")))
        container.mux(stream.encode())
    (found,) = find_clips(tmp_path / "a.mov").clips
    with open_frames(found.clip) as frames:
        assert [number_of(frames[frame]) for frame in range(3)] == [0, 1, 2]
