"""The command line `earthloc`. docs/cli.md fixes commands, options and exit codes.

Exit codes: 0 done (also when a photo is not found), 1 a bug of the program, 2 bad usage, 3 an input could
not be read, 4 an index or model is damaged or does not fit, 5 an output could not be written, 130 stopped by
Ctrl-C. Heavy libraries are imported by the command that needs them.
"""

from __future__ import annotations

import argparse
import io
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

# Set before numpy is imported: our matrices are small, and BLAS threads that wait for each other take processor time
# from the model. Building an index goes from 53-69 % of the model's own rate to 84-87 % (benchmarks/engine.py).
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
# MB. By default GDAL caches blocks in a twentieth of the computer's memory.
os.environ.setdefault("GDAL_CACHEMAX", "64")

import engine
from engine import commands, imagery_commands, index_commands
from engine.arguments import (
    add_include_reviewed,
    add_index,
    add_radius,
    add_where_package,
    bbox,
    place,
    resolution,
    whole,
    width,
    widths,
)
from engine.catalogue import commands as catalogue_commands
from engine.contract.parameters import GEOREFERENCED, GROUND_CRS, SEARCHED, TOP_K
from engine.errors import EarthLocError
from engine.orbit import commands as orbit_commands
from engine.passes import commands as passes_commands
from engine.records import commands as records_commands
from engine.run.commands import add_commands as add_run

_INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code; errors are one sentence on stderr."""
    _use_utf8()
    args = parser().parse_args(_join_negative_values(sys.argv[1:] if argv is None else argv))
    try:
        return args.run(args)
    except EarthLocError as error:
        if args.debug:
            raise
        print(f"earthloc: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("earthloc: stopped; what was finished is kept.", file=sys.stderr)
        return _INTERRUPTED
    except BrokenPipeError:  # the reader of our output, such as `head`, has closed the pipe
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except MemoryError:
        print("earthloc: there is not enough memory; close other programs and try again.", file=sys.stderr)
        return 1
    except Exception as error:
        if args.debug:
            raise
        what = f"{type(error).__name__}: {error}"
        print(f"earthloc: a bug in the program ({what}); run it with --debug and report it.", file=sys.stderr)
        return 1


def parser() -> argparse.ArgumentParser:
    """The grammar of the command line."""
    common = _Parser(add_help=False)
    common.add_argument("--debug", action="store_true", help="print the traceback of an error")
    top = _Parser(prog="earthloc", description="Finds where an astronaut's photograph of Earth was taken.")
    top.add_argument("--version", action="version", version=f"earthloc {engine.__version__}")
    kinds = top.add_subparsers(metavar="COMMAND", required=True, parser_class=_Parser)

    def command(group: Any, name: str, run: Any, text: str) -> argparse.ArgumentParser:
        created = group.add_parser(name, parents=[common], help=text, description=text[0].upper() + text[1:] + ".")
        created.set_defaults(run=run)
        return created

    locate = command(kinds, "localize", commands.localize, "find where photos were taken")
    locate.add_argument("photos", nargs="+", type=Path, metavar="PHOTO", help="a photo, or a folder of photos")
    add_index(locate)
    locate.add_argument(
        "--imagery",
        metavar="IMAGERY",
        help="reference imagery to register with: a raster, a folder of EarthLoc tiles, a tile server's address or "
        "JSON file, preset:NAME (default: the imagery of the index)",
    )
    locate.add_argument(
        "--where", action="store_true", help="say where photos that are not located could have been taken"
    )
    add_where_package(locate)
    locate.add_argument(
        "--language-model",
        metavar="ADDRESS",
        help="with --where: also register places that a language model on this computer names, such as "
        "http://127.0.0.1:11434; it gets a small JPEG of each photo (default: none is asked)",
    )
    locate.add_argument("--language-model-name", default="", metavar="NAME", help="model that the server should use")
    locate.add_argument("--no-register", action="store_true", help="only search, without registration; quick")
    locate.add_argument(
        "--matcher",
        type=Path,
        metavar="DIR",
        help="package of a feature extractor to register with (default: RootSIFT)",
    )
    locate.add_argument(
        "--records", type=Path, action="append", default=[], metavar="CATALOGUE",
        help="what a catalogue says about the photos, as hints: nadir, time, lens, altitude (see `records`)",
    )  # fmt: skip
    locate.add_argument("--nadir", type=place, metavar="LAT,LON", help="point under the station, for all photos")
    add_radius(locate)
    orbit_commands.add_localize_options(locate)
    locate.add_argument("--top-k", type=whole(*TOP_K), default=10, metavar="N", help="candidates (10)")
    locate.add_argument("--out", type=Path, metavar="FILE.gpkg", help="results GeoPackage to add the answers to")
    add_include_reviewed(locate)
    locate.add_argument("--jobs", type=whole(1, 64), default=1, metavar="N", help="photos at a time (1)")
    locate.add_argument("--json", action="store_true", help="print one JSON object a line")

    add_run(command, kinds)

    fit = command(kinds, "register", commands.register, "fit a photo to imagery at a place that you know")
    fit.add_argument("photo", type=Path, metavar="PHOTO")
    fit.add_argument(
        "--at", type=place, required=True, metavar="LAT,LON", help="about the centre of the ground it shows"
    )
    fit.add_argument(
        "--width-km", type=width, required=True, metavar="KM", help="about the length of its longer side on the ground"
    )
    fit.add_argument("--imagery", required=True, metavar="IMAGERY", help="reference imagery, as for localize")
    fit.add_argument("--nadir", type=place, metavar="LAT,LON", help="point under the station")
    fit.add_argument("--out", type=Path, metavar="FILE.gpkg", help="results GeoPackage to add the answer to")
    add_include_reviewed(fit)
    fit.add_argument("--json", action="store_true", help="print a JSON object")

    placing = command(kinds, "georeference", commands.georeference, "write a registered photo as a file with positions")
    placing.add_argument("photo", type=Path, metavar="PHOTO")
    placing.add_argument(
        "--results", type=Path, required=True, metavar="FILE.gpkg", help="results file with its registration"
    )
    placing.add_argument("--kind", choices=GEOREFERENCED, required=True, help="docs/georeferencing.md explains them")
    placing.add_argument("--out", type=Path, required=True, metavar="FILE", help="file to write")
    placing.add_argument("--crs", choices=GROUND_CRS, default=GROUND_CRS[0], help="coordinate system (auto)")
    placing.add_argument(
        "--resolution-m",
        type=resolution,
        metavar="M",
        help="ground size of a pixel (default: that of the photo's centre)",
    )
    placing.add_argument(
        "--elevation", type=Path, metavar="RASTER", help="heights in metres, for ortho (default: flat ground)"
    )
    placing.add_argument("--json", action="store_true", help="print a JSON object")

    mapped = command(kinds, "where-map", commands.where_map, "write where a located photo could be as a raster")
    mapped.add_argument("photo", type=Path, metavar="PHOTO")
    mapped.add_argument(
        "--results", type=Path, required=True, metavar="FILE.gpkg", help="results file that says where it could be"
    )
    mapped.add_argument("--out", type=Path, required=True, metavar="FILE.tif", help="GeoTIFF to write")
    mapped.add_argument("--json", action="store_true", help="print a JSON object")

    index = kinds.add_parser("index", help="build and look into regional indexes").add_subparsers(
        metavar="COMMAND", required=True, parser_class=_Parser
    )
    build = command(index, "build", index_commands.build, "build a regional index from georeferenced imagery")
    plan = command(index, "plan", index_commands.plan, "say how large an index would be, without building it")
    for planned in (build, plan):
        planned.add_argument("source", metavar="SOURCE", help="imagery, as for localize: a raster, a tile server, ...")
        planned.add_argument("--bbox", type=bbox, metavar="W,S,E,N", help="region in degrees (all of SOURCE)")
        planned.add_argument("--tile-km", type=widths, default=None, metavar="KM,...", help="tile widths (156,313,626)")
        planned.add_argument("--model", type=Path, metavar="PATH", help="model package (default: the included one)")
        planned.add_argument("--include-ocean", action="store_true", help="also tiles without land")
        planned.add_argument(
            "--feature-km",
            type=float,
            metavar="KM",
            help="ground resolution of the local features (default: as the imagery or the tiles allow; 0: no features)",
        )
    build.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder of the new index")
    plan.add_argument("--json", action="store_true", help="print a JSON object")
    build.add_argument("--update", type=Path, metavar="OLD", help="earlier index; unchanged tiles are copied from it")
    build.add_argument("--scheduler", default="", metavar="ADDRESS", help="Dask scheduler to build on, tcp://HOST:8786")
    build.add_argument("--resume", action="store_true", help="continue a build that was interrupted")
    build.add_argument(
        "--compact", action="store_true", help="a sixth of the size: descriptors in 8 bits, no tiles.gpkg for QGIS"
    )
    build.add_argument("--attribution", default="", metavar="TEXT", help="whom to credit for the imagery")
    build.add_argument("--licence", default="", metavar="TEXT", help="licence of the imagery")
    build.add_argument("--json", action="store_true", help="print the new index.json")
    info = command(index, "info", index_commands.info, "show what an index covers")
    info.add_argument("index", type=Path, metavar="DIR", help="or an address on Milvus")
    info.add_argument("--json", action="store_true", help="print its index.json")
    verify = command(index, "verify", index_commands.verify, "compare an index with its checksums")
    verify.add_argument("index", type=Path, metavar="DIR", help="or an address on Milvus")
    outlines = command(index, "tiles", index_commands.tiles, "write the outlines of an index's tiles for QGIS")
    outlines.add_argument("index", type=Path, metavar="DIR", help="or an address on Milvus")
    outlines.add_argument("--out", type=Path, required=True, metavar="FILE.gpkg", help="GeoPackage to write")
    push = command(index, "push", index_commands.push, "copy an index to Milvus, to be searched there")
    push.add_argument("index", type=Path, metavar="DIR")
    push.add_argument("address", metavar="milvus://HOST:PORT/NAME", help="or milvus:///FOLDER/FILE.db/NAME")
    link = command(index, "link", index_commands.link, "make a folder that stands for an index on Milvus, as for QGIS")
    link.add_argument("address", metavar="milvus://HOST:PORT/NAME", help="or milvus:///FOLDER/FILE.db/NAME")
    link.add_argument("--out", type=Path, required=True, metavar="DIR", help="the folder")
    link.add_argument("--imagery", type=Path, metavar="RASTER", help="on this computer, to fit photos to")
    listing = command(index, "list", index_commands.listing, "list the indexes in a folder")
    listing.add_argument("folder", nargs="?", type=Path, metavar="FOLDER", help="default: the included ones")
    listing.add_argument("--json", action="store_true", help="print one JSON object a line")

    servers = kinds.add_parser("imagery", help="tile servers to fit photos to").add_subparsers(
        metavar="COMMAND", required=True, parser_class=_Parser
    )
    offered = command(servers, "list", imagery_commands.listing, "list the presets: tile servers that need no login")
    tried = command(servers, "check", imagery_commands.check, "fetch one tile and say what is wrong, if anything")
    tried.add_argument("imagery", metavar="IMAGERY", help="preset:NAME, a tile server's address or JSON file")
    tried.add_argument("--at", type=place, metavar="LAT,LON", help="place that the tile must show (46.5,8)")
    for command_of_imagery in (offered, tried):
        command_of_imagery.add_argument("--json", action="store_true", help="print one JSON object a line")

    catalogues = kinds.add_parser("catalogue", help="make catalogues of photos, write them for other programs")
    catalogue_commands.add_commands(
        catalogues.add_subparsers(metavar="COMMAND", required=True, parser_class=_Parser), command
    )

    features = command(kinds, "matcher", commands.matcher, "make a package of a feature extractor from an ONNX file")
    features.add_argument(
        "onnx", type=Path, metavar="FILE.onnx", help="network that takes a picture and returns scores and descriptors"
    )
    features.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder of the new package")
    features.add_argument("--name", metavar="TEXT", help="its name (default: that of the file)")
    features.add_argument(
        "--turns", type=int, choices=(1, 4, 8), default=8, help="number of rotations of the photo to match (8)"
    )
    features.add_argument("--equalised", action="store_true", help="give it grey pictures with equalised contrast")
    features.add_argument("--licence", default="", metavar="TEXT", help="licence of the network")
    features.add_argument("--json", action="store_true", help="print the card")

    records_commands.add_commands(kinds, command)

    text = "measure recall and registration on photos with known footprints"
    rate = command(kinds, "evaluate", commands.evaluate, text)
    rate.add_argument("truth", type=Path, metavar="TRUTH.csv")
    add_index(rate)
    rate.add_argument(
        "--imagery", metavar="IMAGERY", help="reference imagery, as for localize (default: that of the index)"
    )
    rate.add_argument("--no-register", action="store_true", help="only measure the candidates")
    rate.add_argument(
        "--search",
        choices=SEARCHED,
        default=SEARCHED[0],
        help="which candidates to look for: tiles that look alike, votes of local features, or both (both)",
    )
    rate.add_argument(
        "--area", action="store_true", help="also measure the area that is searched until the place is found"
    )
    add_where_package(rate)
    rate.add_argument("--no-nadir", action="store_true", help="search everywhere")
    add_radius(rate)
    rate.add_argument("--json", action="store_true", help="print one JSON object")

    orbit_commands.add_commands(kinds, command)
    passes_commands.add_commands(kinds, command)

    check = command(kinds, "doctor", commands.doctor, "check the installation and say what to do about problems")
    check.add_argument("--deep", action="store_true", help="compare all included files with their checksums")
    check.add_argument("--paths", action="store_true", help="show the paths of files and folders")
    check.add_argument("--json", action="store_true", help="print one JSON object")

    serve = command(kinds, "serve", commands.serve, "answer JSON-RPC requests on stdin, for other programs")
    serve.add_argument("--log-file", type=Path, metavar="FILE", help="log (default: in your state folder)")
    return top


class _Parser(argparse.ArgumentParser):
    """Reports an error in one sentence, like the rest of the program."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"earthloc: {message}; see `{self.prog} --help`.\n")


def _join_negative_values(argv: Sequence[str]) -> list[str]:
    """`--nadir -12.5,40` as `--nadir=-12.5,40`: argparse would read the value as an option."""
    joined: list[str] = []
    for argument in argv:
        if joined and joined[-1] in ("--nadir", "--at", "--bbox", "--clock-offset") and re.match(r"-[\d.]", argument):
            joined[-1] += "=" + argument
        else:
            joined.append(argument)
    return joined


def _use_utf8() -> None:
    """Makes every file name printable, on Windows and in any locale."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
