"""Files: refused before they are stored, bound to the case in which they are submitted, seen by those who may see the case."""

from datetime import timedelta

import pytest
from counter import FILED, everything, one_task
from workbench import LICENSING, OPERATOR, OTHER_OWNER, OWNER, REVIEWER, STRANGER

from workflow_runtime import uploads
from workflow_runtime.answers import load_answers
from workflow_runtime.attachments import AttachmentRefused
from workflow_runtime.errors import Invalid, NotFound, WrongState

PDF = b"%PDF-1.7\n%%EOF\n"


@pytest.fixture
def bench(bench):
    bench.deploy(one_task(form="filed"), FILED)
    return bench


def upload(bench, actor=OWNER, name="执照.pdf", content=PDF):
    return bench.use(uploads.upload, actor, name, content)


def download(bench, actor, number):
    with bench.runtime.reading() as uow:
        return uploads.download(uow, actor, number)


def start(bench, *files, actor=OWNER):
    return bench.start(actor=actor, answers={"model": "x", "papers": [{"id": f} for f in files]})


@pytest.mark.parametrize(
    ("name", "content"), [("a.exe", b"MZ"), ("a.pdf", b"MZ"), ("a.pdf", b""), ("a\x00.pdf", PDF), ("../a.pdf", PDF), ("\ud800.pdf", PDF)]
)
def test_a_file_is_refused_before_it_is_stored(bench, name, content):
    """By its name or its content; the store is as it was."""
    before = everything(bench)
    with pytest.raises(AttachmentRefused):
        upload(bench, name=name, content=content)
    assert everything(bench) == before


def test_too_many_files_that_belong_to_nothing(bench, monkeypatch):
    """A party may not fill the store with files that it never submits; submitting makes room, and others are not concerned."""
    monkeypatch.setattr(uploads, "MAX_LOOSE", 2)
    first, _ = upload(bench), upload(bench)
    with pytest.raises(AttachmentRefused) as refusal:
        upload(bench)
    assert refusal.value.code == "ATTACHMENT_TOO_MANY"
    upload(bench, OTHER_OWNER)
    start(bench, first.id)
    assert upload(bench).party == "owner:A"


def test_a_file_comes_back_as_it_was(bench):
    """To its own party before it is submitted, to nobody else; also not to those who see every case."""
    row = upload(bench)
    assert download(bench, OWNER, row.id) == (row, PDF)
    for nobody in (OTHER_OWNER, REVIEWER, OPERATOR):
        with pytest.raises(NotFound):
            download(bench, nobody, row.id)


def test_a_submitted_file_is_the_cases(bench):
    """Its parties and those who see every case may read it, others may not."""
    row = upload(bench)
    case = start(bench, row.id)
    assert bench.variables(case)["filed"]["papers"][0]["name"] == "执照.pdf"
    for reader in (OWNER, REVIEWER, LICENSING, OPERATOR):
        found, content = download(bench, reader, row.id)
        assert (found.case_id, content) == (bench.case(case).id, PDF)
    for nobody in (OTHER_OWNER, STRANGER):
        with pytest.raises(NotFound):
            download(bench, nobody, row.id)


def test_whoever_has_a_task_in_the_case_may_read_its_files(bench):
    """Also when his unit is none of the case's own parties: the authority above, say."""
    bench.runtime.resolve_party = lambda connection, expression, parties: "authority:B"
    row = upload(bench)
    start(bench, row.id)
    assert download(bench, STRANGER, row.id)[1] == PDF


def test_another_partys_file_cannot_be_attached(bench):
    """Nor one that does not exist, nor one that is submitted elsewhere already, nor what is no id at all."""
    foreign, used = upload(bench, OTHER_OWNER), upload(bench)
    case = start(bench, used.id)
    before = everything(bench)
    for wrong in (foreign.id, used.id, "nothing", "a\x00", "\ud800", "x" * 9999, None, 5, {"id": 1}):
        with pytest.raises(Invalid) as invalid:
            start(bench, wrong)
        assert {f.field for f in invalid.value.fields} == {"papers"}
    assert everything(bench) == before
    assert len(bench.timeline(case)) == 1


@pytest.mark.parametrize("number", ["", "nothing", "\x00", "\ud800"])
def test_a_file_that_does_not_exist(bench, number):
    """Whatever is written in place of its id."""
    with pytest.raises(NotFound):
        download(bench, OWNER, number)


def test_a_file_that_another_case_has_just_taken(bench):
    """Of two submissions at once with one file, the slower one is told, instead of naming a file that it may not read."""
    row = upload(bench)
    first, second = (bench.case(start(bench)).id for _ in range(2))
    with bench.runtime.transaction() as uow:
        form = uow.bundle(uow.library.deployment("business").bundle_id).form("filed")
        loaded = load_answers(uow, form, {"model": "x", "papers": [{"id": row.id}]}, OWNER, case_id=second, variables={})
        assert uow.attachments.bind([row.id], first)
        with pytest.raises(WrongState):
            loaded.keep(uow, second)


def test_files_that_were_never_submitted_are_dropped(bench, monkeypatch):
    """Not before their time, and never one that a case has; so abandoned uploads do not use up a party's limit for good."""
    monkeypatch.setattr(uploads, "MAX_LOOSE", 2)
    kept, abandoned = upload(bench), upload(bench)
    start(bench, kept.id)
    bench.clock.advance(uploads.LOOSE_FOR)
    foreign = upload(bench, OTHER_OWNER)
    upload(bench)
    assert download(bench, OWNER, abandoned.id)[1] == PDF
    bench.clock.advance(timedelta(seconds=1))
    upload(bench)
    with pytest.raises(NotFound):
        download(bench, OWNER, abandoned.id)
    assert (download(bench, OWNER, kept.id)[1], download(bench, OTHER_OWNER, foreign.id)[1]) == (PDF, PDF)


def test_a_file_that_has_just_been_dropped(bench):
    """Whoever submits it at that moment is told, instead of filing without it."""
    row = upload(bench)
    case = bench.case(start(bench)).id
    with bench.runtime.transaction() as uow:
        uow.attachments.forget_loose(OWNER.party, bench.clock.now() + timedelta(seconds=1))
        assert not uow.attachments.bind([row.id], case)
