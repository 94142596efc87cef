"""Turns the user's choices into a plan for an installation: finds a Python, reads the pack, asks what must be asked."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable

from qgis.PyQt.QtCore import QObject, Qt, pyqtSignal
from qgis.PyQt.QtWidgets import QMessageBox, QPushButton, QWidget

from ..core.child_environment import clean_environment
from ..core.install import sources
from ..core.install.failures import CANCELLED, Failure, InstallError, classify, explain
from ..core.install.installer import InstallPlan
from ..core.install.pack import Pack, read_pack
from ..core.install.process import ChildProcess, Outcome
from ..core.install.pythons import UV_VERSION, Python, PythonFinder, uv_program
from ..core.install.source_settings import Sources
from ..core.install.sources import INSTALLED_FACTOR, PackageList
from ..core.install.worker import Worker
from .plain_text import plain


class InstallPreparation(QObject):
    """Prepares one installation at a time. Questions are message boxes that do not block.

    Signals:
        stage_changed(text), line(text): for the user and for the log.
        progressed(fraction): of reading the pack.
        pythons_found(pythons): the usable ones first.
        planned(plan): the `InstallPlan`; the user has agreed to it.
        failed(failure): there is no plan.
    """

    stage_changed = pyqtSignal(str)
    line = pyqtSignal(str)
    progressed = pyqtSignal(float)
    pythons_found = pyqtSignal(list)
    planned = pyqtSignal(object)
    failed = pyqtSignal(object)

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._finder = PythonFinder(self)
        self._process = ChildProcess(self)
        self._process.line.connect(self.line)
        self._worker: Worker | None = None
        self._question: QMessageBox | None = None
        self._sources = Sources()
        self._pack: Path | None = None
        self._asked_uv = False

    def find_pythons(self, chosen: str) -> None:
        """Only look which Python would be used."""
        self._finder.find(chosen, self.pythons_found.emit)

    def prepare(self, chosen_python: str, pack: Path | None, chosen: Sources) -> None:
        """Emits `planned` or `failed` later. `pack` is None for an installation from the internet."""
        self._sources, self._pack, self._asked_uv = chosen, pack, False
        self.stage_changed.emit(self.tr("Looking for Python…"))
        self._finder.find(chosen_python, lambda found: self._found(found, chosen_python))

    def cancel(self) -> None:
        """Ends the preparation; emits `failed`."""
        self.close()
        self.failed.emit(explain(CANCELLED))

    def close(self) -> None:
        """Ends processes and threads. Emits nothing."""
        self._finder.stop()
        self._process.stop()
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.cancel()
            worker.wait(5000)
        question, self._question = self._question, None
        if question is not None:
            question.blockSignals(True)
            question.close()
            question.deleteLater()

    # --- Python ------------------------------------------------------------------------------------

    def _found(self, found: list[Python], chosen: str) -> None:
        self.pythons_found.emit(found)
        usable = [python for python in found if not python.problem]
        for python in found:
            self.line.emit(python.problem or python.label)
        if not usable:
            self._no_python(found, chosen)
        elif self._pack is None:
            self._plan_download(usable[0])
        else:
            self._read_pack(self._pack, usable)

    def _no_python(self, found: list[Python], chosen: str) -> None:
        uv = uv_program() if not chosen and not self._asked_uv else ""
        if uv and self._pack is None:
            self._asked_uv = True
            text = self.tr("No Python 3.11, 3.12 or 3.13 was found. The program uv on this computer can download Python"
                           " {version} (about 35 MB). It changes no other Python.")  # fmt: skip
            self._ask(text.format(version=UV_VERSION), self.tr("Download Python"), lambda: self._install_python(uv))
            return
        why = found[0].problem if chosen and found else self.tr("No Python 3.11, 3.12 or 3.13 was found.")
        hint = self.tr("Install Python 3.12 from python.org or with your system's package manager, or choose one under"
                       " Advanced.")  # fmt: skip
        self.failed.emit(Failure("no_python", why, hint))

    def _install_python(self, uv: str) -> None:
        self.stage_changed.emit(self.tr("Downloading Python {version}…").format(version=UV_VERSION))
        environment = clean_environment()
        for name, value in sources.proxy_variables(sources.ANY_SERVER).items():
            environment.insert(name, value)
        self._process.start(uv, ["python", "install", UV_VERSION], environment, self._python_installed)

    def _python_installed(self, outcome: Outcome) -> None:
        if outcome.ok:
            self._finder.find("", lambda found: self._found(found, ""))
        else:
            self.failed.emit(classify(outcome.error or outcome.output, outcome.crashed))

    # --- from the internet -------------------------------------------------------------------------

    def _plan_download(self, python: Python) -> None:
        try:
            packages = sources.package_list(python.platform)
        except InstallError as error:
            self.failed.emit(error.failure)
            return
        text = self.tr("EarthLoc will download {n} packages, about {size} MB, from {place}. The engine then needs about"
                       " {installed} MB on the disk. Each file is checked against the list that comes with the"
                       " plugin.")  # fmt: skip
        place = self._sources.index_url or self.tr("Python's package index")
        megabytes = packages.download_bytes / 1_000_000
        self._ask(
            text.format(n=packages.packages, size=round(megabytes), installed=round(INSTALLED_FACTOR * megabytes),
                        place=place),
            self.tr("Download"), lambda: self._plan(python, packages),
        )  # fmt: skip

    # --- from a pack -------------------------------------------------------------------------------

    def _read_pack(self, path: Path, usable: list[Python]) -> None:
        self.stage_changed.emit(self.tr("Checking {name}…").format(name=path.name))
        worker = self._worker = Worker(lambda progress: read_pack(path, progress), self)
        worker.progressed.connect(self.progressed)
        worker.ended.connect(lambda result: self._pack_read(worker, result, usable))
        worker.start()

    def _pack_read(self, worker: Worker, result: Any, usable: list[Python]) -> None:
        worker.wait()
        worker.deleteLater()
        if worker is not self._worker:
            return
        self._worker = None
        if isinstance(result, Failure):
            self.failed.emit(result)
            return
        pack: Pack = result
        fitting = [python for python in usable if python.platform == pack.platform and python.minor in pack.pythons]
        if not fitting:
            problem = self.tr("{name} was made for {platform} and Python {versions}; this computer has {label}.")
            here = f"{usable[0].platform}, Python {usable[0].minor}"
            self.failed.emit(Failure(
                "wrong_pack", problem.format(name=pack.path.name, platform=pack.platform,
                                             versions=", ".join(pack.pythons), label=here),
                self.tr("Download the pack for this computer, or choose another Python under Advanced."),
            ))  # fmt: skip
        elif pack.released:
            self._plan(fitting[0], pack)
        else:
            text = self.tr("{name} is not among the packs that this plugin knows. A pack contains programs: install it"
                           " only if you trust its origin and its SHA-256 is the one published there:")  # fmt: skip
            self._ask(f"{text.format(name=pack.path.name)}\n\n{pack.sha256}", self.tr("Install this pack"),
                      lambda: self._plan(fitting[0], pack))  # fmt: skip

    # --- asking ------------------------------------------------------------------------------------

    def _plan(self, python: Python, source: Pack | PackageList) -> None:
        self.planned.emit(InstallPlan(python, source, self._sources))

    def _ask(self, text: str, yes: str, then: Callable[[], None]) -> None:
        """Asks whether to continue; Cancel is the default."""
        question = self._question = QMessageBox(self._window)
        question.setObjectName("install_question")
        question.setWindowTitle(self.tr("Install the EarthLoc engine"))
        question.setIcon(QMessageBox.Icon.Question)
        question.setText(plain(text))
        question.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        agree = QPushButton(yes, question)
        agree.setObjectName("install_agree_button")
        question.addButton(agree, QMessageBox.ButtonRole.AcceptRole)
        question.setDefaultButton(question.addButton(QMessageBox.StandardButton.Cancel))

        def answered() -> None:
            if question is self._question:
                self._question = None
                question.deleteLater()
                if question.clickedButton() is agree:
                    then()
                else:
                    self.failed.emit(explain(CANCELLED))

        question.finished.connect(lambda _: answered())
        question.open()
