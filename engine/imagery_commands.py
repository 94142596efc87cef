"""The commands `earthloc imagery`: list the tile servers that EarthLoc offers, and check one."""

from __future__ import annotations

import argparse
import dataclasses
import json


def listing(args: argparse.Namespace) -> int:
    """Prints the presets, without contacting a server."""
    from engine.imagery.check import finest_m
    from engine.imagery.server import presets

    for name, settings in presets().items():
        size_m = round(finest_m(settings), 1)
        if args.json:
            print(json.dumps({"preset": f"preset:{name}", "resolution_m": size_m, **dataclasses.asdict(settings)}))
            continue
        print(f"preset:{name}: {settings.name}, {size_m:g} m a pixel at the equator; {settings.licence}")
        print(f"  {settings.url}")
        print(f"  {settings.attribution}")
        print(f"  {settings.notice}")
    return 0


def check(args: argparse.Namespace) -> int:
    """Fetches one tile and prints what happened."""
    from engine.imagery.check import check_server

    answer = check_server(args.imagery, args.at)
    print(json.dumps(answer) if args.json else answer["message"])
    return 0
