"""Bring everything to rest: deliver events, let time pass and run jobs until nothing changes any more."""

from payments import tasks
from payments.fsck import inspect
from payments.reconciliation.reconciler import reconcile
from payments.reconciliation.run import Run
from tests.storm.actors.worker import AT_ONCE, errors, jobs, run
from tests.storm.books import story
from tests.storm.comparison import contradictions
from tests.storm.world import Found, World

ROUNDS = 12
# s, longer than the reconciler's longest interval between checks.
A_GOOD_WHILE = 30 * 3600


def come_to_rest(world: World, *, without_events: bool) -> None:
    """Bring everything to rest. With ``without_events``, deliver no events: the reconciler must find them."""
    stop_the_storm(world)
    for _round in range(ROUNDS):
        before = story()
        finish_what_banks_do(world)
        if not without_events:
            world.deliver_all()
        run_all_jobs(world)
        world.wait(A_GOOD_WHILE)
        reconcile_cleanly()
        tasks.restore_jobs.func(timestamp=0)
        run_all_jobs(world)
        if story() == before:
            return
    raise Found(f"After {ROUNDS} rounds there is still no rest.")


def expect_one_story(world: World) -> None:
    found = [str(finding) for finding in inspect()] + list(contradictions(world.stripe))
    if found:
        raise Found("\n".join(found))


def stop_the_storm(world: World) -> None:
    world.stripe.clear_faults()
    world.faults, world.strike = [], None
    for use in world.held_answers:
        world.attempt(use)
    world.stripe.post("/balance", {"short": False})


def finish_what_banks_do(world: World) -> None:
    """Settle debits that are still processing, and refunds that are still pending."""
    for session in world.stripe.objects("checkout.session"):
        if session["status"] == "complete" and session["payment_status"] == "unpaid":
            world.stripe.attempt(f"/sessions/{session['id']}/settle", ok=len(world.purchases) % 2 == 0)
    for refund in world.stripe.objects("refund"):
        if refund["status"] in ("pending", "requires_action"):
            world.stripe.attempt(f"/refunds/{refund['id']}/settle", status="succeeded")


def run_all_jobs(world: World) -> None:
    for job in jobs():
        if not run(world, job):
            raise Found(f"{job.task_name} fails.")


def reconcile_cleanly() -> None:
    run = reconcile(Run(rate=AT_ONCE))
    if run.failures:
        raise Found(f"The reconciler: {run.counts}, {errors()}")
