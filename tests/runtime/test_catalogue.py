"""A faulty module of handlers is told in words, with its place."""

import sys

import pytest

from workflow_runtime.catalogue import discover
from workflow_runtime.errors import Failure

HEAD = "from workflow_runtime.handlers import operation, receives, service_task\n"


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Writes a package of handlers from the text of its modules; gives its name."""
    folder = tmp_path / "catalogued"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)

    def write(**modules):
        for name, text in modules.items():
            (folder / f"{name}.py").write_text(HEAD + text, encoding="utf-8")
        return "catalogued"

    yield write
    for name in [n for n in sys.modules if n.startswith("catalogued")]:
        del sys.modules[name]


def told(package):
    """The failure of discovering this package."""
    with pytest.raises(Failure) as failure:
        discover(package, lambda call: call)
    assert failure.value.code == "HANDLERS_INVALID"
    assert all((*failure.value.message, *failure.value.remedy))
    return failure.value.message.en


ONE = "@service_task('one', local=True)\ndef one(ctx): ...\n"


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("def one(:\n", 2, "SyntaxError"),
        ("import nowhere_to_be_found\n", 2, "nowhere_to_be_found"),
        ("\n1 / 0\n", 3, "ZeroDivisionError"),
        ("@service_task('one')\ndef one(ctx): ...\n", 2, "replay="),
        ("@service_task('one', replay='inquire')\ndef one(ctx): ...\n", 2, "no inquiry"),
        (ONE + ONE.replace("def one", "def other"), 4, "one is defined twice"),
        ("".join(f"@receives('r')\ndef f{n}(ctx, request): ...\n" for n in "ab"), 4, "r is defined twice"),
        ("".join(f"@operation('o')\ndef f{n}(ctx): ...\n" for n in "ab"), 4, "o is defined twice"),
    ],
)
def test_a_faulty_module_is_named_with_line_and_reason(package, text, line, reason):
    message = told(package(broken=text))
    assert f"broken.py:{line}: " in message
    assert reason in message


def test_a_name_used_in_two_modules_is_told_where_it_comes_again(package):
    assert "second.py:2: " in told(package(first=ONE, second=ONE))


def test_a_package_that_is_not_there_is_told():
    assert "no_such_package_of_handlers" in told("no_such_package_of_handlers")


def test_what_is_marked_is_found(package):
    assert "one" in discover(package(first=ONE), lambda call: call).handlers
