import base64
import re
import shutil
from collections import Counter
from html.parser import HTMLParser

import cv2
import numpy as np
import pytest

from core.datasets.voc import read_split
from core.errors import StudioError
from core.evaluation import comp4
from core.evaluation.verdicts import COLOURS, VERDICTS, Verdict
from core.evaluation.voc_ap import Detections
from core.pages import evaluation_tiles
from core.pages.evaluation_report import write_report
from core.pages.thumbnails import LONGEST, thumbnail
from core.runs.measured_run import MeasuredRun
from tests.core.evaluation.pictures_with_detections import small_voc, whole_run

EMPTY = ("meta", "img", "br", "line", "rect", "circle", "polyline", "link")


class Page(HTMLParser):
    """Sees that every element is closed in its turn; collects text and attributes."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.attributes, self.text = [], Counter(), [], []
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.tags[tag] += 1
        self.attributes += attrs
        if tag not in EMPTY:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags[tag] += 1
        self.attributes += attrs

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data.strip())


@pytest.fixture(scope="module")
def voc(tmp_path_factory):
    return small_voc(tmp_path_factory.mktemp("voc"))


@pytest.fixture(scope="module")
def run(voc, tmp_path_factory):
    return MeasuredRun.open(whole_run(tmp_path_factory.mktemp("runs") / "a <b> run", voc).path)


@pytest.fixture(scope="module")
def page(run, tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "report.html"
    finished = []
    write_report(run, path, on_class=finished.append)
    assert finished == ["car", "cat"]
    return Page(path.read_text(encoding="utf-8")), path.read_text(encoding="utf-8")


def test_the_page_stands_alone_and_runs_nothing(page):
    parsed, text = page
    assert "script" not in parsed.tags
    assert "link" not in parsed.tags
    assert not re.search(r"https?://|@import|url\(", text)
    assert "a <b> run" in " ".join(parsed.text)  # escaped


def test_the_page_says_the_numbers_of_the_diagnosis(page, run):
    parsed, _ = page
    diagnosis = run.diagnosis()
    said = " ".join(parsed.text)
    assert f"mAP {100 * diagnosis.mean_ap:.1f} %" in said
    low, high = diagnosis.mean_interval.low, diagnosis.mean_interval.high
    assert f"{100 * low:.1f} – {100 * high:.1f}" in said
    for each in diagnosis.measured:
        assert f"{each.name}: {100 * each.ap:.1f} %" in said
        for gain in each.without.values():
            assert f"+{100 * gain:.1f}" in parsed.text
        for verdict, count in each.detections.counts().items():
            assert verdict in parsed.text
            assert f"{count:,}" in parsed.text
    assert "Without an object, so without an AP: aeroplane, bicycle" in said
    assert parsed.tags["polyline"] == 4  # two curves a class


def test_what_the_surest_detections_are_is_counted(page, run):
    _, text = page
    for each in run.diagnosis().measured:
        section = text[text.index(f'id="{each.name}"') :]
        for count in (each.objects, 2 * each.objects, len(each.detections.scores)):
            name = f"the surest {count:,}" if count < len(each.detections.scores) else f"all {count:,}"
            row = re.search(rf'<th scope="row">{name}</th>(.*?)</tr>', section, re.S)
            numbers = [int(value) for value in re.findall(r'<td class="number">(\d+)</td>', row[1])]
            verdicts = each.detections.verdicts
            counted = verdicts[~each.detections.are(Verdict.IGNORED)]
            first = (verdicts if name.startswith("all") else counted[:count]).tolist()
            assert numbers == [first.count(place) for place in range(len(VERDICTS))]
            if count == each.objects:  # as the sentence says
                assert numbers[0] == each.objects - len(each.missed(each.break_even))


def test_every_detection_shown_is_framed_in_the_colour_of_its_verdict_and_says_it(page, run):
    _, text = page
    tiles = re.findall(r'<figure class="tile" style="--hue:([^"]+)">.*?<strong>([^<]+)</strong>', text, re.S)
    colours = {str(verdict): colour for verdict, colour in COLOURS.items()} | {"missed": "var(--ink)"}
    assert all(colours[word] == colour for colour, word in tiles)
    shown = Counter(word for _, word in tiles)
    expected = Counter()
    for each in run.diagnosis().measured:
        judged = each.detections
        expected.update(str(VERDICTS[place]) for place in judged.verdicts[: evaluation_tiles.DETECTIONS])
        later = [VERDICTS[place] for place in judged.verdicts[evaluation_tiles.DETECTIONS :]]
        expected.update([str(one) for one in later if one.is_error][: evaluation_tiles.FALSE])
        expected["missed"] += min(len(each.missed(each.break_even)), evaluation_tiles.MISSED)
    assert shown == expected
    pictures = re.findall(r'<img src="data:image/jpeg;base64,([^"]+)" alt="([^"]+)"', text)
    assert len(pictures) == len(tiles)
    for data, alt in pictures:
        image = cv2.imdecode(np.frombuffer(base64.b64decode(data), np.uint8), cv2.IMREAD_COLOR)
        assert max(image.shape[:2]) <= LONGEST
        assert alt.startswith(("car, ", "cat, "))


def test_pictures_that_are_absent_are_said_to_be(voc, tmp_path):
    copy = tmp_path / "voc"
    shutil.copytree(voc, copy)
    folder = whole_run(tmp_path / "run", copy)
    images = copy / "VOC2007" / "JPEGImages"
    some = MeasuredRun.open(folder.path).images[0].path
    some.unlink()
    write_report(MeasuredRun.open(folder.path), tmp_path / "one.html")
    text = (tmp_path / "one.html").read_text(encoding="utf-8")
    assert re.search(r"\d+ of \d+ pictures cannot be read in ", text)
    assert "<img" in text
    shutil.rmtree(images)
    write_report(MeasuredRun.open(folder.path), tmp_path / "none.html")
    text = (tmp_path / "none.html").read_text(encoding="utf-8")
    assert f"No picture can be read in {images}, so none is shown." in text
    assert "<img" not in text
    Page(text)


def test_a_page_that_grows_too_large_leaves_pictures_out(run, tmp_path, monkeypatch):
    monkeypatch.setattr(evaluation_tiles, "LARGEST", 20_000)
    write_report(run, tmp_path / "small.html", title="small")
    text = (tmp_path / "small.html").read_text(encoding="utf-8")
    shown = sum(len(data) for data in re.findall(r"base64,([^\"]+)", text))
    assert 20_000 <= shown < 40_000
    assert "left out to keep the page small" in text
    assert "evaluation of small" in text


def test_a_class_without_detections_has_a_section(voc, tmp_path):
    folder = whole_run(tmp_path / "run", voc)
    (folder.results / "detections" / "comp4_det_test_car.txt").unlink()
    write_report(MeasuredRun.open(folder.path), tmp_path / "page.html")
    page = Page((tmp_path / "page.html").read_text(encoding="utf-8"))
    assert "car: 0.0 %" in page.text
    assert any(text.startswith("Nothing was detected; all") for text in page.text)


def test_a_class_whose_detections_are_all_ignored_says_so(voc, tmp_path):
    folder = whole_run(tmp_path / "run", voc)
    image, box = next(
        (image.id, one.box)
        for image in read_split(voc, 2007, "test")
        for one in image.objects
        if one.name == "car" and one.difficult
    )
    path = folder.results / "detections" / "comp4_det_test_car.txt"
    comp4.write(path, Detections(np.array([image]), np.array([0.9]), box[None].astype(float)))
    write_report(MeasuredRun.open(folder.path), tmp_path / "page.html")
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "None of its detections counts; all 10 objects are missed." in Page(text).text
    assert '<th scope="row">all 1</th>' in text
    assert "score inf" not in text


def test_a_page_that_cannot_be_written_is_one_sentence(run, tmp_path):
    with pytest.raises(StudioError, match=r"Cannot write .*; choose another place"):
        write_report(run, tmp_path)


def decoded(data):
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)[:, :, ::-1].astype(int)


def test_a_thumbnail_shows_what_is_around_both_boxes():
    image = np.zeros((400, 600, 3), np.uint8)
    image[100:200, 100:300] = (250, 0, 0)
    shown = decoded(
        thumbnail(image, np.array([100.0, 100, 200, 200]), np.array([200.0, 100, 300, 200]), "#00ff00")
    )
    # 200 × 100 and a fifth of it on each side: 280 × 140, brought to 150 × 75
    assert shown.shape == (75, 150, 3)
    zoom = 150 / 280
    left = round(40 * zoom)
    assert shown[37, left - 1 : left + 2, 1].max() > 180  # green: the detection
    assert shown[37, 2].max() < 40  # outside
    assert shown[37, round(75 * zoom)][0] > 200  # what is in it
    right = round(240 * zoom)
    assert shown[37, right - 2 : right + 2].min(axis=1).max() > 120  # white: the object


@pytest.mark.parametrize(
    "box",
    [[-20, -20, 700, 500], [590, 390, 640, 460], [0, 0, 1, 1], [-50, -50, -10, -10], [700, 10, 800, 20]]
    + [[10, 10, far, 20] for far in (1e7, 1e12, 1e300)]
    + [[-5e6, 0, 10, 10], [-1e300, -1e300, 1e300, 1e300]],
)
def test_boxes_outside_the_picture_and_tiny_ones_have_a_thumbnail(box):
    image = np.full((400, 600, 3), 100, np.uint8)
    shown = decoded(thumbnail(image, np.array(box, float), None, "#123456"))
    assert min(shown.shape[:2]) >= 1
    assert max(shown.shape[:2]) <= LONGEST
