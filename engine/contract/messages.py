"""The engine's messages for users, by their ids. An id never changes its meaning; new messages get new ids.

The engine sends a message as English text together with its id and parameters. The plugin translates the template and
puts the parameters in. Parameters are text, numbers, other messages, or lists of messages.
"""

from __future__ import annotations

from typing import Any, Callable, TypedDict

_MAX_DEPTH = 4  # of messages inside messages; a file may come from a stranger


class NestedMessage(TypedDict):
    """A message as a parameter of another one."""

    id: str
    params: dict[str, Any]
    text: str  # in English, for a reader that does not know the id


MESSAGES: dict[str, str] = {
    # One message after the other.
    "sentences": "{sentences}",
    # What the search found.
    "guess.tile": "Best guess near {place}: the tile with the highest cosine similarity, not checked by registration.",
    "guess.tile_from_nadir": (
        "Best guess near {place}, {km} km from the nadir: the tile with the highest cosine similarity, not checked by "
        "registration."
    ),
    "guess.votes": "Best guess near {place}: where its local features point, not checked by registration.",
    "guess.votes_from_nadir": (
        "Best guess near {place}, {km} km from the nadir: where its local features point, not checked by registration."
    ),
    "guess.chance": ("No place was found that is likelier than chance: the photo may show cloud, night or open sea."),
    "guess.improbable": ("The photo has few details that the index knows: it may show cloud, night or open sea."),
    "guess.compare": "Compare it with a basemap.",
    "search.no_tile": "The chosen indexes hold no tile.",
    "search.no_tile_near": (
        "No tile of the chosen indexes lies within {km} km of {place}: choose another index or a larger radius, or "
        "check the nadir."
    ),
    # Photos without ground.
    "photo.one_colour": "The photo is of one colour: there is nothing to recognise.",
    "photo.dark": (
        "The photo is dark but for some lights, as at night, at the limb or inside the station: there is no ground in "
        "daylight to recognise."
    ),
    # What registration found. The parts are joined by commas.
    "registered": "{parts}.",
    "registered.carried_over": "Carried over from a neighbouring photo, not confirmed by imagery: {parts}.",
    "registered.not_sure": "That is not enough to be sure: compare it with a basemap.",
    "registered.nadir_wrong": "The nadir given seems to be wrong.",
    "part.tie_points": "{n} tie points",
    "part.camera": "camera at {km} km",
    "part.camera_assumed": "camera at {km} km (assumed rather than measured)",
    "part.nadir": "{km} km from the nadir given",
    "part.neighbour": "found by way of the neighbouring photo {photo}",
    "part.candidate": "candidate {rank}",
    "part.no_ground": "part of the photo shows no ground",
    "unfit.several": (
        "None of the {n} candidates tried fits the imagery; the best guess is the first. Compare it with a basemap, or "
        "try more candidates."
    ),
    "unfit.one": "The candidate does not fit the imagery. Compare it with a basemap, or try more candidates.",
    "unfit.place": (
        "The photo does not fit the imagery within {km} km of {lat}, {lon}: check the place and the width, or try "
        "other imagery."
    ),
    "unchecked": "Not checked: {reason}",
    "unchecked.some": "Not all candidates were checked: {reason}",
    "imagery.missing": (
        "the imagery of the index {index} ({imagery}) is not here; put it beside the index or name it as imagery."
    ),
    "imagery.unnamed": (
        "the imagery of the index {index} (not named) is not here; put it beside the index or name it as imagery."
    ),
    # Corrections.
    "corrected": "Corrected by hand: {n} tie points.",
    "corrected.few": "Corrected by hand: {n} tie points, too few to tell the error.",
    "corrected.one": "Corrected by hand: 1 tie point, too few to tell the error.",
    "placed": "Placed by hand.",
    "chosen": "Candidate {rank}, chosen by hand.",
    # Errors: "where: problem; hint."
    "photo.small": "{path}: is only {width} x {height} pixels; give a photo of at least {least} pixels on each side.",
    "photo.large": "{path}: is too large at {width} x {height} pixels; save it with at most {limit} megapixels.",
    "photo.large_whole": (
        "{path}: is too large at {width} x {height} pixels; save it with at most {limit} megapixels, or as a baseline "
        "JPEG or tiled TIFF."
    ),
    "photo.memory": "{path}: does not fit in memory; save it as a smaller JPEG.",
    "photo.damaged": "{path}: is damaged or cut short; copy or download it again.",
    "photo.folder": "{path}: is a folder, not a photo; give the photos in it.",
    "photo.not_regular": "{path}: is not a regular file; give an image file.",
    "photo.empty": "{path}: is empty; copy or download it again.",
    "photo.missing": "{path}: does not exist; check the path.",
    "photo.no_access": "{path}: may not be read; change its permissions.",
    "photo.not_opened": "{path}: cannot be opened; check the path and the disk.",
    "photo.raw": "{path}: is a camera RAW file; convert it to a JPEG or TIFF, "
    "or install the engine with the extra raw.",
    "photo.heic": "{path}: is a HEIC file; convert it to a JPEG or TIFF.",
    "photo.unknown_kind": ("{path}: is not an image of a known kind; if it is a photo, convert it to a JPEG or TIFF."),
    "output.full": "{path}: the disk is full; free some space and try again; nothing saved was lost.",
    "output.no_access": "{path}: cannot be written to; choose another folder or change its permissions.",
    "output.failed": "{path}: could not be written ({reason}); choose another place.",
    "results.reviewed": (
        "{path}: holds what a review decided on {photo}; have reviewed photos included, or choose another file."
    ),
    "results.damaged_photo": "{path}: holds a damaged result of {photo} ({reason}); locate it again.",
    "results.busy": (
        "{path}: is being written by another program; stop editing it there and try again, or choose another file."
    ),
    "results.not_a_geopackage": "{path}: is not a GeoPackage; choose another file.",
    "results.damaged": "{path}: is damaged; move it away or choose another file.",
    "results.folder": "{path}: is a folder; name a file in it, such as results.gpkg.",
    "results.no_folder": "{path}: its folder does not exist; make the folder or choose another.",
    "results.no_photo": "{path}: holds no result of {photo}; locate it first.",
    "results.no_where": "{path}: does not say where {photo} could be; locate it again and have that said.",
    "results.failed": "{path}: could not be written ({reason}); choose another file.",
    # More errors: of indexes, models, imagery, files and corrections.
    "index.half_built": "{path}: is only half built; finish it with `earthloc index build --resume`.",
    "index.none": "{path}: is not a regional index (no index.json); give the folder of an index.",
    "index.manifest": "{path}: is not a readable index manifest; copy it again or build it anew.",
    "index.newer": "{path}: was written by a newer version of EarthLoc (format {version}); update EarthLoc.",
    "index.lacks": "{path}: lacks a valid {what}; copy it again or build it anew.",
    "index.unreadable": "{path}: cannot be read; copy it again or build it anew.",
    "index.damaged": "{path}: is damaged; copy it again or build it anew.",
    "index.checksum": "{path}: is damaged (its checksum differs); copy it again or build it anew.",
    "index.missing_file": "{path}: is missing; copy it again or build it anew.",
    "index.wrong_size": "{path}: has the wrong size; copy it again or build it anew.",
    "index.vocabulary": (
        "{path}: has local features that were encoded with another vocabulary; build the index again, or use "
        "the version of EarthLoc that made it."
    ),
    "index.other_model": (
        "{path}: was built with the model {model}, not with {others}; build it again with this model or "
        "choose an index that fits."
    ),
    "index.model_missing": (
        "{path}: was built with the model {model}, which is missing; install an EarthLoc that includes it, or"
        " build the index again."
    ),
    "model.checksum": "{path}: does not match the sha256 in its card; get the model package again.",
    "model.unreadable": "{path}: cannot be read; put the ONNX file beside its card.",
    "model.unusable": "{path}: is not a usable ONNX model ({reason}); get the model package again.",
    "build.exists": "{path}: already exists; choose another folder or delete this one.",
    "build.no_land": "{path}: covers no tile of that region that lies on land; check the region.",
    "build.no_tile": "{path}: covers no tile of that region; check the region.",
    "build.no_region": "{path}: is a tile server, which has the whole world; name a region (bbox).",
    "build.no_credit": (
        "{path}: does not say whom to credit and under which licence its imagery is; look up its terms and "
        "state both (attribution, licence)."
    ),
    "raster.missing": "{path}: no such file; give the path of a georeferenced raster.",
    "raster.kind": "{path}: cannot be opened as a raster; give a georeferenced image such as a GeoTIFF.",
    "raster.several": "{path}: holds several rasters: {listed}; name one of these instead of the file.",
    "raster.no_place": "{path}: has no position on the Earth; georeference it, or put its world file beside it.",
    "raster.no_crs": (
        "{path}: has no coordinate system (CRS); assign one, for example with gdal_edit.py -a_srs EPSG:4326."
    ),
    "raster.empty": "{path}: holds no valid pixel; give another raster.",
    "raster.crs": "{path}: its corners lie outside its own coordinate system; check its CRS.",
    "tiles.none": (
        "{path}: holds no EarthLoc tile (pictures named @lat1@lon1@lat2@...); name a folder of such tiles, or a raster."
    ),
    "tiles.damaged": "{path}: is damaged or no picture; copy it again or delete it.",
    "server.not_an_address": (
        "{path}: is not the address of a tile server; give one that begins with http:// or https://."
    ),
    "photo.raw_kind": "{path}: is a RAW file of a kind that LibRaw cannot read; convert it to a JPEG or TIFF.",
    "photo.one_piece": "{path}: is stored as a single piece too large to unpack; save it as a JPEG or a tiled TIFF.",
    "photo.complex": "{path}: holds complex numbers, not colours; convert it to an 8-bit JPEG or TIFF.",
    "photo.not_in_results": "{path}: is not in {results}; locate it first.",
    "photo.other_size": (
        "{path}: has {width} x {height} pixels but was located with {then_width} x {then_height}; locate it again."
    ),
    "photo.no_ground": "{path}: its camera sees no ground; locate it again.",
    "georeference.limb": "{path}: shows the limb, which no world file can place; choose the orthorectified photo.",
    "georeference.affine": (
        "{path}: an affine map, all that a world file holds, would be up to {off} px off ({limit} px is "
        "allowed); choose the orthorectified photo, or the one with control points."
    ),
    "georeference.pole": "{path}: shows a pole, where degrees meet; choose another coordinate system.",
    "georeference.no_heights": "{path}: has no heights of what the photo shows; give heights of that ground.",
    "output.own_input": "{path}: is one of the files that it is made from; choose another name.",
    "output.folder": "{path}: is a folder; name a file in it.",
    "output.no_room": "{path}: has no room to unpack the photo in; free some space or choose another folder.",
    "results.newer": "{path}: was written by a newer EarthLoc; update the engine or choose another file.",
    "results.foreign": "{path}: has a table {table} that EarthLoc did not make; choose another file.",
    "ties.no_camera": "no camera sees the tie points like this; move or remove the one that is off.",
    "ties.no_ground": "the camera that fits the tie points sees no ground; check the tie points.",
    "ties.no_imagery": "there is no imagery to snap to; choose reference imagery.",
    # Tile servers.
    "server.works": "{name} works: a tile came in {ms} ms.",
    "server.unreachable": "imagery server {server}: cannot be reached; check its address and your connection.",
    "server.proxy": (
        "imagery server {server}: cannot be reached through the proxy; check the environment variables HTTPS_PROXY and "
        "HTTP_PROXY."
    ),
    "server.proxy_login": (
        "imagery server {server}: is behind a proxy that wants a login ({status}); check the environment variables "
        "HTTPS_PROXY and HTTP_PROXY."
    ),
    "server.no_certificate": "imagery server {server}: has no valid certificate; check its address.",
    "server.bad_address": "imagery server {server}: has an address that cannot be used; check it.",
    "server.no_answer": "imagery server {server}: does not answer in time; try again later.",
    "server.busy": "imagery server {server}: answers {status}; try again later.",
    "server.refuses": (
        "imagery server {server}: refuses ({status}); check whether it wants a key and what its terms allow."
    ),
    "server.odd_status": "imagery server {server}: answers {status}; check its address.",
    "server.too_much": "imagery server {server}: sends more than can be right; check its address.",
    "server.slow": "imagery server {server}: is too slow; try again later.",
    "server.slow_tiles": (
        "imagery server {server}: is too slow: {done} of {total} tiles came in the time allowed; try again, what came "
        "is kept."
    ),
    "server.stopped": "imagery server {server}: has stopped answering; try again later.",
    "server.redirects": "imagery server {server}: redirects too often; check its address.",
    "server.sends_on": (
        "imagery server {server}: sends on to {where}; if you trust that one, give its address instead."
    ),
    "server.nothing": "imagery server {server}: has nothing at that address (404); check the address.",
    "server.broken_off": "imagery server {server}: breaks off in the middle of a tile; try again later.",
    "server.no_tile": (
        "imagery server {server}: has no tile {tile} (404 Not Found); check its address, its zoom levels, and whether "
        "it covers this place."
    ),
    "server.no_tiles": (
        "imagery server {server}: has none of the {n} tiles asked for, such as {tile} (404 Not Found); check its "
        "address, its zoom levels, and whether it covers this place."
    ),
    "server.not_a_tile": (
        "imagery server {server}: sent {what} instead of a tile; check its address and whether it wants a key."
    ),
    # Sources that tell where a photo could be, and the language model on the user's own computer.
    "where.lacks": "{path}: lacks a valid {what}; get the where package again.",
    "where.unreadable": "{path}: cannot be read; get the where package again.",
    "where.mismatch": "{path}: does not match its entry in where.json; get the where package again.",
    "where.no_array": "{path}: is no array (.npy); get the where package again.",
    "where.other_array": "{path}: is no array of {dtype} with {axes} axes; get the where package again.",
    "where.not_numbers": "{path}: has values that are not numbers; get the where package again.",
    "where.no_card": "{path}: is not a readable card (a JSON object); get the where package again.",
    "where.format": "{path}: has not format {format}; get a where package that fits this engine.",
    "where.outside": "{path}: names a file outside its folder ({key}); use only packages you trust.",
    "where.file_kind": "{path}: names a file that is neither .onnx nor .npy ({key}); get the where package again.",
    "where.unfit": (
        "{path}: does not fit its card or the other files of the where package; get the where package again."
    ),
    "where.unknown_kind": "{path}: has a source of the unknown kind {kind}; install a newer EarthLoc.",
    "where.other_model": ("{path}: made {source} for another model; use the model and index that ship with EarthLoc."),
    "language_model.down": "{path}: no language model answers here; start it, or go on without it.",
    "language_model.status": (
        "{path}: the language model's server answered with status {status}; check its address and the name of the "
        "model."
    ),
    "language_model.endless": "{path}: the reply has no end; check what runs at this address.",
    "language_model.slow": (
        "{path}: the language model did not answer within {s} s; use a smaller model, or allow it more time."
    ),
    "language_model.failed": "{path}: the language model could not be asked ({reason}); check its address.",
    "language_model.no_place": "{path}: the language model named no place; ask another model, or go on without it.",
    "language_model.no_chat": (
        "{path}: the reply is not that of a chat completion; give the address of a server with OpenAI's interface."
    ),
    "language_model.no_address": (
        "{address} is not the address of a language model; give one such as http://127.0.0.1:11434."
    ),
    "language_model.needs_where": "a language model is asked only where a photo could be; ask for that too (where).",
    "language_model.password": "the language model's address holds a password; give the address alone.",
    "language_model.elsewhere": (
        "the language model at {host} is not on this computer, so the photo would leave it; give an address of "
        "127.0.0.1 or localhost, or allow another computer."
    ),
}


def in_words(message_id: object, params: object, english: str, translate: Callable[[str], str] = str) -> str:
    """A message in the user's language.

    Args:
        message_id: one of MESSAGES. For any other value the result is `english`.
        params: by the names of the template's placeholders. If they do not fit, the result is `english`.
        english: the text that came with the message.
        translate: returns the translation of an English template.
    """
    return _in_words(message_id, params, english, translate, 0)


def _in_words(message_id: object, params: object, english: str, translate: Callable[[str], str], depth: int) -> str:
    if not isinstance(message_id, str) or message_id not in MESSAGES or not isinstance(params, dict):
        return english
    if depth > _MAX_DEPTH:
        return english
    try:
        values = {name: _value(name, value, translate, depth + 1) for name, value in params.items()}
        return translate(MESSAGES[message_id]).format(**values)
    except (KeyError, IndexError, ValueError, TypeError, AttributeError):
        return english


def _value(name: str, value: Any, translate: Callable[[str], str], depth: int) -> str:
    if isinstance(value, list):
        return (", " if name == "parts" else " ").join(_value("", item, translate, depth) for item in value)
    if isinstance(value, dict):
        return _in_words(value["id"], value["params"], str(value["text"]), translate, depth)
    return str(value)
