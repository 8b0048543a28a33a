"""The English catalogue holds every sentence of the pages and every word of the diagrams, and no sentence escapes it."""

import ast
import re
from pathlib import Path

import pytest
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po
from jinja2 import Environment, nodes

ROOT = Path(__file__).parents[2]
CATALOGUE = ROOT / "web" / "translations" / "en" / "LC_MESSAGES" / "messages.po"
CHINESE = re.compile(r"[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]")
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[^(]")
KEPT = re.compile(r"\((?:赋码|归集)\)|蒙AA(?:-T202600001)?")
"""The Chinese of English sentences: the two terms, explained where they come up, and examples of numbers."""
KEYWORDS = {**DEFAULT_KEYWORDS, "_l": None, "_lp": ((1, "c"), 2)}
TRANSLATED = {"_", "_l", "_lp", "gettext", "lazy_gettext", "ngettext", "pgettext", "word"}
BOTH = {"Text", "_joined", "_all"}
"""Calls that are given a sentence in both languages."""
NOT_SHOWN = (nodes.Compare, nodes.Getattr, nodes.Getitem)
MEANT = {"建筑起重机械备案证-", "［", "：", "］", "＝＋－＠"}
"""A downloaded certificate is named as its face is; a missing picture of a Chinese manual has Chinese brackets; signs of formulas are wide, too."""


def extracted():
    """Every sentence that the pages look up, with a place where it stands: as `make words` finds them."""
    with (ROOT / "web" / "translations" / "mapping.ini").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)
    for where, line, message, _, context in extract_from_dir(ROOT, methods, options, keywords=KEYWORDS):
        yield (message, context), f"{where}:{line}"


@pytest.fixture(scope="module")
def sentences():
    return dict(extracted())


@pytest.fixture(scope="module")
def catalogue():
    with CATALOGUE.open("rb") as file:
        return read_po(file, locale="en")


@pytest.fixture(scope="module")
def messages(catalogue):
    return [message for message in catalogue if message.id]


def both(message):
    """A message's forms with their translations."""
    ids = message.id if isinstance(message.id, tuple) else (message.id,)
    strings = message.string if isinstance(message.string, tuple) else (message.string,)
    return [(ids[0], string) for string in strings]


def test_every_sentence_has_a_place_in_the_catalogue(sentences, messages):
    """Red? Run `make words`, and write the English."""
    known = {(message.id, message.context) for message in messages}
    missing = {message: where for message, where in sentences.items() if message not in known}
    assert missing == {}


def test_no_sentence_of_the_catalogue_is_gone_from_the_pages(sentences, catalogue, messages):
    """Red? Run `make words`."""
    assert [message.id for message in messages if (message.id, message.context) not in sentences] == []
    assert list(catalogue.obsolete) == []


def test_every_sentence_is_translated(messages):
    empty = [message.id for message in messages if not all(string for _, string in both(message))]
    assert empty == []
    assert [message.id for message in messages if message.fuzzy] == []


def test_what_is_filled_into_a_sentence_is_filled_into_its_translation(messages):
    pairs = [pair for message in messages for pair in both(message)]
    differing = [zh for zh, en in pairs if set(PLACEHOLDER.findall(zh)) != set(PLACEHOLDER.findall(en))]
    assert differing == []


def test_english_sentences_are_english(messages):
    pairs = [pair for message in messages for pair in both(message)]
    assert [en for _, en in pairs if CHINESE.search(KEPT.sub("", en))] == []


def test_blanks_at_the_ends_of_a_sentence_are_meant(messages):
    """Only what is joined to something else begins or ends with a blank."""
    pairs = [pair for message in messages for pair in both(message)]
    blank = {zh for zh, en in pairs if en != en.strip()}
    assert {zh for zh in blank if zh[-1] not in "：、" and not zh.startswith("（")} == set()


def test_the_catalogue_says_how_it_is_written(catalogue):
    assert catalogue.charset == "utf-8"
    assert catalogue.num_plurals == 2
    assert not catalogue.fuzzy


@pytest.mark.parametrize("path", sorted((ROOT / "web" / "templates").rglob("*.html")), ids=lambda path: path.stem)
def test_no_template_speaks_chinese_outside_of_the_catalogue(path):
    assert list(untranslated(Environment(autoescape=True).parse(path.read_text(encoding="utf-8")))) == []


def untranslated(node):
    """What a template says in Chinese itself: its text, and its strings that are neither looked up nor only compared."""
    if isinstance(node, nodes.TemplateData):
        yield from CHINESE.findall(re.sub(r'<(\w+)[^>]*\blang="zh-CN"[^>]*>[^<]*</\1>', "", node.data))
    elif isinstance(node, nodes.Const):
        if isinstance(node.value, str) and CHINESE.search(node.value):
            yield node.value
    elif not isinstance(node, NOT_SHOWN) and not looks_up(node):
        for child in node.iter_child_nodes():
            yield from untranslated(child)


def looks_up(node):
    """`_('…')`, and questions about a word (`text.startswith('已归集')`)."""
    if not isinstance(node, nodes.Call):
        return False
    return getattr(node.node, "name", "") in TRANSLATED or getattr(node.node, "attr", "") == "startswith"


SOURCES = [*ROOT.glob("web/*.py"), *ROOT.glob("web/pages/*.py"), *ROOT.glob("web/html_forms/*.py")]


@pytest.mark.parametrize("path", sorted(SOURCES), ids=lambda path: path.stem)
def test_no_page_speaks_chinese_outside_of_the_catalogue(path):
    """Sentences of the code are looked up, or held in both languages."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert [text for text in spoken(tree) if text not in MEANT] == []


def spoken(node):
    if isinstance(node, ast.Constant):
        if isinstance(node.value, str) and CHINESE.search(node.value):
            yield node.value
    elif not (is_docstring(node) or holds_both(node) or name_of(node) in TRANSLATED | BOTH | {"FieldError"}):
        for child in ast.iter_child_nodes(node):
            yield from spoken(child)


def is_docstring(node):
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def holds_both(node):
    """`{"zh": …, "en": …}`, or `zh, en = …`."""
    if isinstance(node, ast.Dict):
        return [key.value for key in node.keys if isinstance(key, ast.Constant)] == ["zh", "en"]
    return isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in ("(zh, en)", "zh, en")


def name_of(node):
    return getattr(node.func, "id", getattr(node.func, "attr", "")) if isinstance(node, ast.Call) else ""


FOLDERS = ("workflow_runtime", "registry", "tasks", "web/pages", "web/html_forms")


def labels():
    """Names of fields, in Chinese only, that are told with what was wrong with them; the pages look them up."""
    for path in sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            parts = node.args if name_of(node) == "FieldError" else node.elts if isinstance(node, ast.Tuple) else ()
            if len(parts) >= 3 and isinstance(parts[1], ast.Constant) and CHINESE.search(str(parts[1].value)):
                yield parts[1].value


def test_names_of_fields_are_in_the_catalogue(messages):
    known = {message.id for message in messages}
    found = set(labels())
    assert {"登录名", "新密码", "审核意见", "编号前缀"} <= found
    assert found - known == set()
