"""The commands of `earthloc` for photos. engine/cli.py parses their arguments. Each returns the exit code."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from engine.contract.localization import Localization, Where
from engine.contract.parameters import NO_HINT_KM2
from engine.contract.photos import PHOTO_SUFFIXES, photos_among
from engine.contract.status import FAILED
from engine.errors import InputError, OutputError, UsageError
from engine.progress import Progress
from engine.resources import included_indexes
from engine.terminal import ProgressLine

if TYPE_CHECKING:
    from engine.localize import Localizer
    from engine.where.language_model import LanguageModel

_PRINTED_CANDIDATES = 3
_SEARCH_PERCENT = 90
_SKIPPED = "skipped"  # shown instead of the status of a photo that a review decided on


def localize(args: argparse.Namespace) -> int:
    """Locates photos, prints each answer as soon as it is known, and adds it to the results GeoPackage."""
    photos = _photos(args.photos)
    _check_imagery(args.imagery)

    from engine.answer import photo_facts
    from engine.batch import answers
    from engine.localize import Query
    from engine.orbit.commands import hint_of, tell_silence
    from engine.registration.learned import LearnedFeatures
    from engine.registration.prepare import ROOT_SIFT
    from engine.results import ResultsFile

    results = ResultsFile(args.out) if args.out else None
    if results:
        results.prepare()  # reports a problem with the file before the photos are located
    localizer = _localizer(args.indexes, args.where_package)
    if args.where:
        localizer.estimator()  # reports a package that cannot be used before the photos are located
    hint = hint_of(args)
    extractor = LearnedFeatures(args.matcher) if args.matcher else ROOT_SIFT
    language_model = _language_model(args)
    statuses: dict[str, str] = {}
    problems: set[str] = set()
    to_locate: list[Path] = []
    for photo in photos:
        effective = results.reviewed(photo) if results and not args.include_reviewed else None
        if effective is None:
            to_locate.append(photo)
            continue
        statuses[str(photo)] = _SKIPPED
        decided = {**effective, "photo": str(photo), "skipped": True}
        print(json.dumps(decided) if args.json else f"{photo}: skipped, a review decided on it", flush=True)
    queries = [
        Query(
            photo,
            args.nadir,
            args.radius_km,
            args.top_k,
            register=not args.no_register,
            imagery=args.imagery,
            extractor=extractor,
            where=args.where,
            language_model=language_model,
            results=args.out,
            orbit=hint,
        )
        for photo in to_locate
    ]
    line = ProgressLine()
    line.show("localize", len(photos) - len(queries), len(photos), "")
    located: dict[str, Localization] = {}

    def tell(answer: Localization) -> None:
        if hint is not None:
            located[answer["photo"]] = answer
        statuses[answer["photo"]] = answer["status"]
        line.clear()
        print(json.dumps(answer) if args.json else _answer_in_words(answer), flush=True)
        if results:
            try:
                if not results.save(answer, photo_facts(Path(answer["photo"])), args.include_reviewed):
                    statuses[answer["photo"]] = _SKIPPED  # decided on while it was being located
            except OutputError as error:  # the remaining answers are still printed
                if str(error) not in problems:
                    print(f"earthloc: {error}", file=sys.stderr)
                problems.add(str(error))
        line.show("localize", len(statuses), len(photos), "")

    for answer in answers(localizer, queries, args.jobs):
        tell(answer)
    if args.solve_clock:
        from engine.orbit.solving import locate_again

        clocks, better = locate_again(localizer, queries, located)
        for clock in clocks:
            line.clear()
            print(json.dumps({"clock": clock.as_json()}) if args.json else str(clock.message), flush=True)
        for answer in better:
            tell(answer)
    line.clear()
    tell_silence(located.values())
    counts = Counter(statuses.values())
    if not args.json:
        found = ", ".join(f"{n} {status.replace('_', ' ')}" for status, n in counts.items())
        saved = f"; saved to {results.path}" if results and not problems else ""
        print(f"{counts.total()} photos: {found}{saved}")
        if counts[_SKIPPED]:
            print("Photos that a review decided on were skipped; --include-reviewed locates them again.")
    if problems:
        return OutputError.exit_code
    return InputError.exit_code if counts[FAILED] else 0


def register(args: argparse.Namespace) -> int:
    """Fits a photo to imagery at a place that is known."""
    from engine.answer import photo_facts
    from engine.register_at import Place, register_at
    from engine.results import ResultsFile

    results = ResultsFile(args.out) if args.out else None
    if results:
        results.prepare()
        if not args.include_reviewed:
            results.refuse_reviewed(args.photo)
    with ProgressLine() as line:
        lat, lon = args.at
        place = Place(args.photo, lat, lon, args.width_km, args.imagery, args.nadir)
        answer = register_at(place, Progress(line.show))
    print(json.dumps(answer) if args.json else _answer_in_words(answer))
    if results and not results.save(answer, photo_facts(args.photo), args.include_reviewed):
        results.refuse_reviewed(args.photo)  # decided on while it was being fitted
    return InputError.exit_code if answer["status"] == FAILED else 0


def georeference(args: argparse.Namespace) -> int:
    """Writes a registered photo as a file that other programs can place."""
    from engine.georeference.write import OutputSpec, georeference

    with ProgressLine() as line:
        wanted = OutputSpec(args.kind, args.out, args.crs, args.resolution_m, args.elevation)
        answer = georeference(args.photo, args.results, wanted, Progress(line.show))
    print(json.dumps(answer) if args.json else "\n".join([*answer["files"], f"  {answer['message']}"]))
    return 0


def where_map(args: argparse.Namespace) -> int:
    """Writes where a located photo could be as a raster."""
    from engine.where.raster import write_raster_of

    answer = write_raster_of(args.photo, args.results, args.out)
    area = "" if answer["area_km2"] is None else f"; with 90 % within {answer['area_km2']:,.0f} km2"
    print(json.dumps(answer) if args.json else f"{answer['out']}{area}")
    return 0


def matcher(args: argparse.Namespace) -> int:
    """Makes a package of a feature extractor from an ONNX file."""
    from engine.registration.learned import make_card

    card = make_card(args.onnx, args.out, args.name or args.onnx.stem, args.turns, args.equalised, args.licence)
    dimension, rotations = card["output"]["dimension"], args.turns
    text = f"{args.out}: {card['name']}, {dimension} numbers a feature, photos matched in {rotations} rotations"
    print(json.dumps(card) if args.json else text)
    return 0


def evaluate(args: argparse.Namespace) -> int:
    """Prints recall against a truth table."""
    from engine.evaluate import evaluate as evaluate_photos

    _check_imagery(args.imagery)

    localizer = _localizer(args.indexes, args.where_package)
    with ProgressLine() as line:
        found = evaluate_photos(
            args.truth,
            localizer,
            use_nadir=not args.no_nadir,
            radius_km=args.radius_km,
            search=args.search,
            register=not args.no_register,
            imagery=args.imagery,
            estimator=localizer.estimator() if args.area else None,
            progress=Progress(line.show),
        )
    if args.json:
        print(json.dumps(found))
        return 0
    print(f"{found['photos']} photos, {found['seconds_per_photo']} s each")
    print("right among the first " + "".join(f"{k:>7}" for k in found["recall"]))
    for key, text in (("recall", "tile touches footprint"), ("recall_strict", "and centre is near")):
        print(f"{text:22}" + "".join(f"{value:6.1f}%" for value in found[key].values()))
    print(f"located: {found['located']}, of these wrong: {found['wrong']}")
    if found["located"]:
        print(f"median centre error {found['median_center_error_km']} km, median IoU {found['median_iou']}")
    if args.area:
        print(f"{'area searched, km2':28}{'50 %':>14}{'90 %':>14} of the photos found")
        for name, area in found["area_by_source"].items():
            print(f"{name:28}{area['50']:14,}{area['90']:14,}")
    return 0


def doctor(args: argparse.Namespace) -> int:
    """Checks the installation."""
    from engine.doctor import EXIT_OK, EXIT_PROBLEM, examine

    report = examine(args.deep)
    print(json.dumps(report.as_json(args.paths), indent=1) if args.json else report.in_words(args.paths))
    return EXIT_OK if report.ok else EXIT_PROBLEM


def serve(args: argparse.Namespace) -> int:
    """Answers JSON-RPC requests until stdin closes."""
    from engine.service import serve as serve_requests

    return serve_requests(args.log_file)


# -- arguments --------------------------------------------------------------------------------


def _photos(paths: Sequence[Path]) -> list[Path]:
    """The photos of the arguments: files, and the photos directly in folders, sorted by name.

    In folders, a camera RAW file is left out if another photo has the same name.
    """
    photos: list[Path] = []
    for path in paths:
        if not os.path.isdir(path):
            photos.append(path)
            continue
        try:
            files = [p.name for p in path.iterdir() if p.is_file()]
        except OSError as error:
            raise InputError(path, "cannot be read", "change its permissions") from error
        inside = [path / name for name in photos_among(files)]
        if not inside:
            raise InputError(path, f"holds no photo ({', '.join(PHOTO_SUFFIXES)})", "name another folder")
        photos += inside
    return list(dict.fromkeys(photos))


def _check_imagery(imagery: str | None) -> None:
    """Opens the imagery once, so that a wrong path is reported once and not with every photo."""
    if imagery is not None:
        from engine.imagery.opening import open_imagery

        open_imagery(imagery).close()


def _language_model(args: argparse.Namespace) -> LanguageModel | None:
    if args.language_model is None:
        return None
    if not args.where:
        raise UsageError(None, "--language-model needs --where", "give both")

    from engine.where.language_model import LanguageModel

    return LanguageModel(args.language_model, args.language_model_name)


def _localizer(folders: Sequence[Path], where_package: Path | None = None) -> Localizer:
    if not folders:
        folders = included_indexes()
    if not folders:
        raise UsageError(
            None, "no regional index is chosen", "name one with --index, or build one with `earthloc index build`"
        )

    from engine.localize import Localizer, models_of
    from engine.retrieval.opening import open_index

    indexes = [open_index(folder) for folder in folders]
    return Localizer(indexes, models_of(indexes), where_package=where_package)


# -- text for people ---------------------------------------------------------------------------------


def _answer_in_words(answer: Localization) -> str:
    status = answer["status"].replace("_", " ")
    sure = f" (confidence {in_percent(answer['confidence'])})" if answer["confidence"] else ""
    lines = [f"{answer['photo']}: {status}{sure}"]
    if answer["message"]:
        lines.append(f"  {answer['message']}")
    where = answer.get("where")
    if where is not None:
        lines += _where_in_words(where)
    for candidate in answer["candidates"][:_PRINTED_CANDIDATES]:
        lat, lon = candidate["center"]
        away = candidate["nadir_distance_km"]
        lines.append(
            f"  {candidate['rank']}. {lat:.2f}, {lon:.2f}, {candidate['width_km']:.0f} km wide, "
            f"score {candidate['score']:.2f}" + (f", {away:.0f} km from the nadir" if away is not None else "")
        )
    return "\n".join(lines)


def _where_in_words(where: Where) -> list[str]:
    area_km2 = next(area["area_km2"] for area in where["areas"] if area["percent"] == _SEARCH_PERCENT)
    lines = [f"  search area: {_SEARCH_PERCENT} % within {area_km2:,.0f} km²"]
    if area_km2 > NO_HINT_KM2:
        lines[0] += "; the photo gives hardly any hint"
    else:
        for region in where["regions"][:_PRINTED_CANDIDATES]:
            lat, lon = region["center"]
            share = in_percent(region["probability"])
            lines.append(f"    {share} near {lat:.1f}, {lon:.1f} ({region['area_km2']:,.0f} km²)")
    return lines + [f"    without {left['source']}: {left['reason']}" for left in where["left_out"]]


def in_percent(confidence: float) -> str:
    """A probability as text. Nothing is certain, so it never says 100 %."""
    percent = round(100 * confidence)
    return f"{percent} %" if percent < 100 else "> 99 %"
