# ruff: noqa: E501
"""Every action of the window in one table, `action_rows`: menus, shortcuts, key sheet and palette read it."""

from dataclasses import dataclass

from core.datasets.readers import readable
from core.jobs import jobs_on_clips, jobs_over_clips
from core.project.labels import KEYS
from core.runs.job import Job


@dataclass(frozen=True)
class ActionRow:
    """One action.

    Attributes:
        name: what the code calls it.
        text: what menus and the palette call it, with its mnemonic.
        menu: where it stands, such as `View` or `View/Theme`; a `|` in front starts a group.
        keys: its shortcuts, the first one shown in menus; portable text such as `Ctrl+Shift+Z`.
        tip: one sentence that says what it does, where the text does not.
        icon: a file of `resources/icons`.
        group: of checkable actions one of which is on; `*` for one that stands alone.
        curating: only usable in the workspace Curate.
    """

    name: str
    text: str
    menu: str
    keys: tuple[str, ...] = ()
    tip: str = ""
    icon: str = ""
    group: str = ""
    curating: bool = False

    @property
    def path(self) -> tuple[str, ...]:
        """Its menu and submenu."""
        return tuple(self.menu.removeprefix("|").split("/"))

    @property
    def title(self) -> str:
        """Its text without a mnemonic."""
        return self.text.replace("&", "").removesuffix("…")


def _curate(
    name: str, text: str, menu: str, *keys: str, tip: str = "", icon: str = "", group: str = ""
) -> ActionRow:
    return ActionRow(name, text, menu, keys, tip, icon, group, curating=True)


ROWS: tuple[ActionRow, ...] = (
    ActionRow("new_project", "&New project…", "File", ("Ctrl+N",), "Make an empty project folder.", "new"),
    ActionRow("open_project", "&Open project…", "File", ("Ctrl+O",), "Open a project folder.", "open"),
    ActionRow("open_sample", "Open &sample project", "File", tip="Make small clips to try everything on.", icon="sample"),
    ActionRow("import_folder", "Import &folder…", "|File", ("Ctrl+I",), f"Import {readable()}.", "import"),
    ActionRow("import_videos", "Import &video…", "File", ("Ctrl+Shift+I",), "Import a video file.", "film"),
    _curate("import_tracks", "Import &tracks…", "File", tip="Add tracks of another program to this clip.", icon="import"),
    ActionRow("export_tracks", "&Export tracks…", "|File", ("Ctrl+Shift+E",), "Write tracks in another program's format.", "export"),
    _curate("save_frame", "Save frame as &picture…", "File", "Ctrl+Shift+S", tip="The frame at its full size, with the layers that are shown.", icon="export"),
    _curate("save_overlay", "Save overla&y video…", "File", tip="Masks, boxes and trails over the frames, as a video or as pictures.", icon="film"),
    _curate("relocate", "Find moved frames…", "File", tip="Say in which folder the frames of this clip are now.", icon="folder"),
    ActionRow("save_version", "S&ave version…", "|File", ("Ctrl+S",), "Name the state that the project is in now; every edit is stored anyway.", "save"),
    ActionRow("versions", "Vers&ions…", "File", ("Ctrl+Alt+S",), "What differs between versions, and the ways back to them.", "history"),
    ActionRow("close_project", "&Close project", "|File", ("Ctrl+W",), "Go back to the welcome page."),
    ActionRow("quit", "&Quit", "|File", ("Ctrl+Q",), "Close the window; runs go on in the background."),

    ActionRow("undo", "&Undo", "Edit", ("Ctrl+Z",), "Take the last edit back.", "undo"),
    ActionRow("redo", "&Redo", "Edit", ("Ctrl+Shift+Z", "Ctrl+Y"), "Do again what was undone.", "redo"),
    _curate("select_all", "Select &all", "|Edit", "Ctrl+A", tip="Select every track that the filter shows."),
    _curate("select_none", "Select &none", "Edit", "Ctrl+Shift+A"),
    _curate("invert_selection", "&Invert selection", "Edit", "Ctrl+Shift+V"),
    _curate("find_track", "&Find track…", "|Edit", "Ctrl+F", tip="Type a label or an id.", icon="search"),
    ActionRow("preferences", "&Preferences…", "|Edit", ("Ctrl+,",), "How the window looks, its keys, and what it may use of the machine.", "settings"),

    _curate("next_frame", "&Next frame", "Go", "Right", icon="next"),
    _curate("previous_frame", "&Previous frame", "Go", "Left", icon="previous"),
    _curate("forward_10", "10 frames &forward", "Go", "Shift+Right", icon="forward"),
    _curate("back_10", "10 frames &back", "Go", "Shift+Left", icon="back"),
    _curate("forward_100", "100 frames forward", "Go", "Ctrl+Shift+Right"),
    _curate("back_100", "100 frames back", "Go", "Ctrl+Shift+Left"),
    _curate("next_keyframe", "Next &keyframe", "|Go", "Ctrl+Right", tip="Of the selected tracks, or of any object."),
    _curate("previous_keyframe", "Previous keyframe", "Go", "Ctrl+Left", tip="Of the selected tracks, or of any object."),
    _curate("first_frame", "First frame", "Go", "Home", icon="first"),
    _curate("last_frame", "Last frame", "Go", "End", icon="last"),
    _curate("track_start", "Start of track", "Go", "Ctrl+Home"),
    _curate("track_end", "End of track", "Go", "Ctrl+End"),
    _curate("go_to_frame", "&Go to frame…", "|Go", "Ctrl+J"),
    _curate("play", "P&lay or pause", "Go", "Space", icon="play"),
    _curate("shuttle_back", "Play back&ward", "Go", "J", tip="Pressed again, faster."),
    _curate("shuttle_forward", "Play forward", "Go", "L", tip="Pressed again, faster."),
    _curate("next_track", "Next track", "|Go", "PgDown", tip="In the order of the table."),
    _curate("previous_track", "Previous track", "Go", "PgUp", tip="In the order of the table."),

    _curate("find_clip", "&Find clip…", "Clip", "Ctrl+Shift+F", tip="Type a part of its name or of its data set's.", icon="search"),
    _curate("select_all_clips", "Select &all clips", "Clip", "Ctrl+Alt+A", tip="Every clip that the search leaves; jobs then work on them."),
    _curate("rename_clip", "Re&name clip…", "|Clip", "F2", tip="Type another name for this clip.", icon="label"),
    _curate("train_on_clips", "&Train on selected clips", "|Clip", tip="They train.", icon="train"),
    _curate("hold_out_clips", "&Hold out selected clips", "Clip", tip="They only measure what was learnt on the others.", icon="held_out"),
    _curate("leave_out_clips", "&Leave out selected clips", "Clip", tip="They neither train nor measure.", icon="left_out"),
    _curate("remove_clips", "&Remove selected clips", "|Clip", "Ctrl+Shift+Del", tip="With their tracks; the frames stay where they are.", icon="delete"),
    _curate("open_clip_folder", "&Open folder of clip", "Clip", tip="Show its frames in the file manager.", icon="folder"),

    _curate("tool_select", "&Select", "Track/Tool", "V", tip="Select, move and resize.", icon="select", group="tool"),
    _curate("tool_box", "&Box", "Track/Tool", "B", tip="Draw the box of an object.", icon="box", group="tool"),
    _curate("tool_segment", "Se&gment", "Track/Tool", "C", tip="Click on an object, or drag a rough box around it; its edge is found.", icon="segment", group="tool"),
    _curate("tool_brush", "B&rush", "Track/Tool", "U", tip="Paint the mask of an object.", icon="brush", group="tool"),
    _curate("tool_erase", "&Erase", "Track/Tool", "Shift+U", tip="Erase from a mask.", icon="erase", group="tool"),
    _curate("tool_polygon", "&Polygon", "Track/Tool", "G", tip="Outline a mask point by point.", icon="polygon", group="tool"),
    _curate("tool_point", "P&oint", "Track/Tool", "A", tip="Click to start a point, which is followed both ways from there.", icon="point", group="tool"),
    _curate("tool_outline", "Edit ou&tline", "Track/Tool", "Shift+G", tip="Drag the corners of a mask's outline, add some and take some away.", icon="outline", group="tool"),
    _curate("brush_larger", "&Larger brush", "|Track/Tool", "."),
    _curate("brush_smaller", "S&maller brush", "Track/Tool", ","),
    _curate("new_object", "&New object", "Track", "N", tip="Draw its box, or click on it where Segment is taken, to start a new track.", icon="add"),
    _curate("keyframe", "Make or unmake &keyframe", "|Track", "K", tip="Confirm what was filled in this frame; a keyframe counts as filled from then on, and keeps its shape.", icon="keyframe"),
    _curate("occluded", "Occluded &from here", "Track", "Q", tip="Hidden in part, up to the next keyframe; such frames give no patches to training.", icon="occluded", group="*"),
    _curate("outside", "Out of s&ight from here", "Track", "O", tip="Not there, up to the next keyframe; nothing is filled. Pressed again, the object is back.", icon="outside", group="*"),
    _curate("copy_shape", "&Copy shape", "Track", "Ctrl+C", tip="Of the selected object, in this frame.", icon="copy"),
    _curate("paste_shape", "Paste s&hape", "Track", "Ctrl+V", tip="To the selected object in this frame; to a new one where none is selected."),
    _curate("largest_piece", "Keep only the largest &piece", "Track/Mask", "Ctrl+Alt+L", tip="Of the selected object's mask in this frame."),
    _curate("fill_holes", "Fill &holes", "Track/Mask", "Ctrl+Alt+H", tip="Of the selected object's mask in this frame."),
    _curate("carry_on", "Carry &on", "Track", "P", tip="Follow the selected object from this frame to its next keyframe, a point beyond its end, as far as that is sure; Esc stops."),
    _curate("carry_back", "Carry &back", "Track", "Shift+P", tip="Follow the selected object from this frame back to its keyframe before, a point before its start, as far as that is sure; Esc stops."),
    _curate("carry_limit", "Carry &until…", "Track", tip="Say below which confidence an object is carried no farther."),
    _curate("densify_selected", "Densify select&ed…", "Track", "Ctrl+Shift+D", tip="Fill the selected objects alone between their keyframes; what that replaces is counted first.", icon="densify"),
    _curate("fill_box", "S&traight", "Track/Fill between keyframes", tip="The boxes of the selected objects move straight from keyframe to keyframe.", group="*"),
    _curate("fill_shape", "By s&hape", "Track/Fill between keyframes", tip="The masks of the selected objects change from one keyframe's to the next one's.", group="*"),
    _curate("fill_flow", "By &flow", "Track/Fill between keyframes", tip="The masks of the selected objects follow the pictures.", group="*"),
    _curate("fill_next", "Another &way", "Track/Fill between keyframes", "I", tip="Straight, by shape, by flow, in turn."),
    _curate("fill_again", "Fill &after edits", "|Track/Fill between keyframes", tip="What lies between an edited keyframe and those beside it is filled at once.", group="*"),
    _curate("merge", "&Merge", "Track", "M", tip="Make one track of the selected ones.", icon="merge"),
    _curate("bridge", "B&ridge", "Track", "W", tip="Join the selected points, the path between them followed from both ends; of one point, its straight parts.", icon="bridge"),
    _curate("split", "&Split here", "Track", "X", "Alt+M", tip="What follows becomes a track of its own.", icon="split"),
    _curate("swap", "S&wap from here", "Track", "S", tip="Exchange two selected tracks from this frame on.", icon="swap"),
    _curate("trim_start", "Trim start to here", "Track", "Ctrl+[", icon="trim"),
    _curate("trim_end", "Trim end to here", "Track", "Ctrl+]", icon="trim"),
    _curate("relabel", "&Label…", "Track", "Ctrl+L", tip="Name the selected tracks: a label of the list, those used last first, or a new one.", icon="label"),
    *(
        _curate(f"label_{key}", f"Label of key {key}", "Track/Label by key", key, tip="Give it to the selected tracks. Keys and labels stand in the panel Labels.")
        for key in KEYS
    ),
    _curate("pin", "&Pin for neighbours", "Track", tip="The next pretraining run shows what lies near the selected tracks; once more to unpin them.", icon="train"),
    _curate("delete_here", "&Delete here", "|Track", "Del", tip="Only at this frame; where frames are marked, all that lies in them.", icon="delete"),
    _curate("mark_start", "Mark &from here", "Track/Part", "Alt+[", tip="The part of the selected tracks that is to be deleted begins here."),
    _curate("mark_end", "Mark &to here", "Track/Part", "Alt+]", tip="The part of the selected tracks that is to be deleted ends here."),
    _curate("delete_part", "&Delete this part", "Track/Part", "Ctrl+Del", tip="What the selected tracks have in the marked frames; drag with Shift over a lane to mark.", icon="delete"),
    _curate("delete_track", "Delete &track", "Track", "Shift+Del", tip="The selected tracks, whole.", icon="delete"),

    _curate("accept", "&Accept and next", "Review", "Return", "Enter", tip="Accept the selected tracks, go to the next open one; in the review queue, its item.", icon="accept"),
    _curate("reject", "&Reject and next", "Review", "Backspace", tip="Rejected tracks train nothing; goes to the next open one, or the next item of the queue.", icon="reject"),
    _curate("reopen", "Re&open", "Review", "Shift+Return", tip="Neither accepted nor rejected.", icon="reopen"),
    _curate("next_open", "&Next open track", "|Review", "Ctrl+PgDown"),
    _curate("previous_open", "&Previous open track", "Review", "Ctrl+PgUp"),
    _curate("next_check", "Next item of the &queue", "|Review", "]", tip="What the recipe of the panel Review finds next: to check, at first."),
    _curate("previous_check", "Previous item of the q&ueue", "Review", "[", tip="What the recipe of the panel Review finds before: to check, at first."),
    _curate("do_proposed", "&Do what is proposed", "Review", "Y", tip="Make the proposed cut or swap, go to the next frame to check."),
    _curate("dismiss_proposed", "D&ismiss what is proposed", "Review", "D", tip="It is no error and is not proposed again; goes to the next frame to check."),
    _curate("cancel", "&Cancel or clear", "|Review", "Esc", tip="Cancel what is being drawn, else skip the item of the review queue, else select nothing."),

    ActionRow("curate", "&Curate", "View", ("Alt+1",), "Look at clips and correct trajectories.", "curate", "workspace"),
    ActionRow("train", "&Train", "View", ("Alt+2",), "Pretrain a network on trajectories.", "train", "workspace"),
    ActionRow("evaluate", "&Evaluate", "View", ("Alt+3",), "Measure a network on PASCAL VOC.", "evaluate", "workspace"),
    ActionRow("compare", "C&ompare", "View", ("Alt+4",), "Put runs side by side.", "compare", "workspace"),
    ActionRow("probe", "Pro&be", "View", ("Alt+5",), "Measure what a network's features are worth.", "probe", "workspace"),
    ActionRow("table1", "Table &1", "View", ("Alt+6",), "Fill the whole of Table 1, cell by cell.", "table1", "workspace"),
    _curate("masks", "&Masks", "|View/Layers", "Shift+M", group="*"),
    _curate("boxes", "&Boxes", "View/Layers", "Shift+B", group="*"),
    _curate("trails", "&Points", "View/Layers", "T", tip="Points and the trails behind them.", group="*"),
    _curate("stabilise", "&Stabilise trails", "View/Layers", "Ctrl+Shift+T", tip="Draw where points were as if the camera had stood still.", group="*"),
    _curate("trails_chosen", "Trails of the &chosen only", "View/Layers", "Alt+Shift+T", tip="Only what is selected or under the mouse has a trail.", group="*"),
    _curate("names", "&Names", "View/Layers", "Shift+N", group="*"),
    _curate("pick_points", "P&ick points", "|View/Layers", "Shift+T", tip="The mouse takes points; else only what lies beneath them.", group="*"),
    _curate("colour_by_track", "By &track", "View/Colour", group="colour"),
    _curate("colour_by_label", "By la&bel", "View/Colour", group="colour"),
    _curate("colour_by_error", "By forward–backward &error", "View/Colour", group="colour"),
    _curate("colour_by_origin", "By &origin", "View/Colour", group="colour"),
    _curate("colour_by_loss", "By &loss in training", "View/Colour", group="colour"),
    _curate("colour_by_review", "By &review", "View/Colour", group="colour"),
    _curate("hide_others", "Show only selected", "View", "Shift+H", tip="Draw nothing but the selected tracks.", icon="eye", group="*"),
    _curate("peek", "Pee&k under tracks", "View", "Z", tip="Hides them while the key is held; from a menu, until it is chosen again.", icon="eye_off"),
    _curate("fit", "&Fit frame", "|View", "R", tip="Show the whole frame.", icon="fit"),
    _curate("zoom_selection", "Zoom to &selection", "View", "Shift+R", tip="Show the selected tracks as large as fits."),
    _curate("zoom_in", "Zoom &in", "View", "Ctrl++", "Ctrl+=", icon="zoom_in"),
    _curate("zoom_out", "Zoom o&ut", "View", "Ctrl+-", icon="zoom_out"),
    ActionRow("theme_system", "Like the &system", "|View/Theme", group="theme"),
    ActionRow("theme_light", "&Light", "View/Theme", group="theme"),
    ActionRow("theme_dark", "&Dark", "View/Theme", group="theme"),
    ActionRow("steps", "Steps of the main &job", "View", tip="From importing to measuring, in the first line; they go once all are done.", group="*"),
    ActionRow("full_screen", "Fu&ll screen", "View", ("F11",), group="*"),
    ActionRow("reset_layout", "&Reset layout", "View", tip="Put the panels of this workspace where they were at first."),

    ActionRow("pretrain", "&Pretrain…", "|Run", ("Ctrl+R",), "Go to the settings of a new pretraining run.", "train"),
    ActionRow("evaluate_voc", "&Evaluate on VOC…", "Run", ("Ctrl+E",), "Go to the settings of an evaluation.", "evaluate"),
    ActionRow("run_table1", "Run Table &1…", "Run", tip="Plan the whole table, start it, and see how far each cell is.", icon="table1"),
    ActionRow("stop_runs", "St&op running jobs", "|Run", ("Ctrl+.",), "Each saves what it did and ends.", "stop"),
    ActionRow("open_runs", "Open folder of runs", "Run", tip="Show the project's runs in the file manager.", icon="folder"),

    ActionRow("palette", "&Command palette", "Help", ("Ctrl+K", "Ctrl+P"), "Find and run any action by name.", "commands"),
    ActionRow("guide", "&Guide", "|Help", ("Shift+F1",), "The program in ten minutes, on the sample project.", "guide"),
    ActionRow("table1_help", "About &Table 1", "Help", tip="How the whole table is planned, run and read.", icon="table1"),
    ActionRow("glossary", "Gl&ossary", "Help", tip="What the words mean.", icon="glossary"),
    ActionRow("keys", "&Keys", "Help", ("F1",), "Every action with its keys.", "keys"),
    ActionRow("check_project", "Check &project…", "|Help", tip="Look whether it is whole: its database, its runs and every frame.", icon="accept"),
    ActionRow("open_log", "Open &log folder", "Help", tip="Where the program writes what went wrong.", icon="folder"),
    ActionRow("copy_diagnostics", "Copy &diagnostics", "Help", tip="Versions and system, to paste into a report.", icon="copy"),
    ActionRow("about", "&About", "|Help", icon="info"),
)  # fmt: skip

_KEYS = {"track": ("Ctrl+T",), "densify": ("Ctrl+D",)}
"""Job → its shortcuts."""


def action_rows() -> tuple[ActionRow, ...]:
    """`ROWS`, with the jobs on clips at the head of the menu Run, as `core.jobs.JOBS` has them."""
    place = next(place for place, row in enumerate(ROWS) if row.path == ("Run",))
    return (*ROWS[:place], *map(_row_of_job, [*jobs_on_clips(), *jobs_over_clips()]), *ROWS[place:])


def _row_of_job(job: Job) -> ActionRow:
    return ActionRow(job.name, f"&{job.title}…", "Run", _KEYS.get(job.name, ()), job.sentence, job.icon)


MENUS = {
    "File": "&File",
    "Edit": "&Edit",
    "Go": "&Go",
    "Clip": "&Clip",
    "Track": "&Track",
    "Review": "&Review",
    "View": "&View",
    "Run": "R&un",
    "Help": "&Help",
}
"""Menu → its title with its mnemonic, from left to right."""
