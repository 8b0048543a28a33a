"""The two languages of the pages: Chinese unless a person has chosen English.

Sentences of templates are Chinese message ids (`_('查询')`) with English translations in `translations/`; what diagrams bring along (status
words, names, buttons) is looked up there too; what the books and failures say is a `Text` that holds both.
"""

from datetime import date, datetime
from pathlib import Path

from flask import Flask, request
from flask_babel import Babel, get_locale, gettext

from workflow_runtime.clock import SHANGHAI
from workflow_runtime.errors import Text

LANGUAGES = ("zh", "en")
COOKIE = "language"
TRANSLATIONS = Path(__file__).parent / "translations"


def language() -> str:
    """`zh` or `en`."""
    locale = get_locale()
    return "en" if locale is not None and locale.language == "en" else "zh"


def chosen_language() -> str:
    """What the person's browser remembers; Chinese comes first."""
    wanted = request.cookies.get(COOKIE, "")
    return wanted if wanted in LANGUAGES else LANGUAGES[0]


def text_of(text: Text) -> str:
    """A sentence in the language of the page."""
    return text.en if language() == "en" else text.zh


def word(text: str | None) -> str:
    """What a diagram says (a status, a name, a button), translated where a translation is known."""
    return gettext(text) if text else ""


def moment(value: datetime | None) -> str:
    """An instant as people here read it, to the minute."""
    return "" if value is None else value.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")


def day(value: datetime | date | str | None) -> str:
    """A day as people here read it."""
    if isinstance(value, datetime):
        return value.astimezone(SHANGHAI).strftime("%Y-%m-%d")
    return "" if value is None else str(value)


def speak(app: Flask) -> None:
    """Give the application its languages, and the templates the filters `words`, `word`, `moment` and `day`."""
    Babel(
        app,
        default_locale="zh",
        default_translation_directories=str(TRANSLATIONS),
        locale_selector=chosen_language,
        default_timezone="Asia/Shanghai",
    )
    app.jinja_env.filters.update(words=text_of, word=word, moment=moment, day=day)
    app.jinja_env.globals.update(language=language)
