"""The guards on which the promises rest, each with the change that takes it away and with the tests that must then go red.

`make mutants` takes each away in a copy of the product and runs its tests alone.
"""

from typing import NamedTuple


class Guard(NamedTuple):
    """`present`, text that stands once in `file`, becomes `gone`; `tests` is what pytest is told to run."""

    name: str
    file: str
    present: str
    gone: str
    tests: str


RUNTIME, TESTS = "workflow_runtime", "tests/runtime"

GUARDS = [
    Guard(
        "lease fence: an answer under an old lease is refused",
        f"{RUNTIME}/jobs.py",
        'current.state != "running" or current.lease != job.lease',
        "False",
        f"{TESTS}/test_jobs.py {TESTS}/test_races.py -k 'lease or cancel'",
    ),
    Guard(
        "lease fence: each claim has a lease of its own",
        f"{RUNTIME}/jobs.py",
        "uow.jobs.claim(uow.now, uuid4().hex, worker, job_id)",
        'uow.jobs.claim(uow.now, "lease", worker, job_id)',
        f"{TESTS}/test_jobs.py -k 'same_lease'",
    ),
    Guard(
        "an expired lease is taken back",
        f"{RUNTIME}/sweep.py",
        "_swept(runtime, fire_due), _swept(runtime, reclaim_expired)",
        "_swept(runtime, fire_due), False",
        f"{TESTS}/test_worker.py",
    ),
    Guard(
        "a job whose worker did not come back is in doubt",
        f"{RUNTIME}/store/jobs.py",
        'state="queued", unsure=True,',
        'state="queued",',
        f"{TESTS}/test_jobs.py -k doubt",
    ),
    Guard(
        "the next job is claimed with a lease of its own",
        f"{RUNTIME}/jobs.py",
        "job = self.uow.jobs.claim(self.uow.now, uuid4().hex, worker, self.uow.queued[0])",
        "[job] = self.uow.jobs.open_locked(self.case.id)",
        f"{TESTS}/test_worker.py -k row",
    ),
    Guard(
        "a worker that is told to stop takes nothing new",
        f"{RUNTIME}/jobs.py",
        "place < LONGEST_RUN and not stopping()",
        "place < LONGEST_RUN",
        f"{TESTS}/test_worker.py -k 'stops or stopping'",
    ),
    Guard(
        "one case does not keep a worker from the others",
        f"{RUNTIME}/jobs.py",
        "place < LONGEST_RUN and not stopping()",
        "not stopping()",
        f"{TESTS}/test_worker.py -k row",
    ),
    Guard(
        "inquiry before a call is made again",
        f"{RUNTIME}/jobs.py",
        "if job.unsure and (earlier := _inquired(handler, context, arguments)) is not None:",
        "if False and (earlier := _inquired(handler, context, arguments)) is not None:",
        f"{TESTS}/test_job_trouble.py",
    ),
    Guard(
        "an unknown outcome leaves doubt",
        f"{RUNTIME}/jobs.py",
        "unsure=job.unsure or (sent and not isinstance(error, CERTAIN))",
        "unsure=job.unsure",
        f"{TESTS}/test_job_trouble.py",
    ),
    Guard(
        "doubt outlives a certain failure",
        f"{RUNTIME}/jobs.py",
        "return Answer(error=error, unsure=job.unsure or (sent",
        "return Answer(error=error, unsure=(sent",
        f"{TESTS}/test_job_trouble.py",
    ),
    Guard(
        "where nobody can be asked a person decides",
        f"{RUNTIME}/jobs.py",
        '    raise OutcomeUnknown(\n        text, Text("请人工',
        '    return None\n    raise OutcomeUnknown(\n        text, Text("请人工',
        f"{TESTS}/test_job_trouble.py {TESTS}/test_incidents.py",
    ),
    Guard(
        "stable key: the same for every attempt",
        f"{RUNTIME}/jobs.py",
        'Call(f"{case.number}-{job.token}", case_facts',
        'Call(f"{case.number}-{job.token}-{job.deliveries}", case_facts',
        f"{TESTS}/test_jobs.py -k key",
    ),
    Guard(
        "stable key: the same eCertID for every attempt",
        "tasks/certificate_assign_code.py",
        "ecert_id = next_ecert_id(connection, certificate, ctx.key)",
        "ecert_id = next_ecert_id(connection, certificate, ctx.key)[:26] + f'{ctx.call.attempt:06}'",
        "tests/tasks/test_misbehaviour.py",
    ),
    Guard(
        "a job that kills its workers is parked",
        f"{RUNTIME}/jobs.py",
        "if job.deliveries - job.attempts > MAX_DELIVERIES:",
        "if False:",
        f"{TESTS}/test_job_defects.py -k parked",
    ),
    Guard(
        "the claim is committed before the call",
        f"{RUNTIME}/store/jobs.py",
        'row.state, row.lease, row.worker, row.deliveries = "running"',
        'row.state, row.lease, row.worker, row.deliveries = "queued"',
        f"{TESTS}/test_jobs.py -k claim_takes",
    ),
    Guard(
        "a claim skips what others are claiming",
        f"{RUNTIME}/store/jobs.py",
        "_CLAIM = _DUE.limit(1).with_for_update(skip_locked=True)",
        "_CLAIM = _DUE.limit(1)",
        f"{TESTS}/test_races.py {TESTS}/test_worker.py --database postgresql",
    ),
    Guard(
        "no job of a suspended case starts",
        f"{RUNTIME}/store/jobs.py",
        'jobs.c.run_at <= bindparam("now"), _RUNNING_CASE)',
        'jobs.c.run_at <= bindparam("now"))',
        f"{TESTS}/test_jobs.py {TESTS}/test_incidents.py -k suspended",
    ),
    Guard(
        "one commit: a job is written with the step that reaches it",
        f"{RUNTIME}/waits.py",
        "uow.queued += uow.jobs.add([_job(uow, case, w, arguments(w.node), failures.get(w.token)) for w in arrived])",
        "with uow.runtime.transaction() as own:\n"
        "        uow.queued += own.jobs.add([_job(uow, case, w, arguments(w.node), failures.get(w.token)) for w in arrived])",
        f"{TESTS}/test_jobs.py -k commit --database postgresql",
    ),
    Guard(
        "one commit: the audit is part of the step",
        f"{RUNTIME}/stepping.py",
        "        self._record(actor, action, subject, details, reason)\n        for element",
        "        for element",
        "tests/usecases/test_audit.py -k one_entry",
    ),
    Guard(
        "one commit: what a failed local handler wrote vanishes",
        f"{RUNTIME}/stepping.py",
        "            with self.uow.connection.begin_nested():\n                arguments",
        "            if True:\n                arguments",
        f"{TESTS}/test_local_handlers.py",
    ),
    Guard(
        "one commit: the key of a request is kept with what was done",
        f"{RUNTIME}/once.py",
        "    uow.once.keep(actor.id, key, Done(fingerprint, answer), uow.now)",
        "    pass",
        "tests/usecases/test_once.py",
    ),
    Guard(
        "a key belongs to one request",
        f"{RUNTIME}/once.py",
        "if done is not None and done.fingerprint != fingerprint:",
        "if False:",
        "tests/usecases/test_once.py",
    ),
    Guard(
        "revision check: who has seen an older task is refused",
        f"{RUNTIME}/guards.py",
        "if task.revision != seen:",
        "if False:",
        "tests/usecases/test_inbox.py",
    ),
    Guard(
        "a task is completed once",
        f"{RUNTIME}/guards.py",
        'if task.state == "completed":',
        "if False:",
        f"tests/usecases/test_inbox.py {TESTS}/test_races.py -k 'twice or sixteen'",
    ),
    Guard(
        "a claimed task is one person's",
        f"{RUNTIME}/guards.py",
        "if task.claimed_by is not None and task.claimed_by != actor.id:",
        "if False:",
        "tests/usecases/test_inbox.py",
    ),
    Guard(
        "row lock: a task's case is locked before the task is read",
        f"{RUNTIME}/store/user_tasks.py",
        "where(cases.c.id == OWNER).with_for_update(key_share=True))",
        "where(cases.c.id == OWNER))",
        f"{TESTS}/test_races.py --database postgresql",
    ),
    Guard(
        "row lock: a case is locked before it is moved",
        f"{RUNTIME}/store/cases.py",
        "_BY_ID.with_for_update(key_share=True)), Prepared(_BY_NUMBER.with_for_update(key_share=True))",
        "_BY_ID), Prepared(_BY_NUMBER)",
        f"{TESTS}/test_races.py --database postgresql",
    ),
    Guard(
        "SQLite: a writing transaction takes its lock at once",
        f"{RUNTIME}/store/database.py",
        'self._connection("BEGIN IMMEDIATE")',
        'self._connection("BEGIN")',
        f"{TESTS}/test_races.py --database sqlite",
    ),
    Guard(
        "SQLite: a commit is on the disk (synchronous=FULL)",
        f"{RUNTIME}/store/database.py",
        'cursor.execute("PRAGMA synchronous=FULL")',
        'cursor.execute("PRAGMA synchronous=OFF")',
        f"{TESTS}/test_database.py --database sqlite",
    ),
    Guard(
        "a timer fires once",
        f"{RUNTIME}/timers.py",
        "case.next_due is None or case.next_due > uow.now",
        "False",
        f"{TESTS}/test_timers.py {TESTS}/test_races.py -k 'two_workers or deadline'",
    ),
    Guard(
        "a repeated message changes nothing",
        f"{RUNTIME}/messages.py",
        "{} if payload is None else payload, uow.now) is None:\n        return case",
        "{} if payload is None else payload, uow.now) is None:\n        pass",
        f"{TESTS}/test_messages.py -k repetition",
    ),
    Guard(
        "history is forgotten before a state is stored",
        f"{RUNTIME}/engine/tokens.py",
        '        """The state for the database; history is forgotten."""\n        prune(self._workflow)',
        '        """The state for the database; history is forgotten."""',
        f"tests/engine/test_codec.py {TESTS}/test_step_costs.py -k 'rounds or rejections' --database sqlite",
    ),
    Guard(
        "a task that was cancelled is not run",
        f"{RUNTIME}/engine/tokens.py",
        "                if task._state != TaskState.READY:\n                    continue\n",
        "",
        "tests/engine/test_traps.py tests/engine/test_random_models.py",
    ),
    Guard(
        "a case that goes round without end is stopped",
        f"{RUNTIME}/engine/tokens.py",
        "                if moved > MAX_STEPS:",
        "                if False:",
        "tests/engine/test_traps.py -k without_end",
    ),
    Guard(
        "audit: a changed entry is found",
        f"{RUNTIME}/audit.py",
        "stored.seq != expected or previous != stored.hash or not _agrees(stored, stream)",
        "stored.seq != expected or not _agrees(stored, stream)",
        "tests/usecases/test_audit.py",
    ),
    Guard(
        "audit: a cut tail is found",
        f"{RUNTIME}/audit.py",
        "    if (expected, previous) != head:",
        "    if False:",
        "tests/usecases/test_audit.py",
    ),
    Guard(
        "sweep: what the broker lost is delivered again",
        f"{RUNTIME}/celery_delivery.py",
        "            redelivery.deliver()\n",
        "            pass\n",
        "tests/distributed --database postgresql",
    ),
    Guard(
        "a broker that is down stops nobody",
        f"{RUNTIME}/celery_delivery.py",
        "except (OperationalError, OSError) as error:",
        "except ZeroDivisionError as error:",
        "tests/distributed --database postgresql",
    ),
    Guard(
        "nobody seals twice",
        "tasks/certificate_seal.py",
        "    if (earlier := _still_open(ctx, found)) is not None:\n        return earlier\n",
        "",
        "tests/tasks/test_effects_once.py",
    ),
    Guard(
        "nothing is aggregated twice",
        "tasks/certificate_aggregate.py",
        "    if kept.aggregated_at is not None:",
        "    if False:",
        "tests/tasks/test_effects_once.py",
    ),
    Guard(
        "sealed means unchanged: a new code takes the seal off",
        "registry/issuing.py",
        '{**NO_SEAL, "ecert_id": ecert_id,',
        '{"ecert_id": ecert_id,',
        "tests/registry/test_certificates.py",
    ),
    Guard(
        "a seal older than the code is not aggregated",
        "registry/issuing.py",
        "    if sealed < coded.replace(microsecond=0):",
        "    if False:",
        "tests/registry/test_certificates.py",
    ),
    Guard(
        "a file that answers an older seal request is not stored",
        "registry/issuing.py",
        "    if before.seal_request != seal_request:\n        raise",
        "    if False:\n        raise",
        "tests/registry/test_certificates.py",
    ),
    Guard(
        "a certificate that did not pass its check is not issued",
        "registry/issuing.py",
        "if not certificate.verified or sealed is None or coded is None:",
        "if sealed is None or coded is None:",
        "tests/registry/test_certificates.py",
    ),
    Guard(
        "a machine has one certificate in force",
        "registry/issuing.py",
        "    except IntegrityError:\n        raise WrongState(",
        "    except ZeroDivisionError:\n        raise WrongState(",
        "tests/registry/test_certificates.py -k machine",
    ),
    Guard(
        "a signed call-back is good once",
        "registry/nonces.py",
        "return connection.execute(entered.returning(seen_nonce.c.nonce)).first() is not None",
        "connection.execute(entered)\n    return True",
        "tests/tasks/test_callbacks.py",
    ),
    Guard(
        "a failing platform is left alone",
        "tasks/platforms/breaker.py",
        "            if self._until is None:\n                return",
        "            if True:\n                return",
        "tests/tasks/test_clients.py -k 'left_alone or breaker'",
    ),
]
