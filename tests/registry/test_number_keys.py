"""The keys by which a certificate is found by a part of its number, on both databases."""

import pytest
from alembic import command
from sqlalchemy import select

from registry.case_certificates import cases_of_number
from registry.certificates import draft_certificate
from registry.migrations import MIGRATIONS
from registry.number_keys import keys_of
from registry.tables import certificate_key


def test_a_number_is_found_by_its_beginning_its_end_and_what_follows_the_dash():
    assert keys_of("蒙AA-T202600001") == {">蒙AA-T202600001", ">T202600001", "<100006202T-AA蒙"}


@pytest.mark.parametrize(("part", "found"), [("蒙AA", 1), ("T20260", 1), ("0001", 1), ("00001", 1), ("2026", 0), ("A-T2", 0), ("蒙AB", 0)])
def test_in_the_middle_nothing_is_looked_for(connection, make, facts, part, found):
    draft_certificate(connection, make.draft(connection), facts.now)
    assert len(cases_of_number(connection, part)) == found


def test_certificates_from_before_get_their_keys(connection, make, facts):
    """When the table is made, the certificates that there are get what they would have got."""
    made = draft_certificate(connection, make.draft(connection), facts.now)
    history = MIGRATIONS.config(connection)
    command.stamp(history, "head")
    command.downgrade(history, "0003")
    command.upgrade(history, "head")
    rows = {tuple(row) for row in connection.execute(select(certificate_key))}
    assert rows == {(key, made.identifier) for key in keys_of(made.number)}
    assert cases_of_number(connection, "202600001"[-5:]) == [made.case]
