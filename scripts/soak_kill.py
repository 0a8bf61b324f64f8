#!/usr/bin/env python3
"""Kills jobs at moments spread over all stages, starts them again, and compares with a job that nobody disturbed.

usage: soak_kill.py --program PATH [--kills N] [--seed N] [--only CYCLE] [--part I/N] [--small]
                    [--seconds N] [--verbose]

A cycle is one run directory: the job is started, killed once or a few times, each time started again with another
number of ranks and memory setting, and left alone at last. Then every result has the bytes of the undisturbed run, no
other file is there, nothing lies in the scratch folder; after each kill a result is old, new or missing, never half;
a stage whose end was logged does not run again.

Where a cycle kills, how, and on how many ranks follows from the seed and the number of the cycle alone. The moments
are fractions of the time that each stage took undisturbed on the same number of ranks; stages have equal shares of
the kills and within a stage the fractions are stratified, so all of every stage is covered. A job that ended before
its kill does not count and is killed earlier the next time, after three tries in an earlier stage.
"""
import argparse
import os
import random
import shutil
import signal
import sys
import tempfile
import time

import soak_job as jobs

HOWS = (["rank"] * 6 + ["launcher"] * 2 + ["launcher, at once"] * 2 + ["job"] * 4 + ["USR1"] * 3 + ["TERM"] * 2 +
        ["USR1 then job"] * 2)
RANKS = [1, 1, 2, 2, 2, 3, 3, 3, 4, 7]


class Failure(Exception):
    pass


def need(condition, text):
    if not condition:
        raise Failure(text)


class Plan:
    """What cycle i does; a function of (seed, i, n) and of the worlds. more: how many kills besides the first."""

    def __init__(self, seed, i, n, worlds, more):
        stages = ["start"] + jobs.STAGES + ["end"]
        order = list(range(n))
        random.Random("%d order" % seed).shuffle(order)
        slot = order[i]  # kills go round the stages; the turn of a stage is its stratum
        turn, turns = slot // len(stages), max(1, -(-n // len(stages)))
        rng = random.Random("%d cycle %d" % (seed, i))
        self.stage = stages[slot % len(stages)]
        self.world = rng.choice([w for w in worlds if self.stage in w.stages])
        self.moments = [(self.stage, (turn + rng.random()) / turns)]
        later = self.world.stages[self.world.stages.index(self.stage):]
        for _ in range(rng.choice(more)):
            self.moments.append((rng.choice(later), rng.random()))
            later = later[later.index(self.moments[-1][0]):]
        hows = [how for how in HOWS if how != "launcher, at once" or self.stage != "synth"]  # synth has no lock
        self.hows = [rng.choice(hows) for _ in self.moments]
        self.ranks = [rng.choice(RANKS) for _ in range(len(self.moments) + 1)]
        self.victim = [rng.random() for _ in self.moments]
        self.old = self.world.has_old and rng.random() < 0.4
        self.extra = [rng.choice(self.world.settings) for _ in self.ranks]


class Soak:
    def __init__(self, options, work):
        self.options, self.work = options, work
        self.worlds = jobs.make_worlds(options.program, work, options.small)
        self.count = {}  # (stage, how) -> kills
        self.facts = {"too late, killed again earlier": 0, "longest wait for ranks": 0.0, "longest stop": 0.0,
                      "launchers that hung without ranks": 0,
                      "states saved": {}, "went on from a saved state": {}, "codes": {}}

    def strike(self, job, how, victim):
        """Kills, and returns what became of the job."""
        struck = time.monotonic()
        if how in ("launcher", "launcher, at once"):
            job.signal([job.launcher], signal.SIGKILL)
        elif how == "rank":
            ranks = job.ranks()
            job.signal([ranks[int(victim * len(ranks))]] if ranks else [job.launcher], signal.SIGKILL)
        elif how in ("USR1", "TERM"):
            job.signal([job.launcher], getattr(signal, "SIG" + how))
        elif how == "USR1 then job":
            job.signal([job.launcher], signal.SIGUSR1)
            job.watch(until=time.monotonic() + victim * 0.1)
        if how in ("job", "USR1 then job"):
            job.signal(job.all(), signal.SIGKILL)
        code = job.finish()
        if how == "launcher, at once":
            return code  # the next job waits for the lock that the orphans hold
        waited = job.wait_gone()
        self.facts["longest wait for ranks"] = max(self.facts["longest wait for ranks"], waited)
        if how == "USR1":
            self.facts["longest stop"] = max(self.facts["longest stop"], time.monotonic() - struck)
        return code

    def kill_once(self, plan, k, folder, job_number, done):
        """One attempt that is killed. The job, or None if each try ended before its kill. done: complete stages."""
        stage, fraction = plan.moments[k]
        world, how, ranks = plan.world, plan.hows[k], plan.ranks[k]
        for attempt in range(8):
            job = world.start(folder, ranks, plan.extra[k], "%s.%d" % (job_number, attempt))
            begin, length = world.moment(stage, ranks)
            if attempt >= 3:  # a window too short to be hit, or a signal in it that comes after the last look for one
                job.watch(until=job.started + (begin + fraction * length) * 0.6**(attempt - 2))
            elif job.watch(stage=None if begin == 0 else stage):
                at = (job.started if begin == 0 else job.at[stage]) + fraction * length * 0.6**attempt
                job.watch(until=at)
            if job.alive():
                where = "synth" if stage == "synth" else job.stage()
                code = self.strike(job, how, plan.victim[k])
                if code != 0:  # else it had just come to its end
                    self.judge(plan, how, where, code, job, folder)
                    return job
            if job.code is None:
                job.finish()
            job.wait_gone()
            self.facts["too late, killed again earlier"] += 1
            need(job.code == 0, "an undisturbed job ends with %d: %s" % (job.code, job.text()))
            plan.world.prepare(folder, plan.old)  # else it had nothing left to do
            done.clear()
        return None

    def judge(self, plan, how, where, code, job, folder):
        key = (where, how)
        self.count[key] = self.count.get(key, 0) + 1
        codes = self.facts["codes"].setdefault(how, {})
        codes[code] = codes.get(code, 0) + 1
        allowed = job.allowed_codes(how, where)
        need(allowed is None or code in allowed, "%s in %s: code %d: %s" % (how, where, code, job.text()))
        if how != "launcher, at once":
            plan.world.check_partial(folder, plan.old, need)

    def note(self, job):
        for fact, pattern in (("states saved", jobs.SAVED), ("went on from a saved state", jobs.RESUMED)):
            for stage in job.named(pattern):
                self.facts[fact][stage] = self.facts[fact].get(stage, 0) + 1
        self.facts["launchers that hung without ranks"] += job.hung
        need(not job.wrong(), "a kill leaves states whole or none: %s" % job.wrong())

    def cycle(self, i):
        options = self.options
        more = [0] if options.small and options.kills <= 20 else [0, 0, 0, 1, 1, 2]
        plan = Plan(options.seed, i, options.kills, self.worlds, more)
        folder = os.path.join(self.work, "run")
        world, done, kills = plan.world, set(), 0
        for ranks in set(plan.ranks[:-1]):
            world.measure(ranks)
        world.prepare(folder, plan.old)
        for k in range(len(plan.moments)):
            job = self.kill_once(plan, k, folder, "%d.%d" % (i, k), done)
            if job is None:
                break
            kills += 1
            need(not done & job.began(), "ran again though complete: %s" % (done & job.began()))
            done |= job.ended()
            self.note(job)
        last = world.start(folder, plan.ranks[-1], plan.extra[-1], "%d.last" % i)
        code = last.finish()
        need(code == 0, "the last attempt ends with %d: %s" % (code, last.text()))
        last.wait_gone()
        need(not done & last.began(), "ran again though complete: %s" % (done & last.began()))
        self.note(last)
        jobs.wait_all()
        world.check_complete(folder, need)
        need(not os.listdir(jobs.scratch(self.work)), "left in the scratch folder")
        if options.verbose or options.only is not None:
            print("cycle %d: %s, %s, ranks %s%s" % (i, world.name, list(zip(plan.moments, plan.hows)), plan.ranks,
                                                    ", over old results" if plan.old else ""), flush=True)
        return kills

    def report(self, cycles, kills, seconds):
        hows = sorted({how for _, how in self.count})
        stages = ["start"] + jobs.STAGES + ["end"]
        print("killed in which stage, as its log told, and how:")
        print("%-10s" % "stage" + "".join("%19s" % how for how in hows) + "%8s" % "all")
        for stage in stages:
            row = [self.count.get((stage, how), 0) for how in hows]
            if sum(row):
                print("%-10s" % stage + "".join("%19d" % n for n in row) + "%8d" % sum(row))
        for name, value in self.facts.items():
            print("%s: %s" % (name, "%.2f s" % value if isinstance(value, float) else value))
        print("soak kill: seed %d: %d cycles, %d kills, %d identical results, %.0f s" %
              (self.options.seed, cycles, kills, cycles, seconds))


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True)
    parser.add_argument("--kills", type=int, default=200, help="cycles, each with at least one kill")
    parser.add_argument("--seed", type=int, default=int(time.time()) % 100000)
    parser.add_argument("--only", type=int, help="this cycle alone, as it was in a run with the same --kills and --seed")
    parser.add_argument("--part", default="0/1", help="I/N: every N-th cycle from the I-th on, to share them out")
    parser.add_argument("--small", action="store_true", help="a small base")
    parser.add_argument("--seconds", type=float, default=1e9, help="begin no further cycle after so long")
    parser.add_argument("--verbose", action="store_true")
    return parser.parse_args()


def main():
    options = parse()
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(143))  # tidies up
    options.program = os.path.abspath(options.program)
    print("soak kill: --kills %d --seed %d" % (options.kills, options.seed), flush=True)
    work = tempfile.mkdtemp(prefix="soak-kill.")
    began, kills, cycles, failed = time.monotonic(), 0, 0, 0
    try:
        soak = Soak(options, work)
        first, step = map(int, options.part.split("/"))
        for i in range(first, options.kills, step) if options.only is None else [options.only]:
            if cycles and time.monotonic() - began > options.seconds:
                break
            try:
                kills += soak.cycle(i)
                cycles += 1
            except Failure as failure:
                failed += 1
                print("FAILED: cycle %d (repeat with --only %d): %s" % (i, i, failure), flush=True)
        soak.report(cycles, kills, time.monotonic() - began)
    finally:
        jobs.stop_everything(work)
        shutil.rmtree(work, ignore_errors=True)
    return 1 if failed or kills < cycles else 0


if __name__ == "__main__":
    sys.exit(main())
