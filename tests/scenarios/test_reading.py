"""Scenario files that say what no scenario can say: refused with the file, the place and the cure."""

import pytest

from workflow_runtime.scenarios.problems import ScenarioInvalid
from workflow_runtime.scenarios.reading import BEGINNING, read_scenarios

ONE = 'process = "p"\n[[scenario]]\nname = "一"\n'


def read(text):
    return read_scenarios("s.toml", text.encode() if isinstance(text, str) else text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ["process"]),
        ("process = 7", ["process", "一段文字"]),
        ('process = ""', ["process"]),
        ('process = "p"', ["[[scenario]]"]),
        ("process = ", ["TOML"]),
        (b"\xff\xfe\x00", ["TOML"]),
        (b'process = "\xb1\xb8"', ["UTF-8"]),
        ("a" * 1_000_001, ["TOML"]),
        ("x = " + "[" * 5000, ["TOML"]),
        ('process = "p"\nscenario = 1', ["scenario"]),
        ('process = "p"\nresult = {}\n[[scenario]]', ["result", "是不是 results"]),
        (ONE + "stpes = []", ["stpes", "是不是 steps", "一"]),
        (ONE + "steps = [{}]", ["steps 1", "complete"]),
        (ONE + "steps = [1]", ["steps"]),
        (ONE + 'steps = [{ wait = "P1D" }, { compleet = "x" }]', ["steps 2", "complete"]),
        (ONE + 'steps = [{ complete = "x", outcom = "y" }]', ["steps 1", "outcom", "是不是 outcome"]),
        (ONE + "steps = [{ complete = 1 }]", ["complete"]),
        (ONE + 'steps = [{ error = "x" }]', ["code", "缺少"]),
        (ONE + 'steps = [{ message = "x", early = 1 }]', ["early", "true"]),
        (ONE + 'steps = [{ complete = "x", edits = { a = 1 } }]', ["edits.a"]),
        (ONE + "steps = [{ check = { waist = [] } }]", ["check", "waist", "是不是 waits"]),
        (ONE + "ends = 1", ["ends"]),
        (ONE + "waits = [1]", ["waits"]),
        (ONE + "now = 2026-03-02", ["now", "2026-03-02T09:00:00"]),
        (ONE + '[[scenario]]\nname = "一"', ["重复", "一"]),
    ],
)
def test_a_file_that_cannot_be_read_tells_where_and_why(text, words):
    with pytest.raises(ScenarioInvalid) as raised:
        read(text)
    told = raised.value.message.zh + raised.value.remedy.zh
    assert [word for word in words if word not in told] == []
    assert "s.toml" in told


def test_what_stands_above_holds_for_each_unless_it_says_otherwise():
    one, two = read(
        'process = "p"\nstart = { a = 1, b = 2 }\nheld = ["x"]\n[case]\nauthority = "y"\n'
        '[[scenario]]\n[[scenario]]\nname = "二"\nstart = { b = 3 }\nheld = ["z"]\nwhole = true\nnow = 2026-05-01T10:00:00\n'
    )
    assert (one.name, one.start, one.held, one.whole, one.now, one.case) == (
        "1",
        {"a": 1, "b": 2},
        {"x"},
        False,
        BEGINNING,
        {"authority": "y"},
    )
    assert (two.start, two.held, two.whole, two.now.isoformat()) == ({"a": 1, "b": 3}, {"x", "z"}, True, "2026-05-01T10:00:00+08:00")


def test_days_become_text_as_forms_store_them():
    (scenario,) = read(ONE + "start = { made_on = 2020-01-31 }")
    assert scenario.start == {"made_on": "2020-01-31"}
