"""Installs an engine step by step, without ever blocking QGIS; leaves nothing behind when a step fails.

Steps: lock, remove leftovers, unpack the pack, make the environment, run pip, ask the new engine, complete. The setting
that names the engine is not touched here; the caller switches it when `finished` brings a new engine.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Optional, Union

from qgis.PyQt.QtCore import QDateTime, QLockFile, QObject, QProcessEnvironment, Qt, QTimer, pyqtSignal

from ..child_environment import clean_environment
from ..words import tr as _tr
from . import folders, sources
from .engine_check import EngineCheck
from .failures import CANCELLED, Failure, InstallError, classify, explain
from .pack import Pack, Progress, extract
from .process import ChildProcess, Outcome, module_arguments
from .pythons import Python
from .source_settings import Sources
from .sources import PackageList
from .worker import Worker

# Unpacked pack and environment, by the size of the pack, which holds wheels for three versions of Python: 585 MB became
# 585 + 837 MB on Linux; the packs for macOS are smaller, their environments hardly.
_PACK_FACTOR = 3.0
_FULL_BYTES = 5_000_000  # a disk with less is taken for the reason of a failure
# Fractions of the progress bar at the end of each step; pip is by far the longest.
_UNPACKED, _ENVIRONMENT, _DOWNLOADED, _INSTALLED = 0.1, 0.2, 0.6, 0.95


@dataclass(frozen=True)
class InstallPlan:
    """What to install, with which Python, and from where."""

    python: Python
    source: Union[Pack, PackageList]
    sources: Sources

    @property
    def needed_bytes(self) -> int:
        """Space on the disk during the installation: packages and environment."""
        if isinstance(self.source, Pack):
            return int(_PACK_FACTOR * self.source.unpacked_bytes)
        return int((1 + sources.INSTALLED_FACTOR) * self.source.download_bytes)


class EngineInstaller(QObject):
    """Runs one installation at a time.

    Signals:
        stage_changed(text): what happens now, for the user.
        progressed(fraction): of the whole installation.
        line(text): a line of the log.
        finished(result): an `InstalledEngine`, or the `Failure`. Everything else has been deleted then.
    """

    stage_changed = pyqtSignal(str)
    progressed = pyqtSignal(float)
    line = pyqtSignal(str)
    finished = pyqtSignal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.process = ChildProcess(self)
        self._check = EngineCheck(self)
        for process in (self.process, self._check.process):
            process.line.connect(self.line)
        self.process.line.connect(self._pip_line)
        self._worker: Worker | None = None
        self._lock: QLockFile | None = None
        self._plan: InstallPlan | None = None
        self._environment: Path | None = None
        self._failure: Failure | None = None
        self._collected = self._packages = 0
        self._fraction = 0.0
        self._with_trusted_certificates = False
        self._counter = QTimer(self)  # pip does not say how many packages it has installed
        self._counter.setInterval(500)
        self._counter.timeout.connect(self._count_installed)

    @property
    def running(self) -> bool:
        """Whether an installation runs, or is being undone."""
        return self._plan is not None

    def start(self, plan: InstallPlan) -> None:
        """Starts an installation; `finished` is emitted later, exactly once."""
        if self.running:
            return
        self._plan, self._failure, self._environment = plan, None, None
        self._with_trusted_certificates = False
        self._collected, self._fraction = 0, 0.0
        try:
            self._lock = folders.install_lock()
        except InstallError as error:
            failure = error.failure
            QTimer.singleShot(0, lambda: self._end(failure))
            return
        self._stage(_tr("Preparing…"), 0.0)
        self._run(lambda progress: _prepare(plan), self._prepared)

    def cancel(self) -> None:
        """Ends the installation: kills its process and deletes its files."""
        plan = self._plan
        # Later, because this may be called by a slot of a signal that a step has just emitted.
        QTimer.singleShot(0, lambda: self._cancel_now() if plan is self._plan else None)

    def close(self) -> None:
        """Ends the installation and waits until its files are deleted. For use when the plugin is unloaded."""
        self.blockSignals(True)
        self._cancel_now()
        if self._worker is not None:
            self._worker.cancel()
            self._worker.wait(5000)
        if self._environment is not None:
            with suppress(InstallError):  # else the next installation deletes it
                folders.discard(self._environment)
        self._release()

    def _cancel_now(self) -> None:
        if self.running and self._failure is None:
            self._fail(explain(CANCELLED))

    # --- steps -------------------------------------------------------------------------------------

    def _prepared(self, environment: Path) -> None:
        self._environment = environment
        source = self._current.source
        if not isinstance(source, Pack):
            self._packages = source.packages
            self._make_environment()
            return
        pack, partial = source, folders.partial_of(environment)
        self._packages = sum(name.endswith(".whl") for name in pack.files)
        self._stage(_tr("Checking and unpacking {name}…").format(name=pack.path.name), 0.0)
        self._run(lambda progress: extract(pack, partial, progress), lambda _: self._make_environment(), _UNPACKED)

    def _make_environment(self) -> None:
        self._stage(_tr("Making the Python environment…"), _UNPACKED)
        # pip is added in a step of its own, because venv hides why that failed.
        arguments = module_arguments("venv", "--without-pip", str(self._environment_path))
        self._start(self._current.python.program, arguments, clean_environment(), self._add_pip)

    def _add_pip(self) -> None:
        environment = self._environment_path
        variables = sources.offline_environment(folders.partial_of(environment))
        arguments = module_arguments("ensurepip", "--default-pip")
        self._start(str(folders.python_in(environment)), arguments, variables, self._install_packages)

    def _install_packages(self) -> None:
        environment, plan = self._environment_path, self._current
        partial = folders.partial_of(environment)
        # Never builds packages from source, which would run their programs and need a compiler.
        arguments = ["install", "--require-hashes", "--only-binary", ":all:", "--no-warn-script-location"]
        if isinstance(plan.source, Pack):
            variables = sources.offline_environment(partial)
            arguments += ["--no-index", "--no-cache-dir", "--find-links", str(partial / "wheels")]
            requirements = partial / "requirements.txt"
            self._stage(_tr("Installing the packages…"), _ENVIRONMENT)
        else:
            variables = sources.online_environment(plan.sources, partial, _cache())
            requirements = plan.source.path
            certificates = partial / "certificates.pem"
            if self._with_trusted_certificates and sources.write_certificates(environment, certificates):
                variables.insert("PIP_CERT", str(certificates))
            self._stage(_tr("Downloading the packages…"), _ENVIRONMENT)
        self._collected = 0
        self._counter.start()
        python = str(folders.python_in(environment))
        self._start(python, module_arguments("pip", *arguments, "-r", str(requirements)), variables, self._ask_engine)

    def _ask_engine(self) -> None:
        self._counter.stop()
        self._stage(_tr("Starting the new engine…"), _INSTALLED)
        self._check.check(str(folders.program_in(self._environment_path)), self._checked)

    def _checked(self, version: str, failure: Failure | None) -> None:
        expected = self._current.source.engine
        if failure is None and version != expected:
            failure = Failure(
                "version", _tr("The new engine says that it is version {version}, not {expected}.").format(
                    version=version, expected=expected), _tr("Use another pack file."))  # fmt: skip
        if failure is not None:
            self._fail(failure)
            return
        source, environment = self._current.source, self._environment_path
        record = {
            "version": version,
            "python": ".".join(map(str, self._current.python.version)),
            "source": str(source.path) if isinstance(source, Pack) else "internet",
            "installed": QDateTime.currentDateTimeUtc().toString(Qt.DateFormat.ISODate),
        }
        self._stage(_tr("Completing…"), _INSTALLED)
        self._run(lambda progress: _complete(environment, record), self._end)

    # --- progress ----------------------------------------------------------------------------------

    def _pip_line(self, text: str) -> None:
        if text.startswith(("Collecting ", "Processing ")):
            self._collected += 1
            name = re.split(r"[=<>!~;\s\[]", text.split(" ", 1)[1].strip().replace("\\", "/").rpartition("/")[2])[0]
            done = min(1.0, self._collected / max(1, self._packages))
            stage = _tr("Downloading package {n} of {total}: {name}")
            if isinstance(self._current.source, Pack):
                stage = _tr("Reading package {n} of {total}: {name}")
            self._stage(stage.format(n=self._collected, total=max(self._packages, self._collected), name=name),
                        _ENVIRONMENT + done * (_DOWNLOADED - _ENVIRONMENT))  # fmt: skip
        elif text.startswith("Installing collected packages"):
            self._stage(_tr("Installing the packages…"), _DOWNLOADED)
            self._packages = self._collected or self._packages

    def _count_installed(self) -> None:
        site = folders.site_packages_in(self._environment_path)
        count = sum(1 for _ in site.glob("*.dist-info")) if site is not None else 0
        if count > 1:  # pip itself is the first
            done = min(1.0, (count - 1) / max(1, self._packages))
            self._advance(_DOWNLOADED + done * (_INSTALLED - _DOWNLOADED))

    def _stage(self, text: str, fraction: float) -> None:
        self.stage_changed.emit(text)
        self._advance(fraction)
        self.line.emit(text)

    def _advance(self, fraction: float) -> None:
        self._fraction = max(fraction, self._fraction)  # the steps overlap a little
        self.progressed.emit(self._fraction)

    # --- running and ending ------------------------------------------------------------------------

    @property
    def _current(self) -> InstallPlan:
        if self._plan is None:
            raise RuntimeError("no installation runs")
        return self._plan

    @property
    def _environment_path(self) -> Path:
        if self._environment is None:
            raise RuntimeError("no environment is reserved")
        return self._environment

    def _start(self, program: str, arguments: list[str], environment: QProcessEnvironment,
               then: Callable[[], None]) -> None:  # fmt: skip
        self.process.start(program, arguments, environment, lambda outcome: self._process_ended(outcome, then))

    def _process_ended(self, outcome: Outcome, then: Callable[[], None]) -> None:
        if outcome.ok:
            then()
            return
        output = outcome.error or outcome.output
        failure = classify(output, outcome.crashed)
        if failure.kind == "no_wheel":
            failure = classify(output + sources.unreachable_addresses(folders.partial_of(self._environment_path)))
        if failure.kind == "unknown" and folders.free_bytes() < _FULL_BYTES:
            failure = explain("disk_full")
        if failure.kind == "certificate" and not self._with_trusted_certificates and (
            not self._current.sources.certificate and sources.trusted_certificates()
        ):  # fmt: skip
            self._with_trusted_certificates = True
            self.line.emit(_tr("pip does not know the certificate. Trying again with those that QGIS trusts."))
            self._install_packages()
            return
        self._fail(failure)

    def _run(self, task: Callable[[Progress], Any], then: Callable[[Any], None], share: float = 0.0) -> None:
        worker = self._worker = Worker(task, self)
        if share:
            worker.progressed.connect(lambda fraction: self._advance(share * fraction))
        worker.ended.connect(lambda result: self._worker_ended(worker, result, then))
        worker.start()

    def _worker_ended(self, worker: Worker, result: Any, then: Callable[[Any], None]) -> None:
        worker.wait()
        worker.deleteLater()
        if worker is not self._worker:
            return
        self._worker = None
        if isinstance(result, Path) and self._environment is None:
            self._environment = result  # so that it is deleted, if the user has cancelled now
        if self._failure is not None:  # cancelled or failed while the other thread was busy
            self._undo()
        elif isinstance(result, Failure):
            self._fail(result)
        else:
            then(result)

    def _fail(self, failure: Failure) -> None:
        self._failure = failure
        self._counter.stop()
        self.process.stop()
        self._check.stop()
        self.line.emit(str(failure))
        if self._worker is not None:
            self._worker.cancel()  # then `_worker_ended` undoes
        else:
            self._undo()

    def _undo(self) -> None:
        environment, failure = self._environment, self._failure
        self._environment = None
        if environment is None:
            self._end(failure)
            return
        keep_downloads = failure is not None and failure.kind not in (CANCELLED, "disk_full")
        self._stage(_tr("Deleting incomplete files…"), 0.0)
        self._run(lambda progress: _undo(environment, keep_downloads), lambda _: self._end(failure))

    def _end(self, result: Optional[object]) -> None:
        self._release()
        self.finished.emit(result)

    def _release(self) -> None:
        self._plan = self._environment = None
        if self._lock is not None:
            self._lock.unlock()
            self._lock = None


def _cache() -> Path:
    """Downloads that are complete: a second attempt after a failure does not fetch them again."""
    return folders.engines_folder() / "downloads"


def _prepare(plan: InstallPlan) -> Path:
    folders.remove_leftovers()
    if folders.free_bytes() < plan.needed_bytes:
        problem = _tr("The disk has {free} MB free; the installation needs about {needed} MB.").format(
            free=folders.free_bytes() // 1_000_000, needed=plan.needed_bytes // 1_000_000)  # fmt: skip
        raise InstallError(Failure("disk_full", problem, explain("disk_full").hint))
    return folders.new_environment(plan.source.engine)


def _complete(environment: Path, record: dict[str, Any]) -> folders.InstalledEngine:
    folders.delete(_cache())
    return folders.complete(environment, record)


def _undo(environment: Path, keep_downloads: bool) -> None:
    folders.discard(environment)
    if not keep_downloads:
        folders.delete(_cache())
