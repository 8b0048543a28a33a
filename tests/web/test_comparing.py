"""`crane diff`: what it says, and its exit status."""

import json

from desk import ROOT

REVIEWS = ROOT / "bpmn" / "new_filing.bpmn"


def edited(folder, *replacements, name="new_filing.bpmn"):
    """The shipped diagram with some words exchanged, as a file of its own."""
    text = REVIEWS.read_text(encoding="utf-8")
    for old, new in replacements:
        assert old in text
        text = text.replace(old, new)
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_files_that_mean_the_same_differ_in_nothing(empty, tmp_path):
    """Also when one of them was moved about on the canvas; it is said that only the drawing has changed."""
    said = empty.run("diff", REVIEWS, edited(tmp_path, ('height="80"', 'height="90"')))
    assert said.status == 0
    assert "the same meaning" in said.out
    assert "only the drawing has changed: new_filing.bpmn" in said.out
    assert empty.run("diff", ROOT / "bpmn", ROOT / "bpmn").status == 0


def test_files_that_differ_are_told_in_both_languages(empty, tmp_path):
    other = edited(tmp_path, ('name="dueWorkingDays" value="=deadlines.review"', 'name="dueWorkingDays" value="5"'))
    said = empty.run("diff", REVIEWS, other)
    assert said.status == 1
    assert "用户任务“审核”的办理时限（工作日）由“=deadlines.review”改为“5”" in said.out
    assert "working days changed from “=deadlines.review” to “5”" in said.out
    document = empty.run("diff", REVIEWS, other, "--json")
    [change] = document.json["changes"]
    assert (document.status, change["kind"], change["file"], change["part"]) == (
        1,
        "element.dueWorkingDays",
        "new_filing.bpmn",
        "new_filing",
    )


def test_what_is_deployed_is_compared_with_files_folders_and_versions(at, tmp_path):
    """A file, or a version of one business, is compared with the parts of the same ids alone."""
    desk = at("prepared")
    [bundle] = {b["bundle_id"] for b in desk.data("deploy", ROOT / "bpmn", ROOT / "forms")["businesses"] if b["business"] == "new_filing"}
    assert desk.run("diff", "deployed", ROOT / "bpmn").status == 0
    assert desk.run("diff", bundle[:12], "deployed").status == 0
    other = edited(tmp_path, ('name="dueWorkingDays" value="=deadlines.review"', 'name="dueWorkingDays" value="5"'))
    for before, after in (("deployed", other), (other, "deployed"), (bundle[:12], other), (ROOT / "bpmn", other)):
        said = desk.run("diff", before, after, "--json")
        assert (said.status, [each["kind"] for each in said.json["changes"]]) == (1, ["element.dueWorkingDays"]), (before, after)


def test_what_cannot_be_read_is_no_difference(at, tmp_path):
    """Exit status 2, so that a script does not take it for an answer."""
    desk = at("prepared")
    broken = tmp_path / "broken.bpmn"
    broken.write_text("<bpmn", encoding="utf-8")
    for arguments in (
        (REVIEWS, broken),
        (REVIEWS, tmp_path / "nowhere.bpmn"),
        (REVIEWS, "0123456789ab"),
        (REVIEWS,),
        (tmp_path, REVIEWS / "x"),
    ):
        said = desk.run("diff", *arguments)
        assert said.status == 2, arguments
        assert "Traceback" not in said.err
    assert json.loads(desk.run("diff", REVIEWS, broken, "--json").out)["error"]["code"] == "FILE_UNREADABLE"
