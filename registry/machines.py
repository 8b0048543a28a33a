"""Machines: one machine, one 设备唯一编号, for life; and the claims of open cases on them.

Two filings mean the same machine when their folded manufacturer and serial number are equal (`folding.machine_key`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import Connection, Row, delete, select, update
from stdnum.iso7064 import mod_37_36

from registry import tables
from registry.changes import Change
from registry.folding import machine_key
from registry.series import advance, year_of
from workflow_runtime.errors import NotFound, Text, WrongState
from workflow_runtime.store.upsert import insert_or

_MACHINE = tables.machine.c
_CLAIM = tables.machine_claim.c


@dataclass(frozen=True)
class Machine:
    """One machine; `equipment_no` is the 设备唯一编号, never changed once given; `facts` what its first filing said of it."""

    equipment_no: str
    key: str
    manufacturer: str
    serial_no: str
    category: str
    owner_code: str
    facts: Mapping[str, Any]
    registered_at: datetime


class EquipmentNumber(Protocol):
    """Makes the next 设备唯一编号; how the ministry composes it is not public, so it can be replaced."""

    def __call__(self, connection: Connection, region: str, category: str, now: datetime) -> str:
        """A number that was never given before; at most 40 characters."""
        ...


def regional_equipment_number(connection: Connection, region: str, category: str, now: datetime) -> str:
    """The default: region code (6), category letter, year (4), serial of the year (6), MOD 37,36 check character.

    A number that a machine has brought along from an old register is passed over.
    """
    year, number = year_of(now), None
    while number is None or _is_given(connection, number):
        serial = advance(connection, f"equipment:{region}", category, year)
        body = f"{region}{category}{year}{serial:06d}"
        number = body + str(mod_37_36.calc_check_digit(body))
    return number


def _is_given(connection: Connection, number: str) -> bool:
    return connection.execute(select(_MACHINE.equipment_no).where(_MACHINE.equipment_no == number)).first() is not None


def kept_equipment_number(number: str) -> EquipmentNumber:
    """Gives a machine that is new in our books the number that it has had elsewhere. What it returns raises WrongState EQUIPMENT_NO_TAKEN."""

    def keep(connection: Connection, region: str, category: str, now: datetime) -> str:
        if not _is_given(connection, number):
            return number
        raise WrongState(
            Text(f"设备唯一编号 {number} 已属于另一台设备", f"The equipment number {number} is another machine's"),
            Text("请核对原登记簿中的设备唯一编号。", "Check the equipment number in the old register."),
            code="EQUIPMENT_NO_TAKEN",
        )

    return keep


def _machine(row: Row[Any]) -> Machine:
    return Machine(
        row.equipment_no, row.machine_key, row.manufacturer, row.serial_no, row.category, row.owner_code, row.facts, row.registered_at
    )


def machine_by_key(connection: Connection, key: str) -> Machine | None:
    """The machine with this folded key, if it was ever registered."""
    row = connection.execute(select(tables.machine).where(_MACHINE.machine_key == key)).one_or_none()
    return None if row is None else _machine(row)


def machine(connection: Connection, equipment_no: str) -> Machine:
    """The machine with this 设备唯一编号. Raises NotFound MACHINE_UNKNOWN."""
    row = connection.execute(select(tables.machine).where(_MACHINE.equipment_no == equipment_no)).one_or_none()
    if row is None:
        raise NotFound(
            Text(f"没有设备唯一编号 {equipment_no}", f"There is no machine {equipment_no}"),
            Text("请核对设备唯一编号。", "Check the equipment number."),
            code="MACHINE_UNKNOWN",
        )
    return _machine(row)


def register_machine(
    connection: Connection,
    *,
    manufacturer: str,
    serial_no: str,
    category: str,
    owner_code: str,
    facts: Mapping[str, Any],
    region: str,
    now: datetime,
    equipment_number: EquipmentNumber = regional_equipment_number,
) -> Machine:
    """The machine of this manufacturer and serial number, entered with a new 设备唯一编号 if it is not in the books.

    Raises Invalid for an empty manufacturer or serial number; WrongState MACHINE_OF_ANOTHER_OWNER: ownership changes only by
    `transfer_machine`.
    """
    key = machine_key(manufacturer, serial_no)
    found = machine_by_key(connection, key)
    if found is None:
        number = equipment_number(connection, region, category, now)
        values = {
            "manufacturer": manufacturer,
            "serial_no": serial_no,
            "category": category,
            "owner_code": owner_code,
            "facts": dict(facts),
        }
        statement = insert_or(connection, tables.machine).values(equipment_no=number, machine_key=key, registered_at=now, **values)
        connection.execute(statement.on_conflict_do_nothing(index_elements=[_MACHINE.machine_key]))
        found = _machine(connection.execute(select(tables.machine).where(_MACHINE.machine_key == key)).one())
    if found.owner_code != owner_code:
        raise _of_another_owner(found)
    return found


def _of_another_owner(found: Machine) -> WrongState:
    return WrongState(
        Text(f"设备 {found.equipment_no} 登记在另一产权单位名下", f"Machine {found.equipment_no} belongs to another owner"),
        Text("请先由原产权单位注销，再办理产权转移。", "The former owner cancels first, then the machine is transferred."),
        code="MACHINE_OF_ANOTHER_OWNER",
    )


def transfer_machine(connection: Connection, equipment_no: str, owner_code: str) -> Change | None:
    """Give a machine a new owner after a sale; None when he already has it.

    Raises NotFound; WrongState MACHINE_STILL_CERTIFIED while a certificate of the former owner is in force (he cancels first).
    """
    before = machine(connection, equipment_no)
    if before.owner_code == owner_code:
        return None
    in_force = select(tables.certificate.c.number).where(tables.certificate.c.equipment_no == equipment_no, tables.CERTIFICATE_IS_VALID)
    if (number := connection.execute(in_force).scalar()) is not None:
        raise WrongState(
            Text(f"设备 {equipment_no} 的备案证 {number} 仍然有效", f"Certificate {number} of machine {equipment_no} is still in force"),
            Text("请原产权单位先注销该备案证。", "The former owner cancels that certificate first."),
            code="MACHINE_STILL_CERTIFIED",
        )
    connection.execute(update(tables.machine).where(_MACHINE.equipment_no == equipment_no).values(owner_code=owner_code))
    return Change("machine.transferred", equipment_no, {"owner_code": before.owner_code}, {"owner_code": owner_code})


def claim_machine(connection: Connection, key: str, case: str, now: datetime) -> str | None:
    """An open case claims a machine by its folded key.

    Returns None when the case has it now (again, or instead of the machine that it claimed before); otherwise the number of the other
    open case that holds it, and the case keeps what it had.
    """
    holder = None
    while holder is None:
        claim = insert_or(connection, tables.machine_claim).values(machine_key=key, case_no=case, claimed_at=now)
        connection.execute(claim.on_conflict_do_nothing(index_elements=[_CLAIM.machine_key]))
        # nobody holds it: another transaction gave its claim up between the two statements, so claim once more
        holder = connection.execute(select(_CLAIM.case_no).where(_CLAIM.machine_key == key)).scalar()
    if holder != case:
        return str(holder)
    connection.execute(delete(tables.machine_claim).where(_CLAIM.case_no == case, _CLAIM.machine_key != key))
    return None


def release_claims(connection: Connection, case: str) -> int:
    """A case that ends gives up its claims; returns how many it had."""
    return connection.execute(delete(tables.machine_claim).where(_CLAIM.case_no == case)).rowcount
