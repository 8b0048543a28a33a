"""A small office to deploy diagrams into: forms, handlers, a decision table, lanes, and `findings(*files)`."""

import json
from dataclasses import dataclass

from diagrams import NAMESPACES

from workflow_runtime.decisions import read_decisions
from workflow_runtime.diagram.contract import Parts, check
from workflow_runtime.diagram.reader import read_bpmn
from workflow_runtime.errors import Finding
from workflow_runtime.forms import Form, read_form
from workflow_runtime.handlers import service_task

LANES = {"owner": "owner", "authority": "authority", "safety": "authority/safety", "nobody": "system"}
RECEIVERS = frozenset({"certificate.sealed"})


@dataclass(frozen=True)
class Certificate:
    number: str
    seal: str


@service_task("filing.precheck", local=True, errors=("BLOCKED",))
def precheck(ctx: object, owner_code: str, year: int = 0) -> Certificate: ...


@service_task("certificate.prepare", local=True)
def prepare(ctx: object) -> Certificate: ...


@service_task("certificate.seal", replay="key", errors=("SEAL_NAME_MISMATCH", "SEAL_REFUSED"))
def seal(ctx: object, number: str) -> dict[str, str]: ...


@service_task("notify", replay="key")
def notify(ctx: object, text: str) -> None: ...


HANDLERS = {f.__handler__.name: f.__handler__ for f in (precheck, prepare, seal, notify)}


def form(key: str, *fields: str) -> Form:
    """A form of plain text fields."""
    components = [{"id": f"F{n}", "type": "textfield", "key": f, "label": f} for n, f in enumerate(fields)]
    data = {"type": "default", "id": key, "schemaVersion": 18, "components": components}
    read, found = read_form(f"{key}.form", json.dumps(data).encode(), None)
    assert read is not None, found
    return read


FORMS = {
    "apply": form("apply", "owner_code", "category", "authority"),
    "review": form("review", "old_number"),
    "correct": form("correct", "owner_code"),
}

DMN = """<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="n">
<decision id="life" name="life"><decisionTable hitPolicy="FIRST">
<input id="i"><inputExpression><text>apply.category</text></inputExpression></input><output id="o" name="years"/>
<rule id="r1"><inputEntry><text>"T"</text></inputEntry><outputEntry><text>20</text></outputEntry></rule>
<rule id="r2"><inputEntry><text>-</text></inputEntry><outputEntry><text>15</text></outputEntry></rule>
</decisionTable></decision></definitions>"""
DECISIONS = {decision.id: decision for decision in read_decisions("life.dmn", DMN.encode())[0]}


def parts(*files: bytes) -> tuple[Parts, list[Finding]]:
    """These files in the office, and what their reading found."""
    processes, found = {}, []
    for number, data in enumerate(files):
        read, findings = read_bpmn(f"{number}.bpmn", data)
        processes.update({process.id: process for process in read})
        found += findings
    return Parts(processes, FORMS, DECISIONS, HANDLERS, LANES, RECEIVERS), found


def findings(*files: bytes) -> list[Finding]:
    """Everything that reading and checking these files together finds."""
    deployed, found = parts(*files)
    return found + check(deployed)


def errors(*files: bytes) -> list[str]:
    """The errors as text."""
    return [str(finding) for finding in findings(*files) if finding.severity == "error"]


def raw(body: str) -> bytes:
    """A file around hand-written XML."""
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<bpmn:definitions {NAMESPACES} id="file">\n{body}\n</bpmn:definitions>'.encode()
