"""Forms: one `.form` file (bpmn.io's form-js JSON, in a restricted profile) gives the check of the answers, their JSON schema, the search
columns and the model from which a page is made.
"""

from workflow_runtime.forms.form import Form
from workflow_runtime.forms.model import Block, Field, FormContext, FormRules, Group, Option, OptionSource, TextBlock, Validator
from workflow_runtime.forms.reading import read_form
from workflow_runtime.forms.shown import Difference, shown

__all__ = [
    "Block",
    "Difference",
    "Field",
    "Form",
    "FormContext",
    "FormRules",
    "Group",
    "Option",
    "OptionSource",
    "TextBlock",
    "Validator",
    "read_form",
    "shown",
]
