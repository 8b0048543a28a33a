"""A small office for tests: real books, both sandboxes on loopback, and a worker that calls handlers as the runtime's does."""

import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import requests
from sqlalchemy import create_engine, event, select

import sandbox
from registry import tables
from registry.authorities import load_demonstration
from registry.certificates import by_case
from registry.exchanges import exchanges
from registry.regions import load_regions
from tasks import provider
from workflow_runtime.catalogue import discover
from workflow_runtime.clock import SystemClock
from workflow_runtime.errors import RemoteTransient, RemoteUnknown
from workflow_runtime.handlers import Call, CaseFacts, IncomingRequest, as_json
from workflow_runtime.store import tables as runtime

AUTHORITY = "11150100MB0000001L"
AUTHORITY_NAME = "呼和浩特市住房和城乡建设局"
OWNER, OWNER_NAME = "91150100MA0N000000", "呼和浩特市青城建筑机械租赁有限公司"
OTHER_OWNER = "91110000600037341L"
PUBLIC = "https://crane.example"

FILING = {
    "owner_name": OWNER_NAME, "owner_code": OWNER, "owner_address": "呼和浩特市新城区1号", "legal_representative": "张三",
    "legal_phone": "13812345678", "contact": "李四", "contact_phone": "13812345679", "category": "T", "machine_name": "塔式起重机",
    "model": "QTZ80(TC5610-6)", "rated_moment": 800, "manufacturer": "中联重科股份有限公司", "licence_no": "TS2410A12-2027",
    "serial_no": "ZL-0001", "made_on": "2024-05-01", "parameters": "最大起重量 6 t；最大工作幅度 56 m", "authority": AUTHORITY,
}  # fmt: skip


@cache
def _furnished():
    """A database's file with all tables, regions and demonstration authorities."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "books.db"
        engine = _opened(path)
        tables.metadata.create_all(engine)
        runtime.metadata.create_all(engine)
        with engine.begin() as connection:
            load_regions(connection)
            load_demonstration(connection)
        engine.dispose()
        return path.read_bytes()


def books(path: Path):
    """A fresh SQLite database with regions and demonstration authorities."""
    path.write_bytes(_furnished())
    return _opened(path)


def _opened(path):
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": 10, "check_same_thread": False})

    @event.listens_for(engine, "connect")
    def connect(raw, _):
        raw.isolation_level = None
        raw.execute("PRAGMA journal_mode=WAL")
        raw.execute("PRAGMA synchronous=OFF")
        raw.execute("PRAGMA foreign_keys=ON")

    @event.listens_for(engine, "begin")
    def begin(connection):
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def until(condition, seconds=60.0):
    """Poll until the condition gives something true; fail after the deadline."""
    deadline = time.monotonic() + seconds
    while not (result := condition()):
        assert time.monotonic() < deadline, "nothing happened in time"
        time.sleep(0.005)
    return result


@dataclass
class Platform:
    """A sandbox as its own control and books show it."""

    url: str

    def misbehave(self, mode: str, path: str = "*", **options):
        """Spoil coming requests."""
        answer = requests.post(f"{self.url}/control/misbehave", json={"mode": mode, "path": path, **options}, timeout=60)
        assert answer.status_code == 201, answer.text

    def behave(self):
        """Forget every fault."""
        requests.delete(f"{self.url}/control/misbehave", timeout=60)

    def control(self, path: str, body=None):
        """Call another control."""
        answer = requests.post(f"{self.url}/control/{path}", json={} if body is None else body, timeout=60)
        assert answer.status_code == 200, answer.text

    def effects(self, kind: str):
        """What really changed."""
        return requests.get(f"{self.url}/effects", timeout=60).json()[kind]

    def received(self, kind: str):
        """What came in."""
        return requests.get(f"{self.url}/received", params={"kind": kind}, timeout=60).json()


@dataclass
class Office:
    """Books, catalogue and sandboxes; `work` calls a job's handler until it is settled, `local` one inside a step."""

    engine: object
    environment: dict
    national: Platform
    provincial: Platform
    clock: object = field(default_factory=SystemClock)
    slept: list = field(default_factory=list)

    def __post_init__(self):
        self.restart()

    def restart(self, **environment):
        """Build the handlers' shared parts anew, as a new process does, with some settings changed."""
        self.environment = {**self.environment, **environment}
        self.catalogue = discover("tasks", provider(self.environment, sleep=self.slept.append))

    @contextmanager
    def transaction(self):
        """A transaction of its own."""
        with self.engine.begin() as connection:
            yield connection

    def expect(self, mode: str):
        """Short time-outs where a test waits for one; long ones elsewhere, so that a busy machine is no failure."""
        if mode == "silence":
            self.restart(CRANE_CONNECT_SECONDS="0.1", CRANE_READ_SECONDS="0.4")

    def call(self, case="C1", token="t1", *, attempt=1, transaction=None, status="办理中", key=None):
        """A hand-made call."""
        parties = {"owner": f"owner:{OWNER}", "authority": f"authority:{AUTHORITY}"}
        facts = CaseFacts(case, "new_filing", datetime(2026, 1, 1, tzinfo=UTC), parties, status)
        return Call(key or f"{case}-{token}", facts, "element", attempt, self.clock, transaction or self.transaction)

    def context(self, **call):
        """The context of such a call."""
        return self.catalogue.provide(self.call(**call))

    def local(self, name, *, case="C1", token="t1", **arguments):
        """Call a local handler inside a step's transaction."""
        handler = self.catalogue.handlers[name]
        assert handler.local
        with self.transaction() as connection:

            @contextmanager
            def step():
                yield connection

            context = self.context(case=case, token=token, transaction=step)
            return as_json(handler.function(context, **handler.arguments(arguments)))

    def once(self, name, *, case="C1", token="t1", attempt=1, unsure=False, **arguments):
        """One delivery of a job: the inquiry first when the outcome of an earlier one is unknown."""
        handler = self.catalogue.handlers[name]
        assert not handler.local
        context, values = self.context(case=case, token=token, attempt=attempt), handler.arguments(arguments)
        if unsure and handler.replay == "inquire" and (earlier := handler.inquiry(context, **values)) is not None:
            return as_json(earlier)
        return as_json(handler.function(context, **values))

    def work(self, name, *, attempts=4, **arguments):
        """Deliver a job until it is done; gives its result and the class names of the failures on the way."""
        failures = []
        for attempt in range(1, attempts + 1):
            try:
                unsure = bool(failures) and failures[-1] == "RemoteUnknown"
                return self.once(name, attempt=attempt, unsure=unsure, **arguments), failures
            except (RemoteTransient, RemoteUnknown) as failure:
                failures.append(type(failure).__name__)
        raise AssertionError(failures)

    def receive(self, delivered, name="certificate.sealed"):
        """Hand a delivered call-back to its receiver; `delivered` as `CallbackReceiver` keeps it."""
        method, path, query, headers, body = delivered
        request = IncomingRequest(method, path, query, {k.lower(): v for k, v in headers.items()}, body)
        return self.catalogue.receivers[name].function(self.context(case="", token="", key=""), request)

    def certificate(self, case="C1"):
        """The case's certificate."""
        with self.transaction() as connection:
            return by_case(connection, case)

    def log(self, case="C1"):
        """The push log of a case."""
        with self.transaction() as connection:
            return exchanges(connection, case)

    def rows(self, table):
        """Every row of a table."""
        with self.transaction() as connection:
            return connection.execute(select(table)).all()

    def prepared(self, case="C1", token="prepare", filing=FILING, **arguments):
        """A draft; gives its number."""
        draft = self.local("certificate.prepare", case=case, token=token, filing=filing, authority=f"authority:{AUTHORITY}", **arguments)
        return draft["number"]

    def coded(self, case="C1", token="code", **arguments):
        """A draft with its code; gives its number."""
        number = self.prepared(case, **arguments)
        self.once("certificate.assign_code", case=case, token=token, certificate_no=number)
        return number

    def requested(self, case="C1", token="seal", **arguments):
        """A coded draft whose seal was requested; gives its number."""
        number = self.coded(case, **arguments)
        self.once("certificate.seal", case=case, token=token, certificate_no=number)
        return number

    def sealed(self, case="C1", **arguments):
        """As `requested`, waiting until the network has sealed it."""
        number = self.requested(case, **arguments)
        until(lambda: self.once("certificate.inquire_seal", case=case, token="ask", certificate_no=number)["sealed"])
        return number

    def issued(self, case="C1", **arguments):
        """A certificate in force; gives its number."""
        number = self.sealed(case, **arguments)
        self.once("certificate.fetch", case=case, token="fetch", certificate_no=number)
        self.local("certificate.issue", case=case, token="issue", certificate_no=number)
        return number

    def aggregated(self, case="C1", **arguments):
        """A certificate in force that the national platform knows; gives its number."""
        number = self.issued(case, **arguments)
        self.once("certificate.aggregate", case=case, token="gj", certificate_no=number)
        return number

    def cancelled(self, case="C1", **arguments):
        """A certificate that was aggregated and is cancelled in the register; gives its number."""
        number = self.aggregated(case, **arguments)
        self.local("certificate.revoke", case=case, token="revoke", certificate_no=number, reason="设备报废", state="cancelled")
        return number


def environment_of(running: sandbox.Sandboxes, state: Path, **changes) -> dict:
    """Settings under which the handlers use these sandboxes, without pauses and with short time-outs."""
    return {
        "CRANE_NATIONAL_URL": running.national,
        "CRANE_NATIONAL_CLIENT_ID": "crane-demo",
        "CRANE_NATIONAL_CLIENT_SECRET": "crane-demo-secret",
        "CRANE_NATIONAL_KEY_FILE": str(state / "national-client-key.pem"),
        "CRANE_TRUST": str(state / "pki" / "trust"),
        "CRANE_PROVINCIAL_URL": running.provincial,
        "CRANE_PROVINCIAL_APP_KEY": "crane-demo",
        "CRANE_PROVINCIAL_APP_SECRET": "crane-demo-seal-secret",
        "CRANE_PUBLIC_URL": PUBLIC,
        "CRANE_NATIONAL_PAUSE": "0",
        "CRANE_CONNECT_SECONDS": "3",
        "CRANE_READ_SECONDS": "3",
        "CRANE_BREAKER_FAILURES": "0",
        **changes,
    }
