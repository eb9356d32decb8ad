"""The jobs that end in AP: proposals, finetune, detect, evaluate, and voc, which joins them."""

import json
import shutil
import tarfile
from contextlib import closing
from dataclasses import fields, replace

import cv2
import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from core.datasets import still_life
from core.datasets.voc import CLASSES, VocImage, read_split, write_annotation
from core.detection.config import DetectConfig, FinetuneConfig, ProposalsConfig, VocConfig
from core.detection.detector_file import load_detector
from core.detection.proposal_file import Proposals
from core.detection.proposals import propose_all
from core.errors import StudioError
from core.evaluation import comp4, origin
from core.evaluation.config import EvaluateConfig
from core.evaluation.table1 import row_of_run
from core.evaluation.voc_ap import Detections
from core.events import ClassAP, Log, Metric, Progress
from core.jobs import finetune, run
from core.networks.initialisation import initialise
from core.networks.sizes import SMALL, TINY
from core.networks.trunk import Trunk
from core.networks.weights import save_trunk
from core.runs.run_folder import RunFolder

STEPS = 8


@pytest.fixture(scope="module")
def voc(tmp_path_factory):
    """A VOCdevkit of six pictures to train on and four to test on."""
    folder = tmp_path_factory.mktemp("data") / "VOCdevkit" / "VOC2007"
    for part in ("Annotations", "ImageSets/Main", "JPEGImages"):
        (folder / part).mkdir(parents=True)
    rng, number = np.random.default_rng(0), 0
    for name, count in (("trainval", 6), ("test", 4)):
        ids = []
        for _ in range(count):
            number += 1
            picture = still_life.draw(rng, ("cat", "tvmonitor"), 120, 90)
            path = folder / "JPEGImages" / f"{number:06d}.jpg"
            cv2.imwrite(str(path), picture.image[:, :, ::-1])
            write_annotation(VocImage(path.stem, path, 120, 90, picture.objects), folder)
            ids.append(path.stem)
        (folder / "ImageSets" / "Main" / f"{name}.txt").write_text("\n".join(ids) + "\n")
    return folder.parent


@pytest.fixture(scope="module")
def settings(voc, tmp_path_factory):
    cache = tmp_path_factory.mktemp("cache")
    return VocConfig(
        voc=voc,
        steps=STEPS,
        network="tiny",
        short_side=90,
        report_every=2,
        device="cpu",
        mode="fast",
        cache=cache,
    )


@pytest.fixture(scope="module")
def done(settings, tmp_path_factory):
    """The whole chain in one run, and its events."""
    folder = RunFolder.create(tmp_path_factory.mktemp("runs") / "whole", "voc", settings)
    return folder, list(run(folder))


def test_the_whole_chain_reports_as_one_job(done):
    _, events = done
    progress = [event for event in events if isinstance(event, Progress)]
    total = 6 + STEPS + 4 + 4 + 20
    assert {event.total for event in progress} == {total}
    assert [event.step for event in progress] == list(range(1, total + 1))
    said = [event.what for event in progress]
    assert said == (
        ["Proposing boxes"] * 6
        + ["Fine-tuning"] * STEPS
        + ["Proposing boxes"] * 4
        + ["Detecting"] * 4
        + ["Measuring"] * 20
    )
    counts = {what: [event.count for event in progress if event.what == what] for what in said}
    assert counts["Fine-tuning"] == [f"step {step} of {STEPS}" for step in range(1, STEPS + 1)]
    assert counts["Detecting"] == [f"picture {number} of 4" for number in range(1, 5)]
    assert counts["Measuring"] == [f"class {number} of 20" for number in range(1, 21)]
    proposed = [f"picture {number} of {images}" for images in (6, 4) for number in range(1, images + 1)]
    assert counts["Proposing boxes"] == proposed
    assert [e.step for e in events if isinstance(e, Metric) and e.name == "loss"] == [2, 4, 6, 8]
    classes = [event for event in events if isinstance(event, ClassAP)]
    assert [event.name for event in classes] == list(CLASSES)
    assert events[-1].text.startswith("Mean AP")
    assert "test has no aeroplane, bicycle" in events[-1].text


def test_the_results_hold_what_was_reported(done, settings, voc):
    folder, events = done
    result = json.loads((folder.results / "ap.json").read_text())
    assert set(result) == {"metric", "overlap", "year", "set", "ap", "map", "objects", *origin.FACTS}
    facts = [result[name] for name in origin.FACTS]
    learning = [getattr(settings, name) for name in [*origin.FACTS][7:]]
    assert facts == ["tiny", "single", 2007, "trainval", "random", "quick", "fast", *learning]
    assert (result["metric"], result["year"], result["set"]) == ("voc07_11point", 2007, "test")
    things = [thing for image in read_split(voc, 2007, "test") for thing in image.objects]
    assert result["objects"]["cat"] == sum(thing.name == "cat" and not thing.difficult for thing in things)
    assert result["ap"]["sheep"] is None
    seen = [name for name in CLASSES if result["objects"][name]]
    assert result["map"] == pytest.approx(np.mean([result["ap"][name] for name in seen]))
    for event in events:
        if isinstance(event, ClassAP) and event.objects:
            assert event.ap == result["ap"][event.name]
    with np.load(folder.results / "pr.npz", allow_pickle=False) as curves:
        assert curves["cat_recall"].shape == curves["cat_precision"].shape
        assert len(curves) == 40
    detections = comp4.read(folder.results / "detections" / "comp4_det_test_cat.txt")
    assert 0 < len(detections.scores) <= 40 * 4
    assert row_of_run(folder.path).mean_ap == pytest.approx(100 * result["map"])


def test_a_stopped_chain_goes_on_to_the_same_end(done, settings, tmp_path):
    whole, _ = done
    folder = RunFolder.create(tmp_path / "parts", "voc", settings)
    with closing(run(folder)) as events:
        for event in events:
            folder.append(event)
            if isinstance(event, Progress) and (event.what, event.step) == ("Fine-tuning", 6 + 5):
                break
    folder.append(Metric("loss", 6, 1.0))  # as from a worker that was killed after its last checkpoint
    for event in run(folder):
        folder.append(event)
    for place in ("results/ap.json", "results/detections/comp4_det_test_cat.txt"):
        assert (folder.path / place).read_text() == (whole.path / place).read_text()
    first, second = (load_file(each.results / "detector.safetensors") for each in (whole, folder))
    for name, tensor in first.items():
        torch.testing.assert_close(second[name], tensor, rtol=0, atol=0)
    for event in run(folder):  # once more, though it is done
        folder.append(event)
    curve = [e.step for e in folder.events()[0] if isinstance(e, Metric) and e.name == "loss"]
    assert curve == [2, 4, 6, 8]
    classes = [event.name for event in folder.events()[0] if isinstance(event, ClassAP)]
    assert classes == list(CLASSES)


def test_a_calibrated_fine_tuning_starts_elsewhere_and_is_resumed_to_the_same_weights(settings, tmp_path):
    chosen = {each.name: getattr(settings, each.name) for each in fields(FinetuneConfig)}
    plain = FinetuneConfig(**chosen | {"set": "trainval", "checkpoint_every": 3})
    calibrated = replace(plain, calibrated=True)
    ends = {}
    for name, config in (("plain", plain), ("straight", calibrated), ("cut", calibrated)):
        folder = RunFolder.create(tmp_path / name, "finetune", config)
        if name == "cut":
            with closing(run(folder)) as events:
                next(event for event in events if isinstance(event, Metric) and event.step >= 4)
        list(run(folder))
        ends[name] = load_file(folder.results / "detector.safetensors")
    for layer, weights in ends["straight"].items():
        assert torch.equal(weights, ends["cut"][layer]), layer
    assert not torch.equal(ends["plain"]["trunk.conv3.weight"], ends["straight"]["trunk.conv3.weight"])


def test_a_fine_tuning_goes_on_with_the_network_it_began_with(settings, tmp_path):
    config = replace(settings, network="small", steps=2)  # as `auto` may have chosen on a GPU
    folder = RunFolder.create(tmp_path / "run", "finetune", config)
    with closing(finetune.run(folder, config)) as events:
        assert any(event == Progress(6 + 1, 6 + 2, "Fine-tuning", "step 1 of 2") for event in events)
    list(finetune.run(folder, replace(config, network="auto")))
    assert load_detector(folder.path).net.trunk.network.name == "small"


def test_auto_is_settled_before_anything_is_counted(settings, tmp_path):
    """By the weights, by the last checkpoint, by the device; and the schedule by the network."""
    trunk = Trunk(SMALL)
    initialise(trunk, "caffe", torch.Generator().manual_seed(0))
    weights = tmp_path / "trunk.safetensors"
    save_trunk(trunk, weights)
    config = replace(settings, network="auto", schedule="auto", steps=0)
    new = RunFolder.create(tmp_path / "new", "voc", config)
    settled = finetune.settled(new, replace(config, init=str(weights)))
    assert (settled.network, settled.schedule, settled.total_steps) == ("small", "quick", 600)
    assert (settled.image_size.short_side, settled.image_size.long_side) == (90, 660)
    assert finetune.settled(new, config).network == "tiny"  # of a random start on a CPU
    assert finetune.settled(new, settled) == settled
    paper = finetune.settled(new, replace(config, network="paper"))
    assert (paper.schedule, paper.total_steps) == ("seed_40k", 40_000)
    asked = finetune.settled(new, replace(config, network="paper", schedule="quick", steps=7))
    assert (asked.schedule, asked.total_steps) == ("quick", 7)
    with pytest.raises(StudioError, match="There are no weights"):
        finetune.settled(new, replace(config, init=str(tmp_path / "none")))


def test_a_chain_from_weights_counts_the_steps_of_their_network(settings, tmp_path):
    trunk = Trunk(SMALL)
    initialise(trunk, "caffe", torch.Generator().manual_seed(0))
    save_trunk(trunk, tmp_path / "trunk.safetensors")
    start = {"init": str(tmp_path / "trunk.safetensors"), "network": "auto", "schedule": "auto", "steps": 0}
    folder = RunFolder.create(tmp_path / "run", "voc", replace(settings, **start))
    with closing(run(folder)) as events:
        first = next(event for event in events if isinstance(event, Progress))
    assert first.total == 6 + 600 + 4 + 4 + 20


def test_the_boxes_of_the_test_set_can_be_given_too(done, settings, tmp_path):
    whole, _ = done
    for name in ("trainval", "test"):
        images = read_split(settings.voc, 2007, name)
        boxes = propose_all([image.path for image in images], "fast", settings.cache)
        Proposals.of({i.id: b for i, b in zip(images, boxes, strict=True)}).save(tmp_path / f"{name}.npz")
    given = {"proposals": tmp_path / "trainval.npz", "test_proposals": tmp_path / "test.npz"}
    folder = RunFolder.create(tmp_path / "run", "voc", replace(settings, cache=tmp_path / "none", **given))
    events = list(run(folder))
    assert {event.total for event in events if isinstance(event, Progress)} == {STEPS + 4 + 20}
    result, expected = (json.loads((each.results / "ap.json").read_text()) for each in (folder, whole))
    assert (result["map"], result["proposals"]) == (expected["map"], str(tmp_path / "test.npz"))
    assert not (tmp_path / "none").exists()


def test_the_parts_by_themselves_reach_the_same_ap(done, settings, tmp_path):
    whole, _ = done
    boxes = tmp_path / "boxes.npz"
    proposals = RunFolder.create(
        tmp_path / "p", "proposals", ProposalsConfig(voc=settings.voc, mode="fast", out=boxes)
    )
    assert Progress(6, 6, "Proposing boxes", "picture 6 of 6") in list(run(proposals))
    assert len(Proposals.load(boxes).ids) == 6

    kept = ("voc", "steps", "network", "short_side", "report_every", "device")
    shared = {name: getattr(settings, name) for name in kept}
    finetune = RunFolder.create(tmp_path / "f", "finetune", FinetuneConfig(proposals=boxes, **shared))
    steps = [event for event in run(finetune) if isinstance(event, Progress)]
    assert steps[-1] == Progress(STEPS, STEPS, "Fine-tuning", f"step {STEPS} of {STEPS}")

    found = tmp_path / "comp4"
    detect = DetectConfig(run=finetune.path, voc=settings.voc, out=found, mode="fast", device="cpu")
    list(run(RunFolder.create(tmp_path / "d", "detect", detect)))
    folder, _ = evaluate_files(settings.voc, found)
    assert (folder.results / "ap.json").read_text() == (whole.results / "ap.json").read_text()


def test_a_stopped_or_killed_detection_goes_on_to_the_same_files(done, settings, tmp_path, monkeypatch):
    whole, _ = done
    monkeypatch.setattr("core.jobs.detect.IMAGES_A_PART", 2)
    out = tmp_path / "found"
    data = {"voc": settings.voc, "mode": "fast", "cache": settings.cache}
    config = DetectConfig(run=whole.path, out=out, device="cpu", **data)
    with closing(run(RunFolder.create(tmp_path / "first", "detect", config))) as events:
        assert Progress(4 + 3, 8, "Detecting", "picture 3 of 4") in events
        killed = shutil.copytree(out, tmp_path / "killed")  # as a worker that is killed now leaves it
    for folder, kept in ((out, 3), (killed, 2)):
        resumed = RunFolder.create(folder.parent / f"{kept}", "detect", replace(config, out=folder))
        events = list(run(resumed))
        said = [event.step for event in events if isinstance(event, Progress) and event.what == "Detecting"]
        assert said == list(range(4 + kept + 1, 4 + 5))
        assert Log(f"Going on after {kept} of 4 images, whose detections are kept.") in events
        for name in CLASSES:
            file = comp4.file_name("test", name)
            assert (folder / file).read_bytes() == (whole.results / "detections" / file).read_bytes()
        assert not list(folder.glob("unfinished*"))


def test_detections_of_another_cap_are_not_gone_on_with(done, settings, tmp_path):
    config = DetectConfig(run=done[0].path, voc=settings.voc, out=tmp_path, mode="fast", cache=settings.cache)
    with closing(run(RunFolder.create(tmp_path / "first", "detect", config))) as events:
        assert Progress(4 + 3, 8, "Detecting", "picture 3 of 4") in events
    other = RunFolder.create(tmp_path / "other", "detect", replace(config, image_cap=5))
    assert Progress(4 + 1, 8, "Detecting", "picture 1 of 4") in list(run(other))


def test_boxes_are_not_searched_for_a_file_that_cannot_be_written(settings, tmp_path):
    config = ProposalsConfig(voc=settings.voc, out=tmp_path)
    with pytest.raises(StudioError, match="Cannot write the proposals"):
        next(run(RunFolder.create(tmp_path / "p", "proposals", config)))


def test_pretrained_weights_are_where_fine_tuning_starts(settings, tmp_path):
    trunk = Trunk(TINY)
    initialise(trunk, "xavier", torch.Generator().manual_seed(5))
    weights = tmp_path / "trunk.safetensors"
    save_trunk(trunk, weights)
    cache = tmp_path / "cache"
    config = replace(
        settings, init=str(weights), network="auto", steps=1, freeze_at=5, mode="fast", cache=cache
    )
    folder = RunFolder.create(tmp_path / "run", "voc", config)
    list(run(folder))
    (searched,) = cache.iterdir()  # images to train on and to test on, in the mode that was asked for
    assert "-fast-" in searched.name
    assert len(list(searched.rglob("*.npy"))) == 6 + 4
    tuned = load_file(folder.results / "detector.safetensors")
    for name in ("conv1.weight", "conv5.bias"):
        assert torch.equal(tuned[f"trunk.{name}"], trunk.state_dict()[name])
    assert not torch.equal(tuned["trunk.fc6.weight"], trunk.state_dict()["fc6.weight"])

    with pytest.raises(StudioError, match="holds a tiny network, not small"):
        list(run(RunFolder.create(tmp_path / "other", "voc", replace(config, network="small"))))


def evaluate_files(voc, detections, **settings):
    config = EvaluateConfig(voc=voc, detections=detections, **settings)
    folder = RunFolder.create_in(detections.parent / "evaluations", "evaluate", config)
    return folder, list(run(folder))


def test_detections_of_others_are_measured(voc, tmp_path):
    images = read_split(voc, 2007, "test")
    cats = [(image.id, thing.box) for image in images for thing in image.objects if thing.name == "cat"]
    names, boxes = zip(*cats, strict=True)
    perfect = Detections(np.array(names), np.ones(len(cats)), np.stack(boxes))
    comp4.write(tmp_path / "comp4_det_test_cat.txt", perfect)
    folder, events = evaluate_files(voc, tmp_path, metric="voc10_area")
    result = json.loads((folder.results / "ap.json").read_text())
    assert (result["metric"], result["ap"]["cat"], result["ap"]["tvmonitor"]) == ("voc10_area", 1.0, 0.0)
    missing = [event.text for event in events if isinstance(event, Log) and event.level == "warning"]
    assert len(missing) == 19
    assert "no comp4_det_test_tvmonitor.txt" in " ".join(missing)


def test_boxes_of_images_of_another_size_are_refused(done, settings, tmp_path):
    images = [image for name in ("trainval", "test") for image in read_split(settings.voc, 2007, name)]
    boxes = tmp_path / "large.npz"
    Proposals.of({image.id: np.array([[0, 0, 240, 180.0]]) for image in images}).save(boxes)
    tuning = FinetuneConfig(
        **{name: getattr(settings, name) for name in ("voc", "network", "device")}, proposals=boxes
    )
    detecting = DetectConfig(run=done[0].path, voc=settings.voc, proposals=boxes, out=tmp_path, device="cpu")
    for job, config in (("finetune", tuning), ("detect", detecting)):
        with pytest.raises(
            StudioError, match=r"large\.npz has boxes of image 00000\d that reach to 240 x 180"
        ):
            list(run(RunFolder.create(tmp_path / job, job, config)))


def test_of_a_test_set_without_annotations_the_archive_is_left(voc, settings, tmp_path):
    bare = shutil.copytree(voc, tmp_path / "bare")
    for image in read_split(bare, 2007, "test"):
        (bare / "VOC2007" / "Annotations" / f"{image.id}.xml").unlink()
    folder = RunFolder.create(tmp_path / "run", "voc", replace(settings, voc=bare, steps=1, mode="fast"))
    events = list(run(folder))
    assert not any(isinstance(event, ClassAP) for event in events)
    assert not (folder.results / "ap.json").exists()
    with tarfile.open(folder.results / "VOC2007_test.tar.gz") as tar:
        assert len(tar.getnames()) == 20
    assert "only the server knows" in events[-1].text


def test_detections_that_do_not_belong_are_refused(voc, tmp_path):
    with pytest.raises(StudioError, match="detect in test first"):
        evaluate_files(voc, tmp_path)
    elsewhere = Detections(np.array(["000001"]), np.ones(1), np.ones((1, 4)))
    comp4.write(tmp_path / "comp4_det_test_dog.txt", elsewhere)
    with pytest.raises(StudioError, match=r"comp4_det_test_dog\.txt, line 1, has image 000001"):
        evaluate_files(voc, tmp_path)


def test_a_set_without_annotations_cannot_be_measured(voc, tmp_path):
    (voc / "VOC2007" / "ImageSets" / "Main" / "bare.txt").write_text("bare\n")
    cv2.imwrite(str(voc / "VOC2007" / "JPEGImages" / "bare.jpg"), np.zeros((40, 50, 3), np.uint8))
    with pytest.raises(StudioError, match="bare has no annotations"):
        evaluate_files(voc, tmp_path, set="bare")


def test_nothing_is_detected_for_a_folder_that_cannot_be_written(done, settings, tmp_path):
    (tmp_path / "file").touch()
    config = DetectConfig(run=done[0].path, voc=settings.voc, out=tmp_path / "file", cache=settings.cache)
    with pytest.raises(StudioError, match=r"Cannot write to .*; choose another folder"):
        next(run(RunFolder.create(tmp_path / "d", "detect", config)))


def test_a_run_without_a_detector_is_refused(voc, tmp_path):
    config = DetectConfig(run=tmp_path, voc=voc)
    with pytest.raises(StudioError, match="holds no trained detector"):
        list(run(RunFolder.create(tmp_path / "d", "detect", config)))
