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
    "registered.clock_wrong": "The camera's clock or the orbit seems to be wrong.",
    "part.tie_points": "{n} tie points",
    "part.camera": "camera at {km} km",
    "part.camera_assumed": "camera at {km} km (assumed rather than measured)",
    "part.nadir": "{km} km from the nadir given",
    "part.nadir_by_time": "{km} km from the nadir that its time and the orbit give",
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
    # Comparison with NASA's footprints.
    "compare.differs": (
        "NASA's footprint, candidate 2, differs: they overlap by {iou} (intersection over union), and their centres "
        "are {km} km apart."
    ),
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
    "run.worker_died": (
        "{path}: ended the process that located it, again and again ({how}); save it as a smaller JPEG, or report it."
    ),
    "run.imagery": "{path}: could not be checked with the imagery ({reason}); see to the imagery and try again.",
    "run.bug": "{path}: hit a bug in the program ({what}); report it.",
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
    "results.no_file": "{path}: no such file; give a results file.",
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
    # Orbits.
    "orbit.missing": "{path}: no such file; give a file of two-line elements, OMM or OEM.",
    "orbit.not_a_file": "{path}: is not a file; give a file of two-line elements, OMM or OEM.",
    "orbit.unreadable": "{path}: cannot be read; check its permissions.",
    "orbit.too_large": "{path}: is larger than {mb} MB; give only the elements of the station.",
    "orbit.damaged": "{path}: is damaged; copy or download it again.",
    "orbit.no_elements": (
        "{path}: holds no usable orbit elements; give a file of two-line elements (with correct checksums), OMM or OEM."
    ),
    "orbit.no_station": (
        "{path}: holds elements of {n} satellites but not of the station (25544); give a file with those."
    ),
    "orbit.old": (
        "{path}: its nearest elements are {days} days away from {time}; give elements of that time, from an archive."
    ),
    "orbit.unusable": "{path}: its elements give no orbit ({reason}); give other elements.",
    "orbit.outside": "{path}: covers {first} to {last}, not {time}; give a file of that time.",
    "orbit.gap": "{path}: has a gap at {time}; give another file of that time.",
    "orbit.no_states": "{path}: holds no states to interpolate between; copy or download it again.",
    "orbit.states_twice": "{path}: holds different states for one time; copy or download it again.",
    "orbit.damaged_state": "{path}: its state {line} is damaged; copy or download it again.",
    "orbit.frame": "{path}: is in the frame {frame}; give states in EME2000 or ITRF.",
    "orbit.time_system": "{path}: has times in {system}; give a file in UTC.",
    "orbit.center": "{path}: is an orbit round {center}; give one round EARTH.",
    "orbit.before_station": "the station did not fly yet on {time}; check the date.",
    "orbit.not_a_time": "{time} is not a time; give one such as 2024-02-12T23:25:18Z.",
    "orbit.untimed": "the photo has no time in its tags; give its nadir.",
    "orbit.no_photo_time": "{path}: has no time in its tags; give the time instead.",
    "orbit.no_time": "{time} shifted by the clock offset is no date; check the time and the offset.",
    "orbit.damaged_lines": (
        "{path}: {n} sets of elements are damaged and were left out (line or entry {lines}); copy or download it again."
    ),
    "orbit.other_satellite": (
        "{path}: is the orbit of another satellite ({number}), not of the station (25544); check that this is meant."
    ),
    "orbit.no_fit": "no orbit of the station passes the {n} places at their times; check places and times.",
    "elements.no_address": "{address} is no source of elements; give celestrak, nasa, or a web address.",
    "elements.status": "{host} answers with status {status}; try again later, or get the file with a browser.",
    "elements.unreachable": "{host} cannot be reached ({reason}); check your connection.",
    "elements.too_large": "{host} sends more than {mb} MB; get only the elements of the station.",
    "elements.no_orbit": "{host} sends something else than an orbit; get the file with a browser.",
    # Clocks.
    "clock.unreadable": "{path}: cannot be read; give a file that `earthloc clock --out` wrote.",
    "clock.damaged": "{path}: is no file of clock offsets; give one that `earthloc clock --out` wrote.",
    "clock.no_photos": "{path}: holds no located photos with times; locate some of the photos first.",
    "clock.few_nadirs": (
        "The {n} photos of {camera} with a nadir in their tags are too few (at least {least}); give an orbit file."
    ),
    "clock.behind": "{time} behind",
    "clock.ahead": "{time} ahead",
    "clock.right": "right",
    "clock.solved": "The clock of {camera} was {how} (± {sd} s; {n} of {total} located photos agree).",
    "clock.zone": "It may have been set to the time zone UTC{hours}.",
    "clock.one_photo": (
        "The clock of {camera} was {how} (± {sd} s), if its one located photo is right: locate another one to be sure."
    ),
    "clock.ambiguous": "The clock of {camera} fits several offsets about equally ({parts}): locate more of its photos.",
    "clock.two": (
        "No single clock explains the photos of {camera}: for {n} of them it was {how}, for {m} {other}. They may be "
        "of two cameras."
    ),
    "clock.none": "The {n} located photos of {camera} fit no clock on this orbit: check the orbit and their times.",
    # Passes.
    "pass.no_photos": "{path}: holds no photo with a time that can be read; locate photos with their tags first.",
    "pass.none_located": "None of its photos is located, so nothing is known of the others.",
    "pass.one_located": "Only one of its photos is located, which does not tell how the camera was held: locate more.",
    "pass.no_orbit": (
        "Its {n} located photos lie on no common orbit: places or times are wrong, or they are of two cameras."
    ),
    "pass.at_odds": "Its {n} located photos contradict each other: check them.",
    "pass.two_cameras": (
        "Its {n} located photos seem to be of two cameras ({m} of the other one): run the photos of each by themselves."
    ),
    "pass.fixed": "The camera was fixed: its {n} located photos say so with {percent} %.",
    "pass.smooth": "The camera moved smoothly: its {n} located photos say so with {percent} %.",
    "pass.free": (
        "The camera was held anew for each photo: its {n} located photos say so with {percent} %. Only the nadir of "
        "the others is known."
    ),
    "pass.wrong": "{n} located photos contradict the others and were left out: check them.",
    "pass.orbit_not_used": "The orbit was taken from the photos instead of the file.",
    "pass.predicted": "{n} of {total} other photos get a footprint by the pass.",
    "by_pass.footprint": (
        "By the pass, not located: {n} other photos of the pass, the nearest {seconds} s away, say that it looked "
        "here. The middle lies within an ellipse of {major} by {minor} km around this one with {percent} %."
    ),
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
    # Catalogues of photos.
    "records.missing": "{path}: there is no such file; check the path.",
    "records.folder": "{path}: is a folder; give a table, a saved reply or a list of photo ids.",
    "records.unreadable": "{path}: cannot be read as text ({reason}); copy it again or check its permissions.",
    "records.binary": "{path}: is not a text file; give a table, a saved reply or a list of photo ids.",
    "records.empty": "{path}: holds nothing; give a table, a saved reply or a list of photo ids.",
    "records.no_table": "{path}: has no columns in its first line; choose the kind of file, or repair it.",
    "records.columns": "{path}: lacks columns that it needs ({columns}); choose another kind, or repair it.",
    "records.too_large": "{path}: is larger than {mb} MB; split it.",
    "records.no_reply": "{path}: sent or holds something other than records ({what}); check address and query.",
    "records.reply_error": "{path}: answers with an error ({reason}); check query and key.",
    "records.query": "the query {query} is none; write table|field|operator|value, such as nadir|pdate|eq|20240115.",
    "records.no_key": "the environment variable {name} holds no key; put your key of the API into it.",
    "records.nothing": "there is nothing to read; name a file, or an API and a query.",
    "records.out_kind": "{path}: has an ending that says no kind of file; let it end in .csv, .json or .gpkg.",
    "records.no_folder": "{path}: there is no such folder; name the folder with your photos.",
    "records.manifest": "{path}: is not a readable list of fetched photos; move it away, or choose another folder.",
    # What cannot be right in a catalogue, as the beginning of a line with its count and examples.
    "record.no_id": "no id of a photo",
    "record.no_frame": "no mission, roll and frame",
    "record.other_name": "name that is not of a photo",
    "record.no_object": "entry that is no object",
    "record.again": "photo that is listed again",
    "record.long_line": "line that is too long",
    "record.no_columns": "row that cannot be split into columns",
    "record.more_values": "row with more values than columns",
    "record.encoding": "text in another encoding than UTF-8",
    "record.file_name": "file name that cannot be used",
    "record.never_there": "nadir where the craft never flew",
    "record.three_corners": "footprint with fewer than four corners",
    "record.no_time": "time that is none",
    "record.too_late": "time after the craft flew or in the future",
    "record.too_early": "time before the craft flew",
    "record.no_crew": "time before the station had a crew",
    "record.crossed": "footprint that crosses itself or has no area",
    "record.too_wide": "footprint wider than the horizon",
    "record.file_no_id": "file of a photo whose name has no id",
    "record.further_file": "further file of the same photo",
    "fetch.no_file": "photo whose file the catalogue does not name",
    "fetch.changed": "photo that was changed since it was fetched",
    "fetch.not_there": "photo that the archive does not have",
    "fetch.too_large": "photo that is larger than allowed",
    "fetch.broken_off": "photo that broke off again and again",
    "record.no_number": "{what} that is no number",
    "record.outside": "{what} outside {low} to {high}",
    "record.one_coordinate": "{what} with only one coordinate",
    "record.off_earth": "{what} outside the Earth",
    "fetch.other_kind": "photo for which the archive sent {kind}",
    "fetch.page": "photo for which the archive sent a web page",
    "fetch.damaged": "photo for which the archive sent no picture, or a damaged one",
    "value.tilt": "tilt",
    "value.cloud": "cloud percentage",
    "value.focal_length": "focal length",
    "value.altitude_km": "altitude in km",
    "value.altitude_m": "altitude in metres",
    "value.orientation": "orientation",
    "value.sun_azimuth": "azimuth of the Sun",
    "value.sun_elevation": "elevation of the Sun",
    "value.center": "centre",
    "value.corner": "corner",
    "value.nadir": "nadir",
    "value.step": "step",
    "value.area": "area",
    "value.file_size": "size of a file",
    # Servers of catalogues and photos.
    "archive.address": "{path}: is not the address of a server; give one that begins with https://.",
    "archive.plain": "{path}: has an address without encryption; give one that begins with https://.",
    "archive.unreachable": "{path}: the server cannot be reached; check its address and your connection.",
    "archive.no_answer": "{path}: the server does not answer in time; try again later, what came is kept.",
    "archive.broken_off": "{path}: the server breaks off its answers; try again later, what came is kept.",
    "archive.busy": "{path}: the server answers {status}; try again later, what came is kept.",
    "archive.refuses": "{path}: the server refuses ({status}); check your key and what its terms allow.",
    "archive.nothing": "{path}: the server has nothing there ({status}); check the address.",
    "archive.odd_status": "{path}: the server answers {status}; check the address.",
    "archive.too_much": "{path}: the server sends more than {mb} MB; ask for less, or allow more.",
    "archive.no_certificate": "{path}: the server has no valid certificate; check the address.",
    "archive.sends_on": "{path}: the server sends on to {where}; if you trust that one, give its address instead.",
    "archive.redirects": "{path}: the server redirects too often; check the address.",
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
