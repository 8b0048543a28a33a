"""Whatever is given, the answer is a code, a sentence and a remedy in both languages; nothing has changed."""

import sqlite3
from contextlib import closing

import pytest
from desk import FILING, HOHHOT, ROOT

CHINESE = range(0x4E00, 0x9FFF)
NEW = ROOT / "bpmn" / "new_filing.bpmn"


def told(said, code, status=1):
    """The failure's document: said as JSON when asked for, else the words on standard error hold the same code and a remedy."""
    assert said.status == status, said
    if said.out:
        document = said.json["error"]
        assert document["code"] == code
        assert all(document[part][language] for part in ("message", "remedy") for language in ("zh", "en"))
        assert any(ord(c) in CHINESE for c in document["message"]["zh"] + document["remedy"]["zh"])
        return document
    lines = said.err.strip().splitlines()
    assert f"✗ {code}" in lines, said.err
    assert len([line for line in lines if line.startswith("  → ")]) == 2
    return None


def refused(desk, code, *arguments, status=1, json=True, **environment):
    """In words and, where the command has it, as JSON."""
    assert told(desk.run(*arguments, **environment), code, status) is None
    return told(desk.run(*arguments, "--json", **environment), code, status) if json else None


UNCHANGED = {
    "unknown login": ("USER_UNKNOWN", ["tasks", "--as", "nobody"]),
    "unknown case": ("NOT_FOUND", ["case", "20990000001"]),
    "unknown case of the push log": ("NOT_FOUND", ["push-log", "20990000001"]),
    "somebody else's case": ("NOT_FOUND", ["case", "{number}", "--as", "wang"]),
    "withdrawing somebody else's case": ("NOT_FOUND", ["withdraw", "{number}", "--as", "wang"]),
    "unknown task": ("NOT_FOUND", ["complete", "999999", "--as", "li.150100"]),
    "a task beyond all numbers": ("NOT_FOUND", ["complete", "9223372036854775807", "--as", "li.150100"]),
    "somebody else's task": ("NOT_FOUND", ["complete", "{task}", "--as", "zhang", "--outcome", "approve"]),
    "unknown outcome": ("INVALID", ["complete", "{task}", "--as", "li.150100", "--outcome", "bless"]),
    "no opinion with a rejection": ("INVALID", ["complete", "{task}", "--as", "li.150100", "--outcome", "reject"]),
    "unknown outcome with a file": (
        "INVALID",
        ["complete", "{task}", "--as", "li.150100", "--outcome", "bless", "--attach", "business_licence={pdf}"],
    ),
    "unknown business": ("NOT_FOUND", ["start", "demolition", "--as", "zhang"]),
    "answers missing": ("INVALID", ["start", "new_filing", "--as", "zhang"]),
    "a reviewer who files": ("NOT_ALLOWED", ["start", "new_filing", "--as", "li.150100", "--answers", str(FILING)]),
    "no answers file": ("ANSWERS_UNREADABLE", ["start", "new_filing", "--as", "zhang", "--answers", "missing.json"]),
    "answers that are a folder": ("ANSWERS_UNREADABLE", ["start", "new_filing", "--as", "zhang", "--answers", str(ROOT)]),
    "answers that are no JSON": ("ANSWERS_UNREADABLE", ["start", "new_filing", "--as", "zhang", "--answers", str(NEW)]),
    "answers that are a list": ("ANSWERS_UNREADABLE", ["start", "new_filing", "--as", "zhang", "--answers", "{list}"]),
    "no file to attach": ("ATTACHMENT_UNREADABLE", ["start", "new_filing", "--as", "zhang", "--attach", "business_licence=gone.pdf"]),
    "attach without a field": ("ATTACH_SYNTAX", ["start", "new_filing", "--as", "zhang", "--attach", "licence.pdf"]),
    "a text that is called PDF": ("ATTACHMENT_MISMATCH", ["start", "new_filing", "--as", "zhang", "--attach", "business_licence={fake}"]),
    "unknown incident": ("NOT_FOUND", ["retry", "77"]),
    "settled incident": ("WRONG_STATE", ["retry", "1"]),
    "settled incident by hand": ("WRONG_STATE", ["resolve", "1", "--reason", "again"]),
    "an owner at the incidents": ("NOT_ALLOWED", ["incidents", "--as", "zhang"]),
    "an owner who retries": ("NOT_ALLOWED", ["retry", "1", "--as", "zhang"]),
    "an owner at the push log": ("NOT_ALLOWED", ["push-log", "{number}", "--as", "zhang"]),
    "a reviewer who deploys": ("NOT_ALLOWED", ["deploy", str(ROOT / "bpmn"), str(ROOT / "forms"), "--as", "li.150100"]),
    "no such file to deploy": ("FILE_UNREADABLE", ["deploy", "gone.bpmn"]),
    "one good file and one missing": ("FILE_UNREADABLE", ["lint", str(NEW), "gone.bpmn"]),
    "a file of another kind": ("FILE_UNREADABLE", ["lint", str(NEW), str(ROOT / "README.md")]),
    "a folder without diagrams": ("NO_FILES", ["lint", "{folder}"]),
    "unknown authority": ("AUTHORITY_UNKNOWN", ["authority", "check", "11150100MB000000"]),
    "no platform to ask": ("PLATFORM_NOT_CONFIGURED", ["authority", "check", HOHHOT]),
    "checkpoints missing": ("CHECKPOINTS_UNREADABLE", ["audit", "verify", "--checkpoints", "gone.json"]),
    "checkpoints that are none": ("CHECKPOINTS_UNREADABLE", ["audit", "verify", "--checkpoints", str(FILING)]),
}

WITHOUT_JSON = {
    "an owner who adds users": ("NOT_ALLOWED", ["user", "add", "x.y", "某某", "system", "--as", "zhang"]),
    "a unit that is none": ("INVALID", ["user", "add", "x.y", "某某", "nowhere"]),
    "a user twice": ("USER_EXISTS", ["user", "add", "zhang", "张三", "system"]),
    "an unknown role": ("INVALID", ["user", "grant", "zhang", "king", "system"]),
    "locking nobody out": ("USER_UNKNOWN", ["user", "disable", "nobody"]),
    "an owner who enters people": ("NOT_ALLOWED", ["user", "demonstration", "--as", "zhang"]),
    "an authority with a bad code": ("INVALID", ["authority", "add", "1", "某局", "150100"]),
    "an authority twice": ("AUTHORITY_EXISTS", ["authority", "add", HOHHOT, "某局", "150100"]),
    "changing an unknown authority": ("AUTHORITY_UNKNOWN", ["authority", "set", "1"]),
    "a prefix that is none": ("INVALID", ["authority", "set", HOHHOT, "--prefix", "X"]),
    "an owner who sets an authority": ("NOT_ALLOWED", ["authority", "set", HOHHOT, "--no-seal", "--as", "zhang"]),
    "an owner who sets a lane": ("NOT_ALLOWED", ["lane", "set", "窗口", "reviewer", "authority", "--as", "zhang"]),
    "a lane for no role": ("INVALID", ["lane", "set", "窗口", "king", "authority"]),
    "a lane for no party": ("INVALID", ["lane", "set", "窗口", "reviewer", "the mayor"]),
    "a lane without a name": ("INVALID", ["lane", "set", " ", "reviewer", "authority"]),
    "a checkpoint in no folder": ("FILE_UNWRITABLE", ["audit", "checkpoint", "/proc/none/heads.json"]),
}


def filled(desk, arguments):
    """The arguments with this desk's case, task and files."""
    [task] = desk.data("tasks", "--as", "li.150100")
    files = {
        "list": desk.write("list.json", "[]"),
        "fake": desk.write("fake.pdf", "not a PDF at all"),
        "folder": desk.folder,
        "pdf": desk.write("real.pdf", b"%PDF-1.4\n"),
    }
    return [a.format(task=task["task"]["id"], number=task["number"], **files) if a.startswith("{") or "={" in a else a for a in arguments]


@pytest.mark.parametrize("wrong", UNCHANGED)
def test_refused_in_words_and_as_json(at, wrong):
    desk = at("reviewing")
    code, arguments = UNCHANGED[wrong]
    arguments, before = filled(desk, arguments), desk.books()
    document = refused(desk, code, *arguments)
    assert desk.books() == before
    if code == "INVALID":
        assert document["fields"]
        assert all(f["field"] and f["message"]["zh"] and f["message"]["en"] for f in document["fields"])


@pytest.mark.parametrize("wrong", WITHOUT_JSON)
def test_refused_in_words(at, wrong):
    desk = at("reviewing")
    code, arguments = WITHOUT_JSON[wrong]
    before = desk.books()
    refused(desk, code, *arguments, json=False)
    assert desk.books() == before


@pytest.mark.parametrize(
    "arguments",
    [
        ["cases", "--limit", "x"],
        ["cases", "--limit", "0"],
        ["cases", "--limit", "-1"],
        ["cases", "--limit", "1001"],
        ["tasks", "--limit", "1.5"],
        ["complete", "one"],
        ["complete", "0"],
        ["complete", "9223372036854775808"],
        ["complete"],
        ["resolve", "1"],
        ["worker", "--threads", "0"],
        ["cases", "--nonsense"],
    ],
)
def test_a_command_that_cannot_be_read_ends_with_status_2(at, arguments):
    desk = at("prepared")
    refused(desk, "USAGE", *arguments, status=2)


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["db", "nonsense"],
        ["serve", "--port", "65536"],
        ["case", "2026\udcff"],
        ["sandbox", "--seal-delay", "soon"],
        ["sandbox", "--rate", "0"],
    ],
)
def test_what_is_no_command_ends_with_status_2(empty, arguments):
    refused(empty, "USAGE", *arguments, status=2, json=False)


def test_help_is_shown_for_a_command_without_its_second_word(empty):
    assert "upgrade" in empty.run("db").err + empty.run("db").out
    assert empty.run("db").status == 2
    assert empty.crane("db", "--help").status == 0


READING = [
    ["cases"], ["case", "1"], ["tasks"], ["incidents"], ["push-log", "1"], ["audit", "verify"], ["authority", "list"], ["user", "list"],
    ["lane", "list"], ["deploy", str(NEW)], ["start", "x"], ["complete", "1"], ["retry", "1"], ["worker", "--drain"],
]  # fmt: skip


@pytest.mark.parametrize("arguments", READING, ids=" ".join)
def test_a_database_that_is_not_there_is_told_and_not_made(empty, arguments):
    refused(empty, "DATABASE_NOT_READY", *arguments)
    assert not empty.path.exists()


@pytest.mark.parametrize(
    "arguments", [["serve", "--port", "0"], ["db", "check"], ["audit", "checkpoint", "heads.json"], ["worker"]], ids=" ".join
)
def test_no_process_starts_without_a_database(empty, arguments):
    refused(empty, "DATABASE_NOT_READY", *arguments, json=False)
    assert not empty.path.exists()


def test_an_empty_or_old_database_is_told(at, empty):
    empty.path.touch()
    refused(empty, "DATABASE_NOT_READY", "cases")
    desk = at("reviewing")
    set_version(desk, "old")
    refused(desk, "DATABASE_NOT_READY", "cases")


def test_a_database_of_a_later_version_is_not_touched(at):
    desk = at("reviewing")
    set_version(desk, "9999_later")
    before = desk.books()
    refused(desk, "DATABASE_NEWER", "db", "upgrade", json=False)
    assert desk.books() == before


def set_version(desk, version):
    """As if another version of the product had made the tables."""
    with closing(sqlite3.connect(desk.path)) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE name LIKE '%version%' AND type = 'table'")]
        for table in tables:
            connection.execute(f"UPDATE {table} SET version_num = ?", (version,))
        connection.commit()


def test_a_file_that_is_no_database_is_told_and_kept(empty):
    empty.path.write_text("a letter to grandmother, long enough to be taken for something" * 20)
    before = empty.path.read_bytes()
    refused(empty, "DATABASE_UNREADABLE", "cases")
    refused(empty, "DATABASE_UNREADABLE", "db", "upgrade", json=False)
    assert empty.path.read_bytes() == before


@pytest.mark.parametrize(
    "address", ["x", "nonsense://a", "mysql://root:geheim@a/b", "postgresql+psycopg://a:geheim@b:port/c", "sqlite:////proc/none/crane.db"]
)
def test_an_address_that_is_none_is_told_without_its_password(empty, address):
    said = empty.run("db", "upgrade", CRANE_DATABASE_URL=address)
    told(said, "DATABASE_ADDRESS")
    assert "geheim" not in said.err


def test_a_server_that_is_not_there_is_told(empty):
    refused(empty, "DATABASE_UNAVAILABLE", "cases", CRANE_DATABASE_URL="postgresql+psycopg://127.0.0.1:1/crane")


@pytest.mark.parametrize(("variable", "value"), [("CRANE_READ_SECONDS", "soon"), ("CRANE_CALENDAR", "gone.csv")])
def test_a_setting_that_cannot_be_read_is_told(at, variable, value):
    said = at("prepared").run("cases", **{variable: value})
    assert said.status == 1
    assert said.err.count("→") == 2


def test_tables_that_differ_are_told(at):
    desk = at("prepared")
    with closing(sqlite3.connect(desk.path)) as connection:
        connection.execute("ALTER TABLE region ADD COLUMN extra TEXT")
    refused(desk, "SCHEMA_DIFFERS", "db", "check", json=False)


BROKEN = NEW.read_text().replace(
    "<bpmn:userTask ", '<bpmn:scriptTask id="evil"><bpmn:script>1</bpmn:script></bpmn:scriptTask>\n<bpmn:userTask ', 1
)


def test_lint_names_file_and_line_of_a_faulty_diagram(at):
    """Each finding on a line of its own as file:line, with reason and cure; exit status 1; the same as JSON."""
    desk = at("prepared")
    path = desk.write("broken.bpmn", BROKEN)
    line = next(n for n, text in enumerate(BROKEN.splitlines(), 1) if "scriptTask" in text)
    said = desk.run("lint", path)
    assert said.status == 1
    assert f"broken.bpmn:{line} [evil]  error" in said.out
    told_json = desk.run("lint", path, "--json")
    found = next(f for f in told_json.json if f["element"] == "evil")
    assert (told_json.status, found["line"], found["file"]) == (1, line, "broken.bpmn")
    assert found["message"]["zh"]
    assert found["cure"]["en"]


def test_a_faulty_diagram_is_not_deployed(at):
    """What was deployed before goes on; the findings are told, as JSON too."""
    desk = at("prepared")
    path, before = desk.write("broken.bpmn", BROKEN), desk.books()
    said = desk.run("deploy", path)
    told(said, "DIAGRAM_REFUSED")
    assert "broken.bpmn:" in said.err
    document = told(desk.run("deploy", path, "--json"), "DIAGRAM_REFUSED")
    assert "evil" in [f["element"] for f in document["findings"]]
    assert desk.books() == before
