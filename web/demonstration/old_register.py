"""The demonstration's old register (原备案登记簿): a messy spreadsheet of Hohhot's, imported as an authority would."""

from importlib.resources import files

from registry.legacy_import.importing import import_register
from registry.legacy_import.plan import Plan
from registry.legacy_import.register import read_register, silent
from workflow_runtime.actors import Actor
from workflow_runtime.clock import SHANGHAI
from workflow_runtime.runtime import UnitOfWork

FILE = "legacy_register.csv"
AUTHORITY = "11150100MB0000001L"


def import_old_register(uow: UnitOfWork, actor: Actor) -> Plan:
    """Enter it; the same again changes nothing. Raises NotAllowed."""
    content = files("web.demonstration").joinpath(FILE).read_bytes()
    register = read_register(FILE, content, uow.now.astimezone(SHANGHAI).date(), silent)
    return import_register(uow, actor, register, AUTHORITY, replacing=False, progress=silent)
