"""Collects the texts of the plugin in its translation files, and compiles these files.

    python tools/translations.py            # updates earthloc_qgis/i18n/*.ts
    python tools/translations.py --check    # lists missing translations; exit code 1 if there are any

Texts are the arguments of `tr("...")` and `translate("Context", "...")`. Existing translations are kept, and those of
deleted texts are removed. Qt's lrelease compiles the files (tools/package.py).
"""

from __future__ import annotations

import argparse
import ast
import json
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(REPOSITORY))
from engine.contract.messages import MESSAGES  # noqa: E402
from engine.contract.status import DECISION_LABELS, STATUS_LABELS  # noqa: E402

PLUGIN = REPOSITORY / "earthloc_qgis"
FOLDER = PLUGIN / "i18n"
PRESETS = REPOSITORY / "resources" / "imagery"
OWN_CONTEXT = "EarthLoc"  # of texts outside Qt classes

Texts = dict[str, list[str]]  # by context, in the order of the source files


def collect() -> Texts:
    """Collects all texts of the plugin."""
    found: Texts = {}
    for path in sorted(PLUGIN.rglob("*.py")):
        _Collector(found, path).visit(ast.parse(path.read_text(encoding="utf-8")))
    labels = found.setdefault(OWN_CONTEXT, [])
    for label in (*STATUS_LABELS.values(), *DECISION_LABELS.values(), *_preset_texts(), *MESSAGES.values()):
        if label not in labels:
            labels.append(label)
    return found


def _preset_texts() -> list[str]:
    """What a user must know of the tile servers that EarthLoc offers."""
    presets = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(PRESETS.glob("*.json"))]
    return [preset[field] for preset in presets for field in ("licence", "notice")]


class _Collector(ast.NodeVisitor):
    def __init__(self, found: Texts, path: Path) -> None:
        self._found, self._path, self._context = found, path, OWN_CONTEXT

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        before, self._context = self._context, node.name
        # Processing algorithms are not QObjects; they use the tr() of processing/base.py.
        if "processing" in self._path.parts:
            self._context = OWN_CONTEXT
        self.generic_visit(node)
        self._context = before

    def visit_Call(self, node: ast.Call) -> None:
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        arguments = [argument.value if isinstance(argument, ast.Constant) else None for argument in node.args]
        if name == "translate" and len(arguments) >= 2 and isinstance(arguments[1], str):
            self._add(str(arguments[0]), arguments[1])
        elif name in ("tr", "_tr") and arguments and isinstance(arguments[0], str):
            self._add(self._context if name == "tr" else OWN_CONTEXT, arguments[0])
        self.generic_visit(node)

    def _add(self, context: str, text: str) -> None:
        texts = self._found.setdefault(context, [])
        if text and text not in texts:
            texts.append(text)


def read(path: Path) -> dict[tuple[str, str], str]:
    """Reads the finished translations of a file, by context and text."""
    known = {}
    for context in ET.parse(path).getroot().iter("context"):
        for message in context.iter("message"):
            translation = message.find("translation")
            if translation is not None and translation.get("type") != "unfinished" and translation.text:
                known[context.findtext("name", ""), message.findtext("source", "")] = translation.text
    return known


def write(path: Path, texts: Texts, known: dict[tuple[str, str], str]) -> None:
    """Writes a translation file with all texts and their known translations."""
    root = ET.Element("TS", version="2.1", language=path.stem.rpartition("_")[2])
    for name in sorted(texts):
        context = ET.SubElement(root, "context")
        ET.SubElement(context, "name").text = name
        for text in texts[name]:
            message = ET.SubElement(context, "message")
            ET.SubElement(message, "source").text = text
            translation = ET.SubElement(message, "translation")
            if (name, text) in known:
                translation.text = known[name, text]
            else:
                translation.set("type", "unfinished")
    ET.indent(root)
    content = ET.tostring(root, encoding="unicode")
    path.write_text(f'<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE TS>\n{content}\n', encoding="utf-8")


def missing(path: Path, texts: Texts) -> list[tuple[str, str]]:
    """Returns context and text of missing translations."""
    known = read(path)
    return [(context, text) for context in texts for text in texts[context] if (context, text) not in known]


def compile_into(folder: Path) -> bool:
    """Compiles the translations into a folder; returns False if lrelease is not installed."""
    program = shutil.which("lrelease") or shutil.which("lrelease-qt5") or shutil.which("lrelease6")
    if program is None:
        return False
    folder.mkdir(parents=True, exist_ok=True)
    for path in sorted(FOLDER.glob("*.ts")):
        subprocess.run([program, str(path), "-qm", str(folder / f"{path.stem}.qm")], check=True, capture_output=True)
    return True


def main() -> int:
    """Updates or checks the translation files."""
    arguments = argparse.ArgumentParser(description="Updates the translations of the plugin.")
    arguments.add_argument("--check", action="store_true", help="only list missing translations")
    check = arguments.parse_args().check
    texts, missing_count = collect(), 0
    for path in sorted(FOLDER.glob("*.ts")):
        if not check:
            write(path, texts, read(path))
        untranslated = missing(path, texts)
        missing_count += len(untranslated)
        print(f"{path.name}: {len(untranslated)} of {sum(map(len, texts.values()))} texts are not translated")
        for context, text in untranslated:
            print(f"  {context}: {text}")
    return 1 if check and missing_count else 0


if __name__ == "__main__":
    sys.exit(main())
