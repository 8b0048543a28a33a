"""The worklist: what each person finds in it, by which conditions, page by page, and the buttons above it."""

import json
from datetime import date, timedelta

import pytest
from diagrams import bpmn, call, chain, end, exclusive, flow, start, user
from workbench import LICENSING, OPERATOR, OTHER_OWNER, OWNER, REVIEWER, SAFETY, SECOND_REVIEWER, STRANGER, form

from workflow_runtime import inbox, queries
from workflow_runtime.actors import Actor, Grant
from workflow_runtime.oversight import late
from workflow_runtime.search_fields import choices, has_options, search_fields
from workflow_runtime.store import search
from workflow_runtime.store.search import SearchIndex, fold
from workflow_runtime.store.worklist import WorklistRows
from workflow_runtime.worklist import (
    COUNT_CAP,
    Wanted,
    businesses,
    buttons,
    cases_numbered,
    count_todo,
    statuses,
    worklist,
)

CATEGORIES = [{"label": "塔式起重机", "value": "T"}, {"label": "施工升降机", "value": "S"}]
APPLY = (
    "apply.form",
    json.dumps(
        {
            "schemaVersion": 18, "type": "default", "id": "apply",
            "components": [
                {"type": "textfield", "id": "m", "key": "maker", "label": "制造单位", "properties": {"searchable": "true"}},
                {"type": "select", "id": "c", "key": "category", "label": "设备类别", "values": CATEGORIES,
                 "properties": {"searchable": "true", "en.T": "Tower crane"}},
                {"type": "textfield", "id": "n", "key": "note", "label": "备注"},
            ],
        },
        ensure_ascii=False,
    ).encode(),
)  # fmt: skip
FILING = bpmn(
    start(form="apply", lane="产权单位"),
    user("review", "发证机关", form="review", outcomes="approve=审核通过; reject=审核不通过!; refuse=不予备案!", toolbar="approve, reject",
         dueWorkingDays="7", status="待审核"),
    exclusive("decided", default="decided-correct"),
    user("correct", "产权单位", form="apply", outcomes="resubmit=重新提交", status="待补正"),
    call("issue", "issuing"),
    end(status="已办结"),
    chain("start", "review", "decided"),
    flow("decided", "issue", 'review.outcome = "approve"'),
    chain("decided", "correct", "review"),
    chain("issue", "end"),
    id="filing",
)  # fmt: skip
ISSUING = bpmn(
    start(id="issuing_start"),
    user("push_button", "发证机关", form="push", outcomes="push=归集", toolbar="push", bulk="true", status="待归集"),
    end("issuing_end"),
    chain("issuing_start", "push_button", "issuing_end"),
    id="issuing",
)
CHECKING = bpmn(
    start(form="apply", lane="产权单位"),
    user("look", "安全科", form="look", outcomes="ok=同意; approve=审核通过", toolbar="approve"),
    end(),
    chain("start", "look", "end"),
    id="checking",
)


@pytest.fixture
def bench(bench):
    bench.deploy(
        ("filing.bpmn", FILING),
        ("issuing.bpmn", ISSUING),
        ("checking.bpmn", CHECKING),
        APPLY,
        form("review", "remark"),
        form("push"),
        form("look"),
    )
    return bench


def file(bench, maker="甲", category="T", owner=OWNER, business="filing"):
    return bench.start(business, owner, {"maker": maker, "category": category})


def found(bench, actor, after="", limit=50, **wanted):
    with bench.runtime.reading() as uow:
        return worklist(uow, actor, Wanted(**wanted), after=after, limit=limit)


def numbers(bench, actor, **wanted):
    return [row.number for row in found(bench, actor, **wanted).rows]


def test_a_row_says_what_a_list_shows(bench):
    """Title, status, searchable answers in words, the person's own task with its outcomes."""
    case = file(bench, "甲厂")
    [row] = found(bench, REVIEWER).rows
    assert (row.number, row.business, row.status, row.state, row.opened_at) == (
        case.number,
        "filing",
        "待审核",
        "running",
        bench.clock.now(),
    )
    assert row.fields == {"maker": "甲厂", "category": "塔式起重机"}
    assert row.words["category"].en == "Tower crane"
    assert row.task is not None
    assert [o.label for o in row.outcomes] == ["审核通过", "审核不通过", "不予备案"]
    [seen_by_owner] = found(bench, OWNER).rows
    assert (seen_by_owner.task, seen_by_owner.outcomes, [t.name for t in seen_by_owner.waiting]) == (None, (), ["review"])


WHO = {"owner": (OWNER, 1, 0), "reviewer": (REVIEWER, 1, 1), "operator": (OPERATOR, 1, 0), "department": (SAFETY, 1, 0),
       "other owner": (OTHER_OWNER, 0, 0), "other authority": (STRANGER, 0, 0), "nobody": (Actor("x", "x", ""), 0, 0)}  # fmt: skip


@pytest.mark.parametrize("who", WHO)
def test_everybody_finds_his_own(bench, who):
    """All cases that he may see; to do is what he may work on."""
    file(bench)
    actor, visible, todo = WHO[who]
    assert (len(numbers(bench, actor)), len(numbers(bench, actor, todo=True))) == (visible, todo)
    with bench.runtime.reading() as uow:
        assert sum(count_todo(uow, actor).values()) == todo
        assert len(cases_numbered(uow, actor, ["20260000001"])) == visible


CONDITIONS = [
    ({"keyword": "第一起重"}, [0]), ({"keyword": "ｑｔｚ 80"}, [1]), ({"keyword": "0000002"}, [1]), ({"keyword": "%"}, []), ({"keyword": "_"}, []),
    ({"keyword": " "}, [2, 1, 0]), ({"keyword": "\0"}, []), ({"keyword": "起" * 60_000}, []), ({"keyword": "备注"}, []),
    ({"keyword": "蒙AA-T202600001", "keyword_numbers": ["20260000003"]}, [2]), ({"business": "filing"}, [1, 0]), ({"business": "\ud800"}, []),
    ({"business": "checking", "keyword": "第一"}, []), ({"status": "待审核"}, [1, 0]), ({"status": "没有"}, []),
    ({"answers": {"maker": "起重机"}}, [0]), ({"answers": {"category": "S"}}, [1]), ({"answers": {"category": "施工"}}, []),
    ({"answers": {"maker": "有限", "category": "T"}}, [2]), ({"answers": {"note": "x"}}, []), ({"answers": {"maker": ""}}, [2, 1, 0]),
    ({"opened_from": date(2026, 3, 3)}, [2, 1]), ({"opened_to": date(2026, 3, 3)}, [1, 0]),
    ({"opened_from": date(2026, 3, 3), "opened_to": date(2026, 3, 3)}, [1]), ({"opened_from": date(1, 1, 1), "opened_to": date.max}, [2, 1, 0]),
]  # fmt: skip


@pytest.mark.parametrize("role", ["reviewer", "clerk"])
def test_a_unit_finds_what_it_had_a_task_in(bench, role):
    """Though it is no party of the case, and whoever of the unit did it."""
    unit = "authority:H/安全科"
    actor = Actor("wu", "吴十", unit, frozenset({Grant(role, unit)}))
    case, other = file(bench, "甲厂", business="checking"), file(bench, "甲厂")
    for state in ("open", "completed"):
        if state == "completed":
            bench.complete(case, "look", SAFETY, outcome="ok")
        assert numbers(bench, actor) == numbers(bench, actor, keyword="甲") == [case.number]
        with bench.runtime.reading() as uow:
            assert [queries.may_see(uow, actor, uow.cases.by_number(each.number)) for each in (case, other)] == [True, False]
            assert [(each.business, each.number) for each in queries.statistics(uow, actor)] == [("checking", 1)]


def test_conditions_restrict_the_list(bench):
    """Each by itself and together; wildcards are letters; what no row can hold finds nothing."""
    made = []
    for maker, category, business in (
        ("内蒙古第一起重机厂", "T", "filing"),
        ("QTZ80 公司", "S", "filing"),
        ("丙有限公司", "T", "checking"),
    ):
        made.append(file(bench, maker, category, business=business).number)
        bench.clock.advance(timedelta(days=1))
    for wanted, which in CONDITIONS:
        assert numbers(bench, OWNER, **wanted) == [made[n] for n in which], wanted
        page = found(bench, OWNER, **wanted)
        assert (page.total, page.capped, page.next) == (len(which), False, "")
        assert numbers(bench, OTHER_OWNER, **wanted) == []


def test_words_that_share_a_term_are_told_apart_by_the_rows(bench, monkeypatch):
    """Here all share one: what the index takes for settled is asked of the rows as soon as one that is shown does not fit."""
    monkeypatch.setattr("workflow_runtime.store.worklist.FEW", 0)
    monkeypatch.setattr(search, "_terms", lambda _field, pieces: ("0" for _ in pieces))
    search._text_terms.cache_clear()
    try:
        test_conditions_restrict_the_list(bench)
    finally:
        search._text_terms.cache_clear()


def test_searching_what_is_to_do_finds_in_it_what_searching_everything_finds(bench):
    for n, business in enumerate(("filing", "checking", "filing")):
        file(bench, f"第{n}厂", business=business)
    for wanted in (
        {"keyword": "第0"},
        {"keyword": "0000003"},
        {"keyword": "第1"},
        {"answers": {"maker": "2"}},
        {"answers": {"category": "T"}},
    ):
        todo = set(numbers(bench, REVIEWER, todo=True, **wanted))
        assert todo == set(numbers(bench, REVIEWER, **wanted)) - {"20260000002"}


def test_overdue_is_what_waits_beyond_its_date(bench):
    """The reviewer's own tasks in his list; for those who only look on, anybody's."""
    file(bench)
    assert numbers(bench, REVIEWER, todo=True, overdue=True) == numbers(bench, OPERATOR, overdue=True) == []
    assert [row.days_left for row in found(bench, OWNER).rows] == [7]
    bench.clock.advance(timedelta(days=14))
    assert [row.days_left for row in found(bench, REVIEWER).rows] == [-3]
    late = file(bench)
    assert len(numbers(bench, REVIEWER, todo=True)) == 2
    for actor, wanted in ((REVIEWER, {"todo": True}), (REVIEWER, {}), (OPERATOR, {}), (OWNER, {})):
        assert numbers(bench, actor, overdue=True, **wanted) == ["20260000001"] != [late.number]


def test_a_case_that_is_suspended_waits_for_nobody(bench):
    from workflow_runtime.cases import suspend

    case = file(bench)
    bench.clock.advance(timedelta(days=14))
    with bench.runtime.reading() as uow:
        assert late(uow, OPERATOR) == [("filing", "authority:H", 1)]
    bench.use(suspend, case.number, OPERATOR, "核实")
    assert numbers(bench, REVIEWER, todo=True) == numbers(bench, OPERATOR, overdue=True) == []
    with bench.runtime.reading() as uow:
        assert late(uow, OPERATOR) == []
    [row] = found(bench, REVIEWER).rows
    assert (row.state, row.task) == ("suspended", None)


def test_a_list_is_the_same_where_no_condition_says_that_cases_are_few(bench, monkeypatch):
    """Candidates are then looked at in the order of the list, a handful at a time."""
    for n in range(6):
        file(bench, f"{n}厂", business=("filing", "checking")[n % 2], owner=(OWNER, OTHER_OWNER)[n % 3 == 0])
    asked = [{}, {"keyword": "厂"}, {"keyword": "1厂"}, {"keyword": "0000002"}, {"status": "待审核"}, {"answers": {"maker": "2"}}]
    asked += [{"keyword": "x", "keyword_numbers": ["20260000003"]}, {"overdue": True}, {"opened_to": date(2026, 3, 3)}]
    asked += [{**each, "todo": True} for each in asked]
    people = [OWNER, OTHER_OWNER, REVIEWER, SAFETY, OPERATOR, STRANGER, Actor("x", "x", "")]
    few = [numbers(bench, who, **wanted) for who in people for wanted in asked]
    monkeypatch.setattr("workflow_runtime.store.worklist.FEW", 0)
    monkeypatch.setattr("workflow_runtime.store.worklist.AT_ONCE", 2)
    monkeypatch.setattr("workflow_runtime.worklist.COUNT_CAP", 1)
    assert [numbers(bench, who, **wanted) for who in people for wanted in asked] == few
    assert any(few)


TEXTS = [
    "中联重科股份有限公司",
    "ZL2024-0518",
    "zl 2024-0581",
    "ＺＬ00012345",
    "0001-000",
    "1001",
    "建机建机",
    "机建",
    "塔",
    "QTZ80(TC6012)",
    "%_\\'\"*",
]


def test_any_part_of_an_answer_finds_it_and_nothing_else(bench):
    """Whatever its length, whatever signs it has, however often they come again; compared with looking through everything."""
    made = {file(bench, maker).number: maker for maker in TEXTS}
    folded = {number: fold(maker) for number, maker in made.items()}
    parts = {text[i:j] for text in folded.values() for i in range(len(text)) for j in range(i + 1, min(i + 6, len(text)) + 1)}
    for part in sorted(parts | {"000", "0000", "00000", "建建", "机建机", "5180", "zl2024-0518x", "and", "or"}):
        expected = {number for number, text in folded.items() if part in text}
        assert set(numbers(bench, OWNER, answers={"maker": part})) == expected, part
        assert set(numbers(bench, REVIEWER, keyword=part)) == expected | {number for number in made if part in number or part in "t"}, part


def test_an_answer_given_anew_is_found_and_the_old_one_no_longer(bench):
    case = file(bench, "旧制造厂")
    bench.complete(case, "review", outcome="reject", opinion="请更正")
    bench.complete(case, "correct", OWNER, answers={"maker": "新制造商", "category": "T"})
    assert numbers(bench, OWNER, keyword="新制造") == [case.number]
    assert numbers(bench, OWNER, keyword="旧制") == numbers(bench, OWNER, answers={"maker": "旧"}) == []


@pytest.mark.parametrize(
    ("first", "last", "there"),
    [
        (date(2026, 3, 2), date(2026, 3, 2), True),
        (date(2026, 3, 3), date(2026, 12, 31), False),
        (date(2025, 11, 7), date(2026, 3, 1), False),
        (date(2024, 2, 29), date(2027, 1, 1), True),
        (date(2026, 1, 1), date(2026, 12, 31), True),
        (date(2026, 3, 1), date(2026, 3, 31), True),
        (date(1900, 1, 1), date(2026, 3, 2), True),
        (None, date(2026, 3, 1), False),
        (date(2026, 3, 3), None, False),
        (date(2026, 3, 4), date(2026, 3, 1), False),
    ],
)
def test_a_time_is_looked_up_in_years_months_and_days(bench, first, last, there):
    case = file(bench)  # on Monday, 2 March 2026
    assert numbers(bench, OWNER, opened_from=first, opened_to=last) == ([case.number] if there else [])


def test_a_long_answer_is_found_by_its_beginning(bench):
    """No index takes it whole."""
    long = "".join(chr(0x4E00 + n * 7919 % 20_000) for n in range(9_000))
    case = file(bench, long)
    assert numbers(bench, OWNER, keyword=long[100:120]) == numbers(bench, OWNER, answers={"maker": long[:200]}) == [case.number]


@pytest.mark.parametrize("todo", [True, False], ids=["to do", "all"])
def test_pages_follow_each_other_without_gap_or_repetition(bench, todo):
    """To do: earliest due first; all: newest first. The same to the last row, also when many have the same date or none."""
    both = Actor("both", "两", "authority:H", REVIEWER.grants | SAFETY.grants)
    for n in range(9):
        file(bench, business=("filing", "checking")[n % 2])
        if n % 3 == 2:
            bench.clock.advance(timedelta(days=1))
    whole = numbers(bench, both, todo=todo)
    assert len(whole) == 9
    assert whole == (whole if todo else sorted(whole, reverse=True))
    pages, after = [], None
    while after != "":
        page = found(bench, both, after=after or "", limit=2, todo=todo)
        assert page.total == 9
        pages += [row.number for row in page.rows]
        after = page.next
    assert pages == whole


@pytest.mark.parametrize(
    "cursor", ["x", "~", "~x", "~0", "1~1", "0", "-1", "9" * 30, "9" * 5000, "2026-01-01T00:00:00~1", "\0", "0001-01-01T00:00+14:00~1"]
)
@pytest.mark.parametrize("todo", [True, False], ids=["to do", "all"])
def test_a_bad_cursor_is_the_first_page(bench, cursor, todo):
    case = file(bench)
    assert [row.number for row in found(bench, REVIEWER, after=cursor, todo=todo).rows] == [case.number]


@pytest.mark.parametrize("under_review", [{0, 1}, {0, 13, 14}, {28, 29}, set(range(0, 30, 7)), set(range(30))], ids=str)
def test_of_two_sources_the_better_one_gives_the_same_list(bench, monkeypatch, under_review):
    """Few of the party's cases are under review, or few of those under review are the party's: page by page each is there, once, in order."""
    monkeypatch.setattr("workflow_runtime.store.worklist.FEW", 0)
    monkeypatch.setattr("workflow_runtime.worklist.COUNT_CAP", 1)
    asked = []
    monkeypatch.setattr(WorklistRows, "_of_status", noting(WorklistRows._of_status, asked))
    for n in range(30):
        case = file(bench, owner=OWNER if n % 3 else OTHER_OWNER)
        if n not in under_review:
            bench.complete(case, "review", outcome="reject", opinion="补正")
    wanted = [f"2026{n + 1:07}" for n in sorted(under_review, reverse=True) if n % 3]
    pages, after = [], None
    while after != "":
        page = found(bench, OWNER, after=after or "", limit=2, status="待审核")
        pages += [row.number for row in page.rows]
        after = page.next
    assert pages == wanted
    assert any(asked)


def test_the_better_of_two_sources_is_gone_on_with(bench, monkeypatch):
    """The party's index is asked once: of its newest cases none is under review."""
    monkeypatch.setattr("workflow_runtime.store.worklist.FEW", 0)
    monkeypatch.setattr("workflow_runtime.worklist.COUNT_CAP", 1)
    asked, found_in_index = [], SearchIndex.found
    monkeypatch.setattr(SearchIndex, "found", lambda *given: asked.append(given) or found_in_index(*given))
    for n in range(30):
        case = file(bench)
        if n > 1:
            bench.complete(case, "review", outcome="reject", opinion="补正")
    assert len(found(bench, OWNER, limit=3, status="待审核").rows) == 2
    assert len(asked) == 1


def noting(source_of, asked):
    """The same source; what it was asked for is noted."""

    def noted(rows, conditions):
        source = source_of(rows, conditions)
        return source and source._replace(ids=lambda before, most: asked.append(most) or source.ids(before, most))

    return noted


def test_a_list_costs_as_many_statements_with_many_rows_as_with_one(bench):
    """And none of them reads what only the engine needs."""
    counts = []
    for rows in (1, 12, 60):
        for _ in range(rows):
            file(bench)
        with bench.runtime.reading() as uow, bench.statements() as sent:
            worklist(uow, REVIEWER, Wanted(todo=True))
        counts.append(len(sent))
        assert not any("tokens" in statement or "variables" in statement or ".draft" in statement for statement in sent)
    assert counts == [5, 5, 5]


def test_the_count_stops_where_nobody_reads_on(bench, monkeypatch):
    monkeypatch.setattr("workflow_runtime.worklist.COUNT_CAP", 3)
    for _ in range(5):
        file(bench)
    page = found(bench, OWNER, limit=2)
    assert (len(page.rows), page.total, page.capped) == (2, 3, True)
    assert COUNT_CAP == 200


def test_a_chosen_case_brings_the_task_that_the_button_answers(bench):
    """Of two open tasks, the one that has this outcome; none, when none has it."""
    case = file(bench, business="checking")
    other = file(bench)
    with bench.runtime.reading() as uow:
        chosen = cases_numbered(uow, SAFETY, [case.number, other.number, "\0", "x"], "ok")
        assert [(row.number, row.task and row.task.element) for row in chosen] == [(other.number, None), (case.number, "look")]
        assert [row.task for row in cases_numbered(uow, SAFETY, [case.number], "push")] == [None]
        assert cases_numbered(uow, SAFETY, []) == []


BUTTONS = {
    "reviewer": (REVIEWER, [("approve", "审核通过", False), ("reject", "审核不通过", False), ("push", "归集", True)]),
    "a department's reviewer": (SAFETY, [("approve", "审核通过", False)]),
    "another department's": (LICENSING, []),
    "owner": (OWNER, []),
    "operator": (OPERATOR, []),
    "nobody": (Actor("x", "x", ""), []),
}


@pytest.mark.parametrize("who", BUTTONS)
def test_the_buttons_are_those_of_the_roles_tasks(bench, who):
    """In diagram order, called processes where they are called, the same code and label once."""
    actor, expected = BUTTONS[who]
    with bench.runtime.reading() as uow:
        assert {(b.code, b.label, b.bulk) for b in buttons(uow, actor)} == set(expected)
        labels = [b.label for b in buttons(uow, actor)]
    assert labels == [label for _, label, _ in expected]


BOTH = Actor("both", "两", "authority:H", REVIEWER.grants | SAFETY.grants)


def test_one_button_answers_the_tasks_of_several_businesses(bench):
    with bench.runtime.reading() as uow:
        approve = next(b for b in buttons(uow, BOTH) if b.code == "approve")
    assert approve.elements == {"look", "review"}


def test_what_can_be_asked_for_comes_from_diagrams_and_forms(bench):
    with bench.runtime.reading() as uow:
        assert [(q.name, has_options(q)) for q in search_fields(uow)] == [("maker", False), ("category", True)]
        assert {name: [o.label for o in options] for name, options in choices(uow, OWNER).items()} == {
            "category": ["塔式起重机", "施工升降机"]
        }
        assert statuses(uow) == ("待审核", "待补正", "待归集", "已办结")
        assert {business for business, _ in businesses(uow)} == {"filing", "checking"}


def test_a_claimed_task_stays_in_everybodys_list_with_its_name(bench):
    """So that a colleague sees who has it."""
    case = file(bench)
    bench.use(inbox.claim, bench.task(case, "review").id, REVIEWER, 1)
    [row] = found(bench, SECOND_REVIEWER, todo=True).rows
    assert row.task is not None
    assert row.task.claimed_name == REVIEWER.name
    assert Grant("reviewer", "authority:H") in SECOND_REVIEWER.grants


def asking(key, *components):
    """A form with one searchable question for each (key, label, choices)."""
    questions = [
        {"type": "select" if values else "textfield", "id": name, "key": name, "label": label, "properties": {"searchable": "true"}}
        | ({"values": [{"label": each, "value": each} for each in values]} if values else {})
        for name, label, *values in components
    ]
    return (f"{key}.form", json.dumps({"type": "default", "id": key, "components": questions}).encode())


def test_what_businesses_ask_under_one_name_is_one_question_in_the_words_of_all(bench):
    """Looked for as text where one lets choose and the other does not; in its own words when one business is looked at."""
    drawn = bpmn(start(form="visit", lane="产权单位"), user("see", "发证机关"), end(), chain("start", "see", "end"), id="visiting")
    bench.deploy(("visiting.bpmn", drawn), asking("visit", ("maker", "被查单位"), ("category", "问题", "安全", "资料"), ("place", "地点")))
    number = bench.start("visiting", OWNER, {"maker": "甲", "category": "安全", "place": "东"}).number
    file(bench, "乙")
    with bench.runtime.reading() as uow:
        asked = {q.name: q.label.zh for q in search_fields(uow)}
        own = {q.name: q.label.zh for q in search_fields(uow, "visiting")}
        offered = {name: [o.label for o in options] for name, options in choices(uow, OWNER).items()}
        its = {name: [o.label for o in options] for name, options in choices(uow, OWNER, "visiting").items()}
    assert asked == {"maker": "制造单位／被查单位", "category": "设备类别／问题", "place": "地点"}
    assert own == {"maker": "被查单位", "category": "问题", "place": "地点"}
    assert (offered["category"], its["category"]) == (["塔式起重机", "施工升降机", "安全", "资料"], ["安全", "资料"])
    assert numbers(bench, OWNER, answers={"category": "安全"}) == [number]
    bench.deploy(asking("visit", ("maker", "被查单位", "甲", "丁"), ("category", "问题"), ("place", "地点")))
    with bench.runtime.reading() as uow:
        assert {q.name for q in search_fields(uow) if has_options(q)} == set()
        assert {q.name for q in search_fields(uow, "visiting") if has_options(q)} == {"maker"}
