from collections.abc import Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt

from core.datasets.clip import Use
from core.trajectories.bulk_edits import AddClips, ReplacePoints
from core.trajectories.model import Review
from core.trajectories.trajectory_edits import SetReview
from studio import theme
from studio.document import FEW, Document
from studio.tables.clip_cells import REVIEWED, ROW, SHARE, TRACKS, USE
from studio.tables.clip_list import ClipList
from studio.view_state import ViewState
from tests.studio.small_project import draw_clip, draw_points

NO_KEY = Qt.KeyboardModifier.NoModifier


@pytest.fixture
def clips(qtbot, small_document: Document) -> Iterator[ClipList]:
    clips = ClipList(small_document, ViewState())
    qtbot.addWidget(clips)
    clips.resize(520, 300)
    clips.show()
    yield clips
    clips.close_reader()


def row(clips: ClipList, name: str):
    (item,) = clips.tree.findItems(name, Qt.MatchFlag.MatchExactly | Qt.MatchFlag.MatchRecursive)
    return item


def test_clips_stand_under_their_data_set_with_their_counts(clips: ClipList):
    assert clips.tree.topLevelItemCount() == 1
    assert clips.tree.topLevelItem(0).text(0) == "Frames, 2 clips"
    shown = [[row(clips, name).text(column) for column in range(5)] for name in ("birds", "cars")]
    assert shown == [["birds", "train", "12", "3", "22"], ["cars", "train", "12", "3", "21"]]


def test_a_narrow_panel_leaves_the_names_their_room(clips: ClipList):
    shown = {}
    for width in (520, 450, 390, 330, 520):
        clips.resize(width, 300)
        shown[width] = [column for column in range(6) if not clips.tree.isColumnHidden(column)]
        assert clips.tree.columnWidth(0) >= 160
    every = [0, 1, 2, 3, 4, 5]
    assert shown == {520: every, 450: [0, 1, 2, 4, 5], 390: [0, 1, 4, 5], 330: [0, 1, 4]}
    clips.resize(220, 300)  # as in a window of 1,000 pixels
    assert clips.tree.columnWidth(0) >= 110


def test_the_first_clip_is_looked_at_and_a_click_looks_at_another(clips: ClipList, qtbot):
    assert clips._view.clip.name == "birds"
    rect = clips.tree.visualItemRect(row(clips, "cars"))
    qtbot.mouseClick(clips.tree.viewport(), Qt.MouseButton.LeftButton, pos=rect.center())
    assert clips._view.clip.name == "cars"
    assert clips.tree.currentItem() is row(clips, "cars")


def test_the_list_follows_the_clip(clips: ClipList, small_document: Document):
    clips._view.set_clip(small_document.clips()[1].clip)
    assert clips.tree.currentItem() is row(clips, "cars")


def test_a_clip_with_one_annotator_offers_no_choice(clips: ClipList, small_document: Document):
    texts = [action.text() for action in clips.menu_for(small_document.clips()[0].clip).actions()]
    assert texts == ["", "Train on", "Hold out", "Leave out"]


def choose(clips: ClipList, clip, verb: str) -> None:
    """As somebody does in the menu of a clip."""
    menu = clips.menu_for(clip)
    (action,) = (action for action in menu.actions() if action.text().startswith(verb))
    action.trigger()


def uses(document: Document) -> list[Use]:
    return [one.clip.use for one in document.clips()]


def test_a_clip_is_held_out_in_its_menu_and_undo_trains_on_it_again(
    clips: ClipList, small_document: Document
):
    clips.edit_asked.connect(small_document.perform)
    cars = small_document.clips()[1].clip
    choose(clips, cars, "Hold out")
    assert uses(small_document) == [Use.TRAIN, Use.HELD_OUT]
    assert [row(clips, name).text(USE) for name in ("birds", "cars")] == ["train", "held out"]
    assert "Held out: it only measures" in row(clips, "cars").toolTip(0)
    held_out = next(one.clip for one in small_document.clips() if one.clip.name == "cars")
    assert [a.text() for a in clips.menu_for(held_out).actions() if a.isChecked()] == ["Hold out"]
    assert small_document.last_edit().text == "Hold out cars"
    choose(clips, held_out, "Hold out")  # which it is: no edit
    assert small_document.last_edit().text == "Hold out cars"
    small_document.undo()
    assert uses(small_document) == [Use.TRAIN, Use.TRAIN]
    assert row(clips, "cars").text(USE) == "train"
    assert clips._view.clip.name == "birds"


def test_the_selected_clips_are_left_out_in_one_step(clips: ClipList, small_document: Document, qtbot):
    clips.edit_asked.connect(small_document.perform)
    for name, keys in (("cars", NO_KEY), ("birds", Qt.KeyboardModifier.ControlModifier)):
        rect = clips.tree.visualItemRect(row(clips, name))
        qtbot.mouseClick(clips.tree.viewport(), Qt.MouseButton.LeftButton, keys, rect.center())
    birds, cars = (one.clip for one in small_document.clips())
    choose(clips, birds, "Leave out 2 clips")
    assert uses(small_document) == [Use.LEFT_OUT, Use.LEFT_OUT]
    assert len(clips.tree.selectedItems()) == 2
    small_document.undo()
    assert uses(small_document) == [Use.TRAIN, Use.TRAIN]
    clips.tree.setCurrentItem(row(clips, "birds"))
    choose(clips, cars, "Leave out")  # which is not selected
    assert uses(small_document) == [Use.TRAIN, Use.LEFT_OUT]


def test_the_mark_is_legible_on_a_light_and_a_dark_palette(clips: ClipList, small_document: Document, qapp):
    clips.edit_asked.connect(small_document.perform)
    choose(clips, small_document.clips()[1].clip, "Hold out")
    for name, palette in (("light", theme.LIGHT), ("dark", theme.DARK), ("light", theme.LIGHT)):
        theme.apply(qapp, name)
        image = row(clips, "cars").icon(USE).pixmap(36, 36).toImage()
        assert image.pixelColor(24, 18).name() == palette.text


def test_a_review_moves_the_bar(clips: ClipList, small_document: Document):
    clip = small_document.clips()[0].clip.id
    ids = tuple(small_document.points(clip).ids[:11].tolist())
    small_document.perform(SetReview(clip, ids, Review.REJECTED))
    assert row(clips, "birds").data(REVIEWED, SHARE) == 0.5
    assert row(clips, "cars").data(REVIEWED, SHARE) == 0


def test_imported_clips_appear_and_go_again_with_undo(clips: ClipList, small_document: Document, tmp_path):
    new = draw_clip(tmp_path / "more", "a new clip")
    small_document.perform(AddClips([(new, [])]))
    assert row(clips, "a new clip").text(TRACKS) == "0"
    assert clips._view.clip.name == "a new clip"
    small_document.undo()
    assert clips._view.clip.name == "birds"


def test_a_clip_of_many_tracks_is_turned_to_when_they_are_read(
    clips: ClipList, small_document: Document, qtbot
):
    def click(name: str) -> None:
        rect = clips.tree.visualItemRect(row(clips, name))
        qtbot.mouseClick(clips.tree.viewport(), Qt.MouseButton.LeftButton, pos=rect.center())

    birds, cars = (one.clip for one in small_document.clips())
    with qtbot.waitSignal(small_document.performed):
        small_document.perform_later(ReplacePoints({cars.id: draw_points(FEW + 1)}))
    click("cars")
    assert clips._view.clip == birds
    assert clips.tree.currentItem() is row(clips, "cars")
    small_document.perform(SetReview(birds.id, (1,), Review.ACCEPTED))  # the list is read again meanwhile
    qtbot.waitUntil(lambda: clips._view.clip == cars)
    assert clips.tree.currentItem() is row(clips, "cars")
    clips._view.set_clip(birds)
    small_document.perform(ReplacePoints({cars.id: draw_points(FEW + 2)}))
    with qtbot.waitSignal(small_document.prepared):
        click("cars")
        clips._view.set_clip(None)
        clips._view.set_clip(birds)  # as somebody who thinks better of it
    assert clips._view.clip == birds
    assert clips.tree.currentItem() is row(clips, "birds")


def test_folders_of_a_data_set_stand_apart_and_a_long_one_is_closed(
    clips: ClipList, small_document: Document, tmp_path
):
    drawn = draw_clip(tmp_path / "drawn", "a")
    new = [replace(drawn, name=f"s{n}", dataset="moseg", root=tmp_path / "scenes") for n in (1, 2)]
    small_document.perform(AddClips([(clip, []) for clip in new]))
    assert groups(clips) == {"Frames, 2 clips": True, "Moseg, 2 clips": True}
    other = [replace(drawn, name=f"t{n}", dataset="moseg", root=tmp_path / "short clips") for n in range(60)]
    small_document.perform(AddClips([(clip, []) for clip in other]))
    assert groups(clips) == {
        "Frames, 2 clips": True,
        "Moseg: scenes, 2 clips": True,
        "Moseg: short clips, 60 clips": True,  # they have just come
    }
    frames = [replace(drawn, name=f"u{n}", root=tmp_path / str(n)) for n in range(2)]
    small_document.perform(AddClips([(clip, []) for clip in frames]))
    assert next(iter(groups(clips))) == "Frames, 4 clips"  # which may lie anywhere
    assert len(groups(clips)) == 3
    clip = next(one.clip for one in small_document.clips() if one.clip.name == "t30")
    clips._view.set_clip(clip)  # it is shown although its group was closed
    assert not clips.tree.visualItemRect(row(clips, "t30")).isEmpty()


def groups(clips: ClipList) -> dict[str, bool]:
    """The titles, and whether each is open."""
    items = [clips.tree.topLevelItem(place) for place in range(clips.tree.topLevelItemCount())]
    return {item.text(0): item.isExpanded() for item in items}


def add(document: Document, folder, *names: str) -> None:
    document.perform(AddClips([(draw_clip(folder, name), []) for name in names]))


def shown(clips: ClipList) -> list[str]:
    return [item.text(0) for item in clips.tree.in_order() if not item.isHidden()]


def test_names_stand_in_the_order_of_their_numbers_and_a_header_sorts(
    clips: ClipList, small_document: Document, tmp_path, qtbot
):
    add(small_document, tmp_path / "more", "marple11", "marple8", "marple5", "marple13", "marple10")
    by_name = ["birds", "cars", "marple5", "marple8", "marple10", "marple11", "marple13"]
    assert shown(clips) == by_name
    header = clips.tree.header()
    place = QPoint(header.sectionViewportPosition(TRACKS) + 10, header.height() // 2)
    for expected in ([*by_name[2:], "cars", "birds"], ["birds", "cars", *reversed(by_name[2:])]):
        qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=place)
        assert shown(clips) == expected


def test_clips_that_have_just_come_are_selected_seen_and_the_first_is_looked_at(
    clips: ClipList, small_document: Document, tmp_path
):
    clips.field.setText("birds")
    add(small_document, tmp_path / "more", *(f"z{n}" for n in range(30, 0, -1)))
    assert clips._view.clip.name == "z1"
    assert [clip.name for clip in clips.chosen] == [f"z{n}" for n in range(1, 31)]
    assert clips.field.text() == ""
    assert clips.tree.viewport().rect().contains(clips.tree.visualItemRect(row(clips, "z1")).center())
    assert clips._count.whole == "30 of 32 clips selected · 360 frames"


def test_rows_are_of_one_height_whatever_comes_and_goes(
    clips: ClipList, small_document: Document, tmp_path, qapp
):
    def heights() -> set[int]:
        return {clips.tree.visualItemRect(row(clips, name)).height() for name in ("birds", "cars")}

    assert heights() == {ROW}
    small_document.perform(AddClips([(draw_clip(tmp_path / "more", "a"), [])]))
    assert heights() == {ROW}
    for name in ("dark", "light"):
        theme.apply(qapp, name)
        assert heights() == {ROW}


def test_a_search_leaves_what_holds_its_words_and_enter_goes_there(
    clips: ClipList, small_document: Document, tmp_path, qtbot
):
    add(small_document, tmp_path / "more", "a Big car", "b")
    left = []
    clips.left.connect(lambda: left.append(clips._view.clip.name))
    qtbot.keyClicks(clips.field, "CAR")
    assert shown(clips) == ["a Big car", "cars"]
    qtbot.keyClicks(clips.field, " fram")  # of the data set
    assert shown(clips) == ["a Big car", "cars"]
    qtbot.keyClicks(clips.field, "ework")
    assert shown(clips) == []
    assert clips._empty.isVisible()
    assert "CAR framework" in clips._empty.text()
    for _ in "ework":
        qtbot.keyClick(clips.field, Qt.Key.Key_Backspace)
    qtbot.keyClick(clips.field, Qt.Key.Key_Return)
    assert left == ["a Big car"]
    qtbot.keyClick(clips.field, Qt.Key.Key_Escape)
    assert len(shown(clips)) == 4


def test_a_click_on_the_use_of_selected_clips_chooses_it_for_all_of_them(
    clips: ClipList, small_document: Document, qtbot, qapp
):
    clips.edit_asked.connect(small_document.perform)
    for name, keys in (("birds", NO_KEY), ("cars", Qt.KeyboardModifier.ShiftModifier)):
        rect = clips.tree.visualItemRect(row(clips, name))
        qtbot.mouseClick(clips.tree.viewport(), Qt.MouseButton.LeftButton, keys, rect.center())

    def choose_use(name: str, downs: int) -> list[str]:
        rect = clips.tree.visualItemRect(row(clips, name))
        place = QPoint(clips.tree.columnViewportPosition(USE) + 8, rect.center().y())
        qtbot.mouseClick(clips.tree.viewport(), Qt.MouseButton.LeftButton, pos=place)
        menu = qapp.activePopupWidget()
        texts = [action.text() for action in menu.actions()]
        for _ in range(downs):
            qtbot.keyClick(menu, Qt.Key.Key_Down)
        qtbot.keyClick(menu, Qt.Key.Key_Return)
        return texts

    assert choose_use("birds", 2) == ["Train on 2 clips", "Hold out 2 clips", "Leave out 2 clips"]
    assert uses(small_document) == [Use.HELD_OUT, Use.HELD_OUT]
    assert small_document.last_edit().text == "Hold out 2 clips"
    assert [clip.name for clip in clips.chosen] == ["birds", "cars"]
    assert clips._view.clip.name == "cars", "the click was on birds, and went nowhere"
    small_document.undo()
    assert uses(small_document) == [Use.TRAIN, Use.TRAIN]
    clips.tree.setCurrentItem(row(clips, "birds"))
    assert choose_use("cars", 3) == ["Train on", "Hold out", "Leave out"]  # one that was not selected
    assert uses(small_document) == [Use.TRAIN, Use.LEFT_OUT]


def test_pictures_come_by_themselves_and_are_kept_in_the_project(
    clips: ClipList, small_document: Document, qtbot
):
    birds, cars = (one.clip for one in small_document.clips())
    qtbot.waitUntil(
        lambda: not clips.pictures.icon(birds).isNull() and not clips.pictures.icon(cars).isNull()
    )
    assert len(list((small_document.project.cache / "thumbnails").glob("*.jpg"))) == 2
    gone = replace(birds, id=99, root=birds.root / "gone")
    assert clips.pictures.icon(gone).isNull()


def test_the_neighbour_of_a_removed_clip_is_looked_at(clips: ClipList, small_document: Document, tmp_path):
    add(small_document, tmp_path / "more", "a", "b", "c")
    clips.edit_asked.connect(small_document.perform)
    clips.tree.setCurrentItem(row(clips, "b"))
    edit = clips.removal()
    assert (edit.text, edit.rows) == ("Remove clip b", 1)
    small_document.perform(edit)
    assert clips._view.clip.name == "birds"
    small_document.undo()
    assert clips._view.clip.name == "b"  # undo goes to what it brings back
    clips.tree.setCurrentItem(row(clips, "cars"))
    assert clips.removal().text == "Remove clip cars with 21 tracks"
    small_document.perform(clips.removal())
    assert clips._view.clip.name == "c"  # since nothing follows


def test_without_clips_the_list_says_what_to_do(qtbot, new_document: Document):
    clips = ClipList(new_document, ViewState())
    qtbot.addWidget(clips)
    clips.show()
    assert clips._empty.isVisible()
    assert "menu File" in clips._empty.text()
    assert not clips.field.isVisible()
    assert clips.chosen == []
    clips.close_reader()
