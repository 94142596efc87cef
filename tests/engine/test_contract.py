"""The contract: it runs where the plugin runs, checks what comes in, and its pages say what it says."""

import ast
import dataclasses
import json
import re
import shutil
import subprocess
import sys
import typing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import engine.contract
from engine.answer import without_place
from engine.contract import parameters
from engine.contract.localization import Localization, read_localization
from engine.contract.parameters import LAT, LON
from engine.contract.protocol import REQUESTS, CheckImagery, Localize, Register, SolveCamera
from engine.contract.results import FOOTPRINTS, TABLES
from engine.contract.review import photo_key
from engine.contract.status import DECISION_LABELS, STATUS_LABELS, DecisionKind, Status
from engine.contract.validation import InvalidValueError, parsed, validated
from engine.methods import Methods

FOLDER = Path(engine.contract.__file__).parent
DOCS = FOLDER.parent.parent / "docs"
MODULES = sorted(FOLDER.glob("*.py"))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_it_needs_python_3_9_and_the_standard_library_alone(path):
    tree = ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 9))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            assert {name.name.split(".")[0] for name in node.names} <= sys.stdlib_module_names
        elif isinstance(node, ast.ImportFrom) and not node.level:
            assert str(node.module).split(".")[0] in sys.stdlib_module_names
        # Python 3.9 cannot evaluate `X | Y`, and these annotations are evaluated to check values.
        elif isinstance(node, ast.AnnAssign) and path.name in ("localization.py", "protocol.py"):
            assert not any(isinstance(part, ast.BitOr) for part in ast.walk(node.annotation)), ast.unparse(node)


def test_it_works_in_python_3_9():
    program = shutil.which("python3.9")
    if program is None or subprocess.run([program, "--version"], capture_output=True, check=False).returncode:
        pytest.skip("needs python3.9, the oldest that QGIS ships")
    code = (
        "from engine.contract import protocol, results, validation; "
        "validation.parsed(protocol.Localize('a', ['b'], (1.0, 2.0)).params(), protocol.Localize)"
    )
    subprocess.run([program, "-c", code], cwd=FOLDER.parent.parent, check=True)


def test_every_word_has_a_label():
    assert set(STATUS_LABELS) == set(typing.get_args(Status))
    assert set(DECISION_LABELS) == set(typing.get_args(DecisionKind))


def test_the_engine_handles_every_request_of_a_lane():
    assert set(Methods().handlers) == {request for request in REQUESTS if request.LANE is not None}
    assert len({request.METHOD for request in REQUESTS}) == len(REQUESTS)


places = st.tuples(st.floats(*LAT), st.floats(*LON))


@given(
    nadir=st.none() | places,
    radius_km=st.floats(*parameters.RADIUS_KM),
    top_k=st.integers(1, 1000),
    register=st.booleans(),
    imagery=st.none() | st.text(min_size=1),
    out=st.none() | st.just("/a/b.gpkg"),
)
def test_a_request_comes_back_from_json_as_it_was_sent(nadir, radius_km, top_k, register, imagery, out):
    sent = Localize("/p.jpg", ["/index"], nadir, radius_km, top_k, register=register, imagery=imagery, out=out)
    assert parsed(json.loads(json.dumps(sent.params())), Localize) == sent


def test_parameters_with_their_default_are_not_sent():
    assert Localize("p.jpg", ["i"]).params() == {"photo": "p.jpg", "indexes": ["i"]}
    assert parsed({"photo": "p.jpg", "indexes": ["i"], "nadir": None, "top_k": None}, Localize).top_k == 10


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"photo": None}, "the parameter 'photo' is missing"),
        ({"photo": 5}, "'photo' must be text"),
        ({"photo": ""}, "'photo' must be a path"),
        ({"photo": "a\0b"}, "'photo' is not a path that a file can have"),
        ({"indexes": []}, "'indexes' must be a list of at least one path"),
        ({"indexes": "abc"}, "'indexes' must be a list"),
        ({"nadir": [1.0]}, "'nadir' must be a list of 2 numbers"),
        ({"nadir": [91, 0]}, "'nadir' must be a number from -90 to 90"),
        ({"nadir": [float("nan"), 0]}, "'nadir' must be a number"),
        ({"radius_km": True}, "'radius_km' must be a number"),
        ({"radius_km": 10**400}, "'radius_km' is too large"),
        ({"top_k": 2.5}, "'top_k' must be a whole number"),
        ({"top_k": 0}, "'top_k' must be a number from 1 to 1000"),
        ({"register": 1}, "'register' must be true or false"),
        ({"radiuskm": 5}, "unknown parameter 'radiuskm'"),
    ],
)
def test_bad_parameters_are_refused_by_name(change, problem):
    with pytest.raises(InvalidValueError) as refused:
        parsed({"photo": "p.jpg", "indexes": ["i"], **change}, Localize)
    assert str(refused.value) == problem


def test_empty_text_is_refused_as_text_not_as_a_list():
    with pytest.raises(InvalidValueError) as refused:
        parsed({"imagery": ""}, CheckImagery)
    assert str(refused.value) == "'imagery' must not be empty"


def test_objects_inside_parameters_are_checked():
    point = {"x_px": 1, "y_px": 2, "lat": 3.0, "lon": 4.0}
    assert parsed({"photo": "p", "tie_points": [point]}, SolveCamera).tie_points == [point]
    with pytest.raises(InvalidValueError, match=r"'tie_points\[0\].lat' must be a number from -90 to 90"):
        parsed({"photo": "p", "tie_points": [{**point, "lat": 95}]}, SolveCamera)
    with pytest.raises(InvalidValueError, match=r"'pose.*' is missing"):
        parsed({"photo": "p", "tie_points": [point], "pose": {"width_px": 5}}, SolveCamera)


def test_a_localization_is_checked_and_an_older_one_completed():
    answer = without_place(Path("/p.jpg"), "failed", "why")
    assert read_localization(json.dumps(answer)) == answer
    older = {name: value for name, value in answer.items() if name not in ("pose", "tie_points", "imagery")}
    assert read_localization(json.dumps(older)) == answer
    newer = {**answer, "cloud_percent": 5}
    assert read_localization(json.dumps(newer)) == newer
    for damaged, problem in (
        ("{", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ("[]", "must be an object"),
        (json.dumps({**answer, "status": "somewhere"}), "'status' must be one of located"),
        (json.dumps({**answer, "center": ["a", 2]}), "'center[0]' must be a number"),
        (json.dumps({**answer, "candidates": [{}]}), "is missing"),
    ):
        with pytest.raises(InvalidValueError) as refused:
            read_localization(damaged)
        assert problem in str(refused.value)


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)
    )
)
def test_nothing_else_passes_for_a_localization(value):
    with pytest.raises(InvalidValueError):
        validated(value, Localization)


def test_the_key_of_a_photo_is_relative_below_the_folder_only(tmp_path):
    assert photo_key(tmp_path / "a" / "b.jpg", tmp_path) == "a/b.jpg"
    assert photo_key(tmp_path / "b.jpg", tmp_path / "a") == (tmp_path / "b.jpg").as_posix()
    assert photo_key("/x/\udcff.jpg", "/x") == "\\udcff.jpg"


def test_the_protocol_page_names_every_method_parameter_and_field():
    page = (DOCS / "protocol.md").read_text(encoding="utf-8").splitlines()
    rows = {line.split("`")[1]: line for line in page if line.startswith("| `")}
    assert set(rows) == {request.METHOD for request in REQUESTS}
    for request in REQUESTS:
        _, _, parameters, result, _ = rows[request.METHOD].replace("`", " ").split("|")
        for field in dataclasses.fields(request):
            assert field.name in parameters.split() + parameters.replace(",", " ").split(), (request, field.name)
        answer = getattr(request.ANSWER, "__annotations__", {})
        if request not in (Localize, Register):  # their answer has a page of its own
            for name in answer:
                assert name in result, (request, name)


def test_the_results_page_names_every_column_in_order():
    page = (DOCS / "results-schema.md").read_text(encoding="utf-8")
    named = [(column.name, column.short or column.name) for column in FOOTPRINTS.columns]
    assert re.findall(r"^\| `(\w+)` \| `(\w+)` \|", page, re.MULTILINE) == named
    for table in TABLES:
        if table is FOOTPRINTS:
            continue
        (line,) = [row for row in page.splitlines() if row.startswith(f"| `{table.name}` |")]
        at = -1
        for column in table.columns:
            at = line.find(column.name, at + 1)
            assert at >= 0, f"{table.name}.{column.name} is missing, or in another place"
