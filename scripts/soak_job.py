"""Jobs for soak_kill.py: started under mpirun, watched line by line, signalled, and found again by a mark in their
environment; and the worlds, each an input with its configuration and the results of an undisturbed run."""
import hashlib
import os
import re
import select
import shutil
import signal
import subprocess
import time

STAGES = ["ingest", "profiles", "features", "segment", "churn", "assign", "report", "synth"]
LIMIT = 300  # seconds; a job that takes longer hangs
STARTED = re.compile(r"\b(%s): started" % "|".join(STAGES))
ENDED = re.compile(r"\b(%s) +[0-9.]+ s, peak memory" % "|".join(STAGES))
RESUMED = re.compile(r"\b(%s): goes on (after|where)\b" % "|".join(STAGES))
SAVED = re.compile(r"\b(%s): state saved\b" % "|".join(STAGES))
WRONG = re.compile(r"saved state in .* is damaged|checkpoint does not fit")
# not results: they may differ between runs
OPERATIONAL = re.compile(r"^(run\.json|heartbeat.*|status.*|progress.*)$")
# there while a job runs, and after it was killed
PASSING = re.compile(r"^(run\.lock|checkpoint/.*|.*\.(tmp|part|partial))$")

live = []  # jobs that were not seen to end


def scratch(work):
    return os.path.join(work, "scratch")


def shared(work):
    """Folder of Open MPI's shared memory."""
    return os.path.join("/dev/shm", os.path.basename(work)) if os.path.isdir("/dev/shm") else os.path.join(work, "shm")


class Job:
    """One mpirun and its ranks. Every process of it carries SOAK_JOB=<mark> in its environment."""

    def __init__(self, command, mark, environment):
        self.mark = ("SOAK_JOB=%d.%s" % (os.getpid(), mark)).encode()
        environment = dict(environment, SOAK_JOB=self.mark.decode().split("=")[1])
        self.started = time.monotonic()
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment,
                                        start_new_session=True)
        self.hung = False  # the launcher, without ranks
        self.launcher, self.code, self.lines, self.rest, self.at = self.process.pid, None, [], b"", {}
        live.append(self)

    def _take(self, wait):
        """Reads what the job says. False if it says no more."""
        if not select.select([self.process.stderr], [], [], max(0.0, wait))[0]:
            return True
        data = os.read(self.process.stderr.fileno(), 65536)
        lines = (self.rest + data).split(b"\n")
        self.rest = lines.pop()
        for line in lines:
            text = line.decode(errors="replace")
            self.lines.append(text)
            found = STARTED.search(text)
            if found:
                self.at[found.group(1)] = time.monotonic()
            found = ENDED.search(text)
            if found and found.group(1) == "report":
                self.at["end"] = time.monotonic()
        return bool(data)

    def watch(self, until=None, stage=None):
        """Waits for a moment, or for the beginning of a stage. False if the job ended before."""
        limit = self.started + LIMIT
        while (stage is None and until is not None and time.monotonic() < until) or (
                stage is not None and stage not in self.at):
            wait = (until if until is not None else limit) - time.monotonic()
            if not self._take(wait):
                return False
            if time.monotonic() > limit:
                raise RuntimeError("the job hangs: " + self.text())
        return True

    def alive(self):
        return self.process.poll() is None

    def stage(self):
        """Where the job is, as far as its log tells."""
        return max(self.at, key=self.at.get, default="start")

    def began(self):
        return set(self.at) - {"end"}

    def ended(self):
        return {found.group(1) for found in map(ENDED.search, self.lines) if found}

    def named(self, pattern):
        """The stages that such lines name."""
        return [found.group(1) for found in map(pattern.search, self.lines) if found]

    def wrong(self):
        return [line for line in self.lines if WRONG.search(line)]

    def finish(self):
        """Waits for the launcher; its code. mpirun of Open MPI 4.1.4 can hang in PMIx_server_finalize after a rank
        died while it started: all ranks are gone, and it waits for a mutex. A batch system ends it at the time limit;
        here it is killed after a minute, and counted."""
        limit, alone = time.monotonic() + LIMIT, None
        while self.process.poll() is None:
            now = time.monotonic()
            if int(now) % 5 == 0:
                alone = (alone or now) if self.all() == [self.launcher] else None
            if alone is not None and now - alone > 60:
                self.hung = True
                self.signal([self.launcher], signal.SIGKILL)
            if not self._take(0.05):
                time.sleep(0.005)
            if time.monotonic() > limit:
                self.signal(self.all(), signal.SIGKILL)
                raise RuntimeError("the job hangs: " + self.text())
        while self._take(0) and select.select([self.process.stderr], [], [], 0)[0]:
            pass
        self.code = self.process.returncode if self.process.returncode >= 0 else 128 - self.process.returncode
        return self.code

    def wait_gone(self):
        """Until no process of the job is left; seconds."""
        began = time.monotonic()
        if self.process.stderr.closed:
            return 0.0
        while self.all():
            if time.monotonic() - began > LIMIT:
                raise RuntimeError("processes stay: " + self.text())
            time.sleep(0.02)
        if self in live:
            live.remove(self)
        self.process.stderr.close()
        return time.monotonic() - began

    def all(self):
        """Processes of this job, dead ones that nobody has waited for left out."""
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open("/proc/%s/environ" % pid, "rb") as file:
                    if self.mark in file.read().split(b"\0"):
                        found.append(int(pid))
            except OSError:
                pass
        return found

    def ranks(self):
        found = []
        for pid in self.all():
            try:
                with open("/proc/%d/comm" % pid) as file:
                    if file.read().strip() == "tiercel":
                        found.append(pid)
            except OSError:
                pass
        return sorted(found)

    @staticmethod
    def signal(pids, number):
        for pid in pids:
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                pass

    def text(self):
        return " | ".join(line for line in self.lines[-12:])

    def allowed_codes(self, how, where):
        """None = any. Before MPI is up and after it is down a signal ends the launcher itself, and mpirun answers
        SIGTERM with 1, or with what became of the ranks in the second that it leaves them."""
        if how == "USR1" and where not in ("start", "end"):
            return (75, 0, 138) if where == "synth" else (75, 0)  # synth does not say when it starts
        return None if how == "TERM" or where in ("start", "end", "synth") else (137,)


def wait_all():
    """Orphans of launchers that were killed."""
    for job in list(live):
        job.wait_gone()


def stop_everything(work):
    for job in list(live):
        job.signal(job.all(), signal.SIGKILL)
        job.finish()
    shutil.rmtree(shared(work), ignore_errors=True)


def digest(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def results(folder):
    """Name -> hash of all files that are results."""
    found = {}
    for base, _, names in os.walk(folder):
        for name in names:
            path = os.path.relpath(os.path.join(base, name), folder)
            if not OPERATIONAL.match(path):
                found[path] = digest(os.path.join(base, name))
    return found


class World:
    """One input, its command, and what comes out if nobody disturbs it."""

    often = ["--set", "run.node_mtbf_hours=1e-6"]  # Daly's formula then says: always
    settings = [[], often, ["--set", "io.direct=always"] + often, ["--set", "input.batch_mib=1"] + often,
                ["--set", "run.memory_per_rank=72", "--set", "input.batch_mib=1"]]

    def __init__(self, name, program, work, arguments, stages, old=None):
        self.name, self.program, self.work, self.arguments = name, program, work, arguments
        self.stages, self.times, self.has_old = stages, {}, old is not None
        self.environment = dict(os.environ, TMPDIR=os.path.join(work, "tmp"),
                                OMPI_MCA_btl_vader_backing_directory=shared(work))
        self.reference = self.undisturbed(2, [])
        self.old_folder, self.old = os.path.join(work, name + ".old"), {}
        if old is not None:
            job = self.start(self.old_folder, 2, old, name + ".old")
            assert job.finish() == 0, job.text()
            job.wait_gone()
            self.old = results(self.old_folder)

    def start(self, folder, ranks, extra, mark):
        for part in (self.environment["TMPDIR"], shared(self.work)):  # what a killed launcher leaves is not ours
            shutil.rmtree(part, ignore_errors=True)
            os.makedirs(part)
        os.makedirs(scratch(self.work), exist_ok=True)
        command = ["mpirun", "-n", str(ranks), self.program] + self.arguments(folder) + extra
        return Job(command, mark, self.environment)

    def undisturbed(self, ranks, extra):
        folder = os.path.join(self.work, "run")  # synth writes its name into config.yaml
        shutil.rmtree(folder, ignore_errors=True)
        job = self.start(folder, ranks, extra, "%s.reference.%d" % (self.name, ranks))
        assert job.finish() == 0, job.text()
        ended = time.monotonic()
        job.wait_gone()
        points = [("start", job.started)] + sorted(job.at.items(), key=lambda item: item[1]) + [("", ended)]
        self.times[ranks] = {a[0]: (a[1] - job.started, b[1] - a[1]) for a, b in zip(points, points[1:])}
        found = results(folder)
        shutil.rmtree(folder)
        return found

    def measure(self, ranks):
        if ranks not in self.times:
            assert self.undisturbed(ranks, []) == self.reference, "undisturbed runs differ"

    def moment(self, stage, ranks):
        """When a stage begins and how long it takes on so many ranks, undisturbed."""
        if stage == "synth":
            return 0, sum(length for _, length in self.times[ranks].values())
        return self.times[ranks][stage]

    def prepare(self, folder, old):
        shutil.rmtree(folder, ignore_errors=True)
        if old:
            shutil.copytree(self.old_folder, folder)

    def check_partial(self, folder, old, need):
        """After a kill: a result is new, or old, or not there."""
        for name, found in results(folder).items() if os.path.isdir(folder) else []:
            if name in self.reference:
                need(found == self.reference[name] or (old and found == self.old[name]), "%s is half written" % name)

    def check_complete(self, folder, need):
        found = results(folder)
        passing = [name for name in found if PASSING.match(name)]
        need(not passing, "left over: %s" % passing)
        need(set(found) == set(self.reference), "files differ: %s" % sorted(set(found) ^ set(self.reference)))
        for name, value in self.reference.items():
            need(found[name] == value, "%s differs from the undisturbed run" % name)


DIRT = ["--dirt-missing-id", "0.01", "--dirt-duplicates", "0.01", "--dirt-numbers", "0.005"]
TABLES = """
customers:
  files: [tables/customers-*.csv]
  columns: {customer: id, signup: since, consent: consent, protected: protected}
  attributes: [{column: age, name: years}, {column: region, kind: categorical}]
interactions:
  files: [tables/interactions-*.csv]
  columns: {value: value, response: hours}
  kinds: [{word: pageview, kind: visit}, {word: login, kind: login}, {word: complaint, kind: complaint}]
wide:
  files: [tables/wide-*.csv]
  categorical: [{column: plan}]
"""


def synth(program, folder, *options):
    subprocess.run(["mpirun", "-n", "2", program, "synth", "--output", folder] + list(options), check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def make_worlds(program, work, small):
    here = os.path.dirname(os.path.abspath(__file__))
    size = "4000" if small else "20000"
    plain, zipped = os.path.join(work, "plain"), os.path.join(work, "zipped")
    synth(program, plain, "--customers", size, "--files", "3", *DIRT)
    subprocess.run(["/usr/bin/python3", os.path.join(here, "../tests/system/profiles_data.py"), plain,
                    os.path.join(plain, "tables")], check=True)
    with open(os.path.join(plain, "config.yaml"), "a") as file:
        file.write(TABLES)
    synth(program, zipped, "--customers", size, "--files", "2", "--seed", "3", "--gzip", *DIRT)

    def run(source, *extra):
        return lambda folder: ["run", os.path.join(source, "config.yaml"), "-v", "--set", "run.directory=" + folder,
                               "--set", "run.scratch=" + scratch(work), "--set", "run.lock_wait_seconds=120"] + list(extra)

    stages = ["start"] + STAGES[:-1] + ["end"]
    other = ["--set", "input.amount_tolerance=0.02", "--set", "run.seed=2"]
    worlds = [
        World("plain", program, work, run(plain, "--set", "segment.k_max=8", "--set", "segment.gap_references=3"),
              stages, other),
        World("zipped", program, work, run(zipped, "--set", "input.duplicates=drop_between_files"),
              [s for s in stages if s != "profiles"], other)]
    made = World("synth", program, work,
                 lambda folder: ["synth", "--output", folder, "--customers", size, "--files", "3"] + DIRT, ["synth"])
    made.settings = [[]]
    return worlds + [made]
