"""Many realistic filings in bulk: a few go through the real flow, then their rows are written again and again with other machines and owners.

Names of makers and owners come in the proportions of a market (a few have most), serial numbers in the notations of several makers, the
filings of seven years lie evenly in time and over all authorities; one in twenty is under way. Only what lists and searches read is
written: cases, parties, answers, tasks, the index.
"""

import random
import sys
from datetime import UTC, datetime, timedelta
from itertools import accumulate

from rich.progress import track
from sqlalchemy import text

from registry.authorities import authorities
from workflow_runtime.store.search import BLOCK, case_terms, fold_answer

PLACES = {"filed": 3.0, "sent back": 1.2, "to be sealed": 0.4, "to be pushed": 0.4, "pushed": 95.0}
"""Where filings stand, in per cent."""
FIRST, LAST = datetime(2019, 3, 1, tzinfo=UTC), datetime(2026, 2, 27, tzinfo=UTC)
BATCH = 5000
MAKERS = [f"{place}{name}{kind}" for place in ("", "江苏", "山东", "广西", "四川") for name in ("中联重科", "徐工", "永茂", "正兴", "浮山", "虎霸") for kind in ("建筑起重机械有限公司", "股份有限公司")]  # fmt: skip
MODELS = [
    f"{name}{number}"
    for name in ("QTZ", "QTP", "SC", "TC")
    for number in ("63(TC5610)", "80(TC6012)", "100(TC6513)", "125(TC7015)", "200/200")
]
SERIALS = ("ZL{year}-{n:04}", "{n:08}", "{year}TC{n:06}", "XG-{year}-{n:05}", "SC200-{n:06}")
SYLLABLES = "蒙建鹿城青山草原金川华泰远宏兴达鑫源隆盛"
OWNERS = 2000


def owner_name(index):
    """The name of one of the owners."""
    chance = random.Random(index)
    return f"内蒙古{''.join(chance.choices(SYLLABLES, k=4))}机械租赁有限公司"


def _few_have_most(things):
    return list(accumulate(1 / (place + 3) for place in range(len(things))))


class Many:
    """Writes filings behind those that went through the flow; `templates`: place → case number."""

    def __init__(self, connection, templates):
        self.connection, self.chance = connection, random.Random(1)
        self.sqlite = connection.dialect.name == "sqlite"
        self.raw = connection.connection.driver_connection
        self.rows = {place: {table: self._rows(table, number) for table in ("workflow_case", "case_party", "case_field", "user_task")} for place, number in templates.items()}  # fmt: skip
        self.authorities = [body.code for body in authorities(connection) if body.number_prefix]
        self.owners = [(f"owner:91150100{index:09}U", owner_name(index)) for index in range(OWNERS)]
        self.shares = [(things, _few_have_most(things)) for things in (MAKERS, MODELS, self.owners)]

    def _rows(self, table, number):
        key = "id" if table == "workflow_case" else "case_id"
        found = self.connection.execute(
            text(f"SELECT * FROM {table} WHERE {key} = (SELECT id FROM workflow_case WHERE number = '{number}')")
        )
        return [dict(row) for row in found.mappings()]

    def write(self, count):
        """In one transaction; what the index of the search costs is paid at its end."""
        if self.sqlite:
            self.connection.execute(text("PRAGMA cache_size = -2000000"))  # kB; otherwise pages go to disk and come back
        else:
            self.connection.execute(text("DROP INDEX ix_case_search_terms"))
        first = self.connection.execute(text("SELECT max(id) FROM workflow_case")).scalar_one() + 1
        first_task = self.connection.execute(text("SELECT max(id) FROM user_task")).scalar_one() + 1
        self.tasks = first_task
        for begin in track(range(0, count, BATCH), description=f"{count} filings", disable=not sys.stderr.isatty()):
            out = {}
            for index in range(begin, min(begin + BATCH, count)):
                self._filing(first + index, index, count, out)
            for table in ("workflow_case", "case_party", "case_field", "user_task", "case_search"):
                self._insert(table, out[table])
        if not self.sqlite:
            self.connection.execute(text("SET LOCAL maintenance_work_mem = '1GB'"))
            self.connection.execute(
                text("CREATE INDEX ix_case_search_terms ON case_search USING gin (terms) WITH (gin_pending_list_limit = 256)")
            )
            for table in ("workflow_case", "user_task"):
                self.connection.execute(text(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))"))

    def _filing(self, case_id, index, count, out):
        place = self.chance.choices(list(PLACES), PLACES.values())[0]
        rows = self.rows[place]
        opened = FIRST + (LAST - FIRST) * (index / count)
        maker, model, (owner, name) = (self.chance.choices(things, cum_weights=shares)[0] for things, shares in self.shares)
        serial = self.chance.choice(SERIALS).format(year=opened.year, n=self.chance.randrange(100_000))
        authority = f"authority:{self.chance.choice(self.authorities)}"
        number, category = f"{opened.year}{5_000_000 + index:07}", "TTTSW"[index % 5]
        made_on = f"{opened - timedelta(days=90):%Y-%m-%d}"
        answers = {"owner_name": name, "owner_code": owner[6:], "category": category, "model": model, "manufacturer": maker, "serial_no": serial, "made_on": made_on, "authority": authority}  # fmt: skip
        parties = {"owner": owner, "authority": authority}
        case = rows["workflow_case"][0]
        variables = case["variables"]
        for old, new in (("SN-", f"{serial}-"), ("内蒙古蒙建机械租赁有限公司", name), ("中联重科股份有限公司", maker)):
            variables = bytes(variables).replace(old.encode(), new.encode())
        out.setdefault("workflow_case", []).append(
            case | {"id": case_id, "number": number, "opened_at": self._instant(opened), "variables": variables, "next_due": None}
        )
        out.setdefault("case_party", []).extend({"case_id": case_id, "name": name, "party": party} for name, party in parties.items())
        folded = {name: fold_answer(value) for name, value in answers.items()}
        out.setdefault("case_field", []).extend(
            {"case_id": case_id, "field": field, "value": value, "folded": folded[field]} for field, value in answers.items()
        )
        for task in rows["user_task"]:
            party = authority if task["party"].startswith("authority") else owner
            times = {"created_at": self._instant(opened), "due_at": self._instant(opened + timedelta(days=9)) if task["due_at"] else None}
            out.setdefault("user_task", []).append(task | times | {"id": self.tasks, "case_id": case_id, "party": party})
            self.tasks += 1
        terms = case_terms(number, case["business"], opened, parties.values(), folded.items())
        key = "rowid" if self.sqlite else "case_id"
        blocks = [] if self.sqlite else [f"b{case_id >> BLOCK}"]
        out.setdefault("case_search", []).append({key: case_id, "terms": " ".join([*terms, *blocks])})

    def _instant(self, moment):
        return f"{moment:%Y-%m-%d %H:%M:%S.%f}" if self.sqlite else moment

    def _insert(self, table, rows):
        names = ", ".join(rows[0])
        if self.sqlite:
            self.raw.executemany(
                f"INSERT INTO {table} ({names}) VALUES ({', '.join('?' * len(rows[0]))})", [tuple(row.values()) for row in rows]
            )
            return
        with self.raw.cursor().copy(f"COPY {table} ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(list(row.values()))
