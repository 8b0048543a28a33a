"""Forms as HTML: what a page needs to show one, and what a browser posts of it."""

from web.html_forms.posted import answers_from, take_files, with_refused
from web.html_forms.showing import FormOnPage, Wrong, form_on_page, wrong_answers

__all__ = ["FormOnPage", "Wrong", "answers_from", "form_on_page", "take_files", "with_refused", "wrong_answers"]
