"""What each page may ask of the database, in one table: whoever adds a statement to a page, or one for each row, finds out here.

The routes come from the application, so a new page is missing in the table until somebody says what it may cost.
"""

from importlib.resources import files

from kept import browser, in_trouble
from office import answers_of

from registry.legacy_import.uploads import keep
from registry.users import add_user, grant
from web.demonstration.old_register import AUTHORITY, FILE, import_old_register
from workflow_runtime.drafts import save_start_draft

OWNER, REVIEWER, ABOVE, OPERATOR, ADMINISTRATOR, NOBODY = "zhang", "li.150100", "chen.150000", "operator", "admin", None

MOST = {
    "home.home": (NOBODY, "/", 0),
    "account.account": (OWNER, "/account", 4),
    "uploads.attachment": (OWNER, "/attachments/{paper}", 3),
    "authorities.authorities": (ADMINISTRATOR, "/authorities", 2),
    "authorities.authority": (ADMINISTRATOR, "/authorities/11150100MB0000001L", 4),
    "authorities.new": (ADMINISTRATOR, "/authorities/new", 3),
    "cases.cases": (REVIEWER, "/cases?view=todo", 17),
    "case.case": (REVIEWER, "/cases/{done}", 13),
    "case.standing": (OWNER, "/cases/{waiting}/standing", 13),
    "case.cancel": (OPERATOR, "/cases/{waiting}/cancel", 2),
    "case.suspend": (OPERATOR, "/cases/{waiting}/suspend", 2),
    "case.resume": (OPERATOR, "/cases/{waiting}/resume", 2),
    "case.withdraw": (OWNER, "/cases/{waiting}/withdraw", 2),
    "case.certificate_file": (OWNER, "/cases/{done}/certificate", 4),
    "case.diagram": (OWNER, "/cases/{done}/diagram/new_filing.bpmn", 2),
    "case.qr": (OWNER, "/cases/{done}/qr.svg", 3),
    "bulk.confirm": (REVIEWER, "/cases/bulk?button=push&case={done}&case={waiting}&case={others}", 10),
    "deployments.deployments": (ADMINISTRATOR, "/deployments", 3),
    "health.healthz": (NOBODY, "/healthz", 0),
    "health.readyz": (NOBODY, "/readyz", 2),
    "help.index": (REVIEWER, "/help", 1),
    "help.page": (NOBODY, "/help/reviewer", 0),
    "help.image": (NOBODY, "/help/images/aggregate.png", 0),
    "incidents.incidents": (OPERATOR, "/incidents", 2),
    "incidents.incident": (OPERATOR, "/incidents/{incident}", 5),
    "jobs.jobs": (OPERATOR, "/jobs", 3),
    "lanes.lanes": (ADMINISTRATOR, "/lanes", 2),
    "legacy.entries": (REVIEWER, "/legacy?q=蒙&state=valid&authority=11150100MB0000001L", 4),
    "legacy.entry": (ADMINISTRATOR, "/legacy/1", 5),
    "legacy_import.form": (ADMINISTRATOR, "/legacy/import", 3),
    "legacy_import.shown": (ADMINISTRATOR, "/legacy/import/{upload}", 6),
    "legacy_import.report": (ADMINISTRATOR, "/legacy/import/{upload}/report.csv", 5),
    "migrations.migrations": (ADMINISTRATOR, "/migrations/new_filing", 8),
    "public.preview": (NOBODY, "/preview/{code}", 2),
    "public.file": (NOBODY, "/preview/{code}/certificate.ofd", 3),
    "public.picture": (NOBODY, "/preview/{code}/page.svg", 3),
    "public.copy": (NOBODY, "/preview/{code}/copy.pdf", 2),
    "certificate_files.archive": (REVIEWER, "/cases/certificates.zip?view=all", 12),
    "certificate_files.verification": (REVIEWER, "/cases/verification?view=all", 13),
    "public.qr": (NOBODY, "/preview/{code}/qr.svg", 2),
    "public.verify": (NOBODY, "/verify", 0),
    "public.verify_code": (NOBODY, "/verify/{code}", 2),
    "push_log.search": (OPERATOR, "/push-log", 2),
    "sealing.waiting": (REVIEWER, "/sealing", 9),
    "sign_in.sign_in": (NOBODY, "/sign-in", 0),
    "start.businesses": (OWNER, "/start", 4),
    "start.business": (OWNER, "/start/new_filing?draft={draft}", 6),
    "statistics.statistics": (ABOVE, "/statistics", 7),
    "statistics.download": (ABOVE, "/statistics.csv", 7),
    "tasks.task": (REVIEWER, "/tasks/{task}", 4),
    "tasks.dialog": (REVIEWER, "/tasks/{task}/dialog", 4),
    "tasks.delegate": (REVIEWER, "/tasks/{task}/delegate", 4),
    "trail.trail": (ADMINISTRATOR, "/trail", 2),
    "trail.export": (ADMINISTRATOR, "/trail/export?stream=user", 2),
    "trail.verification": (ADMINISTRATOR, "/trail/verification?stream=user", 5),
    "users.users": (ADMINISTRATOR, "/users", 5),
    "users.user": (ADMINISTRATOR, "/users/zhang", 6),
    "users.new": (ADMINISTRATOR, "/users/new", 2),
}  # fmt: skip
"""Endpoint → who opens which page, and the most statements that it may take, that of the session among them."""

SEARCHES = (
    (REVIEWER, "/cases?view=all", 16),
    (REVIEWER, "/cases?view=all&q=蒙建&f.model=QTZ&status=待审核&from=2020-01-01&to=2030-01-01", 16),
    (REVIEWER, "/cases?view=all&q={number}", 18),
    (ABOVE, "/cases?view=all&overdue=1", 9),
    (OWNER, "/cases", 16),
    (OPERATOR, "/incidents?all=1", 2),
    (REVIEWER, "/push-log?number={done}", 3),
    (OPERATOR, "/push-log?outcome=open", 2),
    (OPERATOR, "/cases/{done}", 13),
    (ADMINISTRATOR, "/trail?number={done}", 3),
)  # fmt: skip
"""The same of pages that are asked for something."""


def prepare(office):
    """Filings that wait for review, are with the owner, in trouble, and done: several of each, so that a statement for each row shows."""
    numbers = [office.file(serial_no=f"SQL-{n:03}") for n in range(9)]
    done, rejected, *waiting, stuck = numbers
    office.to_the_button(done)
    office.push(done)
    office.until(lambda: all("review" in office.waiting(number) for number in numbers[1:]))
    office.complete(rejected, "review", outcome="reject", opinion="请补正。")
    office.complete(stuck, "review", outcome="approve")
    incidents = in_trouble(office, stuck)
    office.misbehave("provincial", "http-503", probability=1)
    for number in waiting[-2:]:
        office.complete(number, "review", outcome="approve")
        office.until(lambda number=number: office.certificate(number) and office.certificate(number).coded_at)
    with office.runtime.transaction() as uow:
        for login in ("reviewer.2", "reviewer.3", "reviewer.4"):
            add_user(uow.connection, login, "评审员", "authority:11150100MB0000001L", uow.now)
            grant(uow.connection, login, "reviewer", "authority:11150100MB0000001L", uow.now)
        draft = save_start_draft(uow, "new_filing", office.owner, answers_of("hoist")).id
    register = files("web.demonstration").joinpath(FILE).read_bytes()
    with office.runtime.transaction() as uow:
        import_old_register(uow, office.administrator)
        upload = keep(uow, office.administrator, AUTHORITY, FILE, register, replacing=False)
    certificate = office.certificate(done)
    office.things = {
        "done": done, "waiting": waiting[0], "others": waiting[1], "code": certificate.verification_code, "incident": incidents[0],
        "task": office.tasks(waiting[0])[0].id, "paper": office.variables(done)["apply"]["purchase_proof"][0]["id"], "draft": draft,
        "number": certificate.number, "upload": upload,
    }  # fmt: skip


def asked(office, statements, login, address):
    """The statements of a page when it is opened for the second time; transactions' own do not count."""
    client, path = browser(office, login).client, address.format(**office.things)
    client.get(path).close()
    with statements(office.runtime) as sent:
        answer = client.get(path)
        answer.close()
    assert answer.status_code == (302 if path == "/" else 200), (path, answer.status_code)
    return [each for each in sent if not each.startswith(("BEGIN", "PRAGMA")) and "pg_catalog" not in each]


def test_every_page_is_in_the_table(office):
    pages = {r.endpoint for r in office.app.url_map.iter_rules() if "GET" in r.methods and not r.rule.startswith("/api/")}
    assert pages - {"static"} == set(MOST)


def test_no_page_asks_more_of_the_database_than_it_may(office, statements):
    cost = {}
    for login, address, most in (*MOST.values(), *SEARCHES):
        sent = asked(office, statements, login, address)
        if len(sent) > most:
            cost[address] = (len(sent), most, sent)
    assert cost == {}
