<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="de">
  <context>
    <name>CandidateModel</name>
    <message>
      <source>Candidate {rank}, score {score}</source>
      <translation>Kandidat {rank}, Kosinus-Ähnlichkeit {score}</translation>
    </message>
    <message>
      <source>{n} km wide</source>
      <translation>{n} km breit</translation>
    </message>
    <message>
      <source>{n} km from the nadir</source>
      <translation>{n} km vom Nadir</translation>
    </message>
    <message>
      <source>{n} tie points</source>
      <translation>{n} Passpunkte</translation>
    </message>
    <message>
      <source>the engine fitted the photo here</source>
      <translation>hier hat das Rechenprogramm das Foto angepasst</translation>
    </message>
  </context>
  <context>
    <name>CandidateStrip</name>
    <message>
      <source>Candidates</source>
      <translation>Kandidaten</translation>
    </message>
  </context>
  <context>
    <name>Controller</name>
    <message>
      <source>The EarthLoc engine, the program that does the searching, was not found.</source>
      <translation>Das EarthLoc-Rechenprogramm, das die Suche ausführt, wurde nicht gefunden.</translation>
    </message>
  </context>
  <context>
    <name>CorrectMode</name>
    <message>
      <source>Tie points</source>
      <translation>Passpunkte</translation>
    </message>
    <message>
      <source>Snap tie points to the best match</source>
      <translation>Passpunkte an der besten Übereinstimmung einrasten</translation>
    </message>
    <message>
      <source>Use the best match nearby</source>
      <translation>Die beste Übereinstimmung in der Nähe verwenden</translation>
    </message>
    <message>
      <source>Delete tie point</source>
      <translation>Passpunkt löschen</translation>
    </message>
    <message>
      <source>Delete all tie points</source>
      <translation>Alle Passpunkte löschen</translation>
    </message>
    <message>
      <source>Move, rotate, scale by hand</source>
      <translation>Von Hand verschieben, drehen, skalieren</translation>
    </message>
    <message>
      <source>Type coordinates…</source>
      <translation>Koordinaten eingeben…</translation>
    </message>
    <message>
      <source>Fit the photo to the imagery here</source>
      <translation>Das Foto hier an die Bilddaten anpassen</translation>
    </message>
    <message>
      <source>Search in this part of the map</source>
      <translation>In diesem Teil der Karte suchen</translation>
    </message>
    <message>
      <source>Search in a circle</source>
      <translation>In einem Kreis suchen</translation>
    </message>
    <message>
      <source>Leave the tool</source>
      <translation>Werkzeug verlassen</translation>
    </message>
    <message>
      <source>Click a spot in the photo, then the same spot on the map. Drag either end to move it. Hold Ctrl to set a point where another one is.</source>
      <translation>Klicken Sie auf eine Stelle im Foto, dann auf dieselbe Stelle der Karte. Ziehen Sie an einem der Enden, um es zu verschieben. Mit gedrückter Strg-Taste setzen Sie einen Punkt, wo schon einer ist.</translation>
    </message>
    <message>
      <source>Place by hand</source>
      <translation>Von Hand platzieren</translation>
    </message>
    <message>
      <source>Drag the footprint on the map. A corner scales it, the midpoint of a side rotates it.</source>
      <translation>Ziehen Sie die Bildfläche auf der Karte. Eine Ecke skaliert sie, die Mitte einer Seite dreht sie.</translation>
    </message>
    <message>
      <source>Choose a candidate or place the footprint first.</source>
      <translation>Wählen Sie zuerst einen Kandidaten, oder platzieren Sie die Bildfläche.</translation>
    </message>
    <message>
      <source>Draw a circle on the map. The search covers its inside.</source>
      <translation>Zeichnen Sie einen Kreis auf die Karte. Darin wird gesucht.</translation>
    </message>
    <message>
      <source>The map shows more than the Earth. Zoom in first.</source>
      <translation>Die Karte zeigt mehr als die Erde. Zoomen Sie zuerst hinein.</translation>
    </message>
    <message>
      <source>Centre of the photo</source>
      <translation>Mitte des Fotos</translation>
    </message>
    <message>
      <source>Latitude, longitude:</source>
      <translation>Breite, Länge:</translation>
    </message>
    <message>
      <source>“{text}” is not a position. Type latitude and longitude, such as 41.2, 28.9.</source>
      <translation>„{text}“ ist keine Position. Geben Sie Breite und Länge ein, etwa 41.2, 28.9.</translation>
    </message>
    <message>
      <source>Type coordinates</source>
      <translation>Koordinaten eingeben</translation>
    </message>
    <message>
      <source>Move by hand</source>
      <translation>Von Hand verschieben</translation>
    </message>
  </context>
  <context>
    <name>DecisionBar</name>
    <message>
      <source>The photo lost this decision when it was located again. The history keeps it.</source>
      <translation>Das Foto hat diese Entscheidung verloren, als es erneut verortet wurde. Im Verlauf ist sie noch enthalten.</translation>
    </message>
    <message>
      <source>Note  M</source>
      <translation>Notiz  M</translation>
    </message>
    <message>
      <source>Note on this photo</source>
      <translation>Notiz zu diesem Foto</translation>
    </message>
    <message>
      <source>Reviewer's name</source>
      <translation>Name der prüfenden Person</translation>
    </message>
    <message>
      <source>Your name, with which every decision is signed</source>
      <translation>Ihr Name, mit dem jede Entscheidung gespeichert wird</translation>
    </message>
    <message>
      <source>Reviewer</source>
      <translation>Geprüft von</translation>
    </message>
    <message>
      <source>Bring back: {decision} ({who}, {when})</source>
      <translation>Zurückholen: {decision} ({who}, {when})</translation>
    </message>
    <message>
      <source>somebody</source>
      <translation>jemand</translation>
    </message>
  </context>
  <context>
    <name>EarthLoc</name>
    <message>
      <source>World (Blue Marble)</source>
      <translation>Welt (Blue Marble)</translation>
    </message>
    <message>
      <source>World</source>
      <translation>Welt</translation>
    </message>
    <message>
      <source>Candidates</source>
      <translation>Kandidaten</translation>
    </message>
    <message>
      <source>Footprint</source>
      <translation>Bildfläche</translation>
    </message>
    <message>
      <source>Tie points</source>
      <translation>Passpunkte</translation>
    </message>
    <message>
      <source>Photo</source>
      <translation>Foto</translation>
    </message>
    <message>
      <source>All footprints</source>
      <translation>Alle Bildflächen</translation>
    </message>
    <message>
      <source>The folder cannot be read. Check its permissions.</source>
      <translation>Der Ordner kann nicht gelesen werden. Prüfen Sie seine Zugriffsrechte.</translation>
    </message>
    <message>
      <source>There is no such file.</source>
      <translation>Diese Datei gibt es nicht.</translation>
    </message>
    <message>
      <source>RAW photos cannot be read. Export the photo as JPEG or TIFF and add that.</source>
      <translation>RAW-Fotos können nicht gelesen werden. Exportieren Sie das Foto als JPEG oder TIFF und fügen Sie dieses hinzu.</translation>
    </message>
    <message>
      <source>This is a document. Save the photo in it as JPEG or PNG and add that.</source>
      <translation>Das ist ein Dokument. Speichern Sie das Foto darin als JPEG oder PNG und fügen Sie dieses hinzu.</translation>
    </message>
    <message>
      <source>HEIC photos cannot be read. Save the photo as JPEG and add that.</source>
      <translation>HEIC-Fotos können nicht gelesen werden. Speichern Sie das Foto als JPEG und fügen Sie dieses hinzu.</translation>
    </message>
    <message>
      <source>This is a film. Save single pictures of it as JPEG and add them.</source>
      <translation>Das ist ein Film. Speichern Sie Einzelbilder daraus als JPEG und fügen Sie diese hinzu.</translation>
    </message>
    <message>
      <source>This is an archive. Unpack it and add the photos.</source>
      <translation>Das ist ein Archiv. Entpacken Sie es und fügen Sie die Fotos hinzu.</translation>
    </message>
    <message>
      <source>This is no photo that EarthLoc can read. It reads files such as {kinds}.</source>
      <translation>Das ist kein Foto, das EarthLoc lesen kann. Es liest Dateien wie {kinds}.</translation>
    </message>
    <message>
      <source>uncertain: check before use</source>
      <translation>unsicher: vor Gebrauch prüfen</translation>
    </message>
    <message>
      <source>{n} photos</source>
      <translation>{n} Fotos</translation>
    </message>
    <message>
      <source>Confidence {percent}</source>
      <translation>Konfidenz {percent}</translation>
    </message>
    <message>
      <source>Centre {place}</source>
      <translation>Mitte {place}</translation>
    </message>
    <message>
      <source>Nadir {place}</source>
      <translation>Nadir {place}</translation>
    </message>
    <message>
      <source>Ground width about {km} km</source>
      <translation>Bodenbreite etwa {km} km</translation>
    </message>
    <message>
      <source>The photo, rotated by {degrees}° to about north up</source>
      <translation>Das Foto, um {degrees}° gedreht, sodass Norden etwa oben ist</translation>
    </message>
    <message>
      <source>The photo as it is stored</source>
      <translation>Das Foto, wie es gespeichert ist</translation>
    </message>
    <message>
      <source>Photos located with EarthLoc</source>
      <translation>Mit EarthLoc verortete Fotos</translation>
    </message>
    <message>
      <source>{n} photos, written {when}</source>
      <translation>{n} Fotos, geschrieben {when}</translation>
    </message>
    <message>
      <source>{path} cannot be read.</source>
      <translation>{path} kann nicht gelesen werden.</translation>
    </message>
    <message>
      <source>The photo, north about up</source>
      <translation>Das Foto, Norden etwa oben</translation>
    </message>
    <message>
      <source>Its footprint on the map</source>
      <translation>Seine Fläche auf der Karte</translation>
    </message>
    <message>
      <source>Review</source>
      <translation>Prüfung</translation>
    </message>
    <message>
      <source>Taken (UTC)</source>
      <translation>Aufgenommen (UTC)</translation>
    </message>
    <message>
      <source>Centre</source>
      <translation>Mitte</translation>
    </message>
    <message>
      <source>Corners</source>
      <translation>Ecken</translation>
    </message>
    <message>
      <source>Nadir</source>
      <translation>Nadir</translation>
    </message>
    <message>
      <source>Tie points and their error</source>
      <translation>Passpunkte und ihr Fehler</translation>
    </message>
    <message>
      <source>Camera</source>
      <translation>Kamera</translation>
    </message>
    <message>
      <source>Confidence of the engine</source>
      <translation>Konfidenz des Rechenprogramms</translation>
    </message>
    <message>
      <source>Imagery</source>
      <translation>Bilddaten</translation>
    </message>
    <message>
      <source>File</source>
      <translation>Datei</translation>
    </message>
    <message>
      <source>{path}: results cannot be saved there ({why}). Choose another file with “Save results to…”.</source>
      <translation>{path}: Dort können keine Ergebnisse gespeichert werden ({why}). Wählen Sie mit „Ergebnisse speichern in…“ eine andere Datei.</translation>
    </message>
    <message>
      <source>Fetching imagery: {done} of {total} {what}</source>
      <translation>Bilddaten werden geholt: {done} von {total} {what}</translation>
    </message>
    <message>
      <source>Comparing with the imagery: {done} of {total} candidates</source>
      <translation>Vergleich mit den Bilddaten: {done} von {total} Kandidaten</translation>
    </message>
    <message>
      <source>Reading the photo</source>
      <translation>Das Foto wird gelesen</translation>
    </message>
    <message>
      <source>Looking at the photo</source>
      <translation>Das Foto wird betrachtet</translation>
    </message>
    <message>
      <source>Searching the index</source>
      <translation>Der Index wird durchsucht</translation>
    </message>
    <message>
      <source>Comparing with the imagery</source>
      <translation>Vergleich mit den Bilddaten</translation>
    </message>
    <message>
      <source>Saving</source>
      <translation>Speichern</translation>
    </message>
    <message>
      <source>No tile of this region lies on land that the imagery covers.</source>
      <translation>Keine Kachel dieser Gegend liegt auf Land, das die Bilddaten zeigen.</translation>
    </message>
    <message>
      <source>Up to {n} tiles, no local features, {mb} MB.</source>
      <translation>Bis zu {n} Kacheln, keine lokalen Merkmale, {mb} MB.</translation>
    </message>
    <message>
      <source>Up to {n} tiles and {f} local features, {mb} MB.
Features at {m} m a pixel are for photos about {km} km wide and wider.</source>
      <translation>Bis zu {n} Kacheln und {f} lokale Merkmale, {mb} MB.
Merkmale mit {m} m je Pixel sind für Fotos ab etwa {km} km Breite.</translation>
    </message>
    <message>
      <source>{n} tiles, {west} to {east}, {south} to {north}</source>
      <translation>{n} Kacheln, {west} bis {east}, {south} bis {north}</translation>
    </message>
    <message>
      <source>Tiles of {name}</source>
      <translation>Kacheln von {name}</translation>
    </message>
    <message>
      <source>{n} of {total} photos failed. Their rows and the log give the reasons.</source>
      <translation>{n} von {total} Fotos sind fehlgeschlagen. Die Gründe stehen in ihren Zeilen und im Protokoll.</translation>
    </message>
    <message>
      <source>{n} of {total} photos were skipped because they have been reviewed. Tick “Also locate reviewed photos again” to include them.</source>
      <translation>{n} von {total} Fotos wurden übersprungen, weil sie schon geprüft sind. Kreuzen Sie „Auch geprüfte Fotos erneut verorten“ an, um sie einzubeziehen.</translation>
    </message>
    <message>
      <source>{n} s</source>
      <translation>{n} s</translation>
    </message>
    <message>
      <source>{n} min</source>
      <translation>{n} min</translation>
    </message>
    <message>
      <source>{n} h</source>
      <translation>{n} h</translation>
    </message>
    <message>
      <source>{decision}: {n} photos</source>
      <translation>{decision}: {n} Fotos</translation>
    </message>
    <message>
      <source>Accept</source>
      <translation>Annehmen</translation>
    </message>
    <message>
      <source>Reject</source>
      <translation>Verwerfen</translation>
    </message>
    <message>
      <source>Unsure</source>
      <translation>Unsicher</translation>
    </message>
    <message>
      <source>No land</source>
      <translation>Kein Land</translation>
    </message>
    <message>
      <source>Cloud</source>
      <translation>Wolken</translation>
    </message>
    <message>
      <source>Night</source>
      <translation>Nacht</translation>
    </message>
    <message>
      <source>Bring back</source>
      <translation>Zurückholen</translation>
    </message>
    <message>
      <source>Next</source>
      <translation>Weiter</translation>
    </message>
    <message>
      <source>Previous</source>
      <translation>Zurück</translation>
    </message>
    <message>
      <source>Next unreviewed</source>
      <translation>Nächstes ungeprüftes</translation>
    </message>
    <message>
      <source>Candidate {n}</source>
      <translation>Kandidat {n}</translation>
    </message>
    <message>
      <source>Undo</source>
      <translation>Rückgängig</translation>
    </message>
    <message>
      <source>Redo</source>
      <translation>Wiederholen</translation>
    </message>
    <message>
      <source>Show the whole photo</source>
      <translation>Das ganze Foto zeigen</translation>
    </message>
    <message>
      <source>Zoom in</source>
      <translation>Hineinzoomen</translation>
    </message>
    <message>
      <source>Zoom out</source>
      <translation>Herauszoomen</translation>
    </message>
    <message>
      <source>North up</source>
      <translation>Norden oben</translation>
    </message>
    <message>
      <source>Rotate by 90°</source>
      <translation>Um 90° drehen</translation>
    </message>
    <message>
      <source>Stretch contrast</source>
      <translation>Kontrast strecken</translation>
    </message>
    <message>
      <source>Photo over the map</source>
      <translation>Foto über der Karte</translation>
    </message>
    <message>
      <source>Swipe with the mouse</source>
      <translation>Mit der Maus wischen</translation>
    </message>
    <message>
      <source>Blink</source>
      <translation>Blinken</translation>
    </message>
    <message>
      <source>Zoom the map to the photo</source>
      <translation>Karte zum Foto zoomen</translation>
    </message>
    <message>
      <source>Write a note</source>
      <translation>Notiz schreiben</translation>
    </message>
    <message>
      <source>EarthLoc: locate astronaut photos</source>
      <translation>EarthLoc: Astronautenfotos verorten</translation>
    </message>
    <message>
      <source>Build a regional index</source>
      <translation>Regionalen Index erstellen</translation>
    </message>
    <message>
      <source>Preparation</source>
      <translation>Vorbereitung</translation>
    </message>
    <message>
      <source>earthloc,index,tiles,imagery,region,astronaut,iss</source>
      <translation>earthloc,index,kacheln,bilddaten,region,astronaut,iss</translation>
    </message>
    <message>
      <source>Cuts reference imagery into overlapping square tiles of several ground widths and computes a descriptor of each with the model, so that photos can be searched in it. Any georeferenced raster that GDAL opens can be used. Restrict the extent to the region that your photos show: a smaller region is searched faster and more reliably.

Choose ground widths around those of your photos: a telephoto frame shows 20 to 100 km, a 24 mm lens about 500 km.

Local features are details of the ground that are recognised in photos, also in photos without a nadir. They find a photo if its shorter side shows about 256 of their pixels or more: with 0.05 km per pixel, photos 13 km wide and wider. Without a number, the pixels are so small that a photo as wide as the smallest tile shows 256 of them, if the imagery is fine enough. 0: no local features. Before the build, the log shows the estimated size of the index.

XYZ and WMTS layers can be used, too: their tiles are downloaded once and stored. Read the terms of the server first, enter attribution and licence, and restrict the extent.

If a build was cancelled or interrupted, run it again with the same parameters: it continues where it stopped. The index appears only when it is complete.</source>
      <translation>Schneidet Referenzbilddaten in überlappende quadratische Kacheln mehrerer Bodenbreiten und berechnet mit dem Modell von jeder einen Deskriptor, damit Fotos darin gesucht werden können. Geeignet sind alle georeferenzierten Raster, die GDAL öffnet. Beschränken Sie die Ausdehnung auf die Region, die Ihre Fotos zeigen: Eine kleinere Region wird schneller und zuverlässiger durchsucht.

Wählen Sie Bodenbreiten um die Ihrer Fotos: Ein Telebild zeigt 20 bis 100 km, ein 24-mm-Objektiv etwa 500 km.

Lokale Merkmale sind Einzelheiten des Bodens, die in Fotos wiedererkannt werden, auch in Fotos ohne Nadir. Sie finden ein Foto, wenn seine kürzere Seite etwa 256 ihrer Pixel oder mehr zeigt: bei 0,05 km pro Pixel Fotos von 13 km Breite an. Ohne Angabe sind die Pixel so klein, dass ein Foto von der Breite der kleinsten Kachel 256 davon zeigt, wenn die Bilddaten fein genug sind. 0: keine lokalen Merkmale. Vor dem Erstellen zeigt das Protokoll die geschätzte Größe des Index.

Auch XYZ- und WMTS-Layer sind geeignet: Ihre Kacheln werden einmal heruntergeladen und gespeichert. Lesen Sie zuerst die Bedingungen des Servers, geben Sie Quelle und Lizenz an und beschränken Sie die Ausdehnung.

Wurde das Erstellen abgebrochen oder unterbrochen, starten Sie es mit denselben Parametern erneut: Es wird dort fortgesetzt, wo es aufgehört hat. Der Index erscheint erst, wenn er vollständig ist.</translation>
    </message>
    <message>
      <source>Reference imagery</source>
      <translation>Bilddaten</translation>
    </message>
    <message>
      <source>Region (default: all of the imagery)</source>
      <translation>Region (Vorgabe: die gesamten Bilddaten)</translation>
    </message>
    <message>
      <source>Ground widths of the tiles in km</source>
      <translation>Bodenbreiten der Kacheln in km</translation>
    </message>
    <message>
      <source>Pixel size of the local features in km (default: as the smallest tiles need; 0: no features)</source>
      <translation>Pixelgröße der lokalen Merkmale in km (Vorgabe: wie die kleinsten Kacheln es brauchen; 0: keine Merkmale)</translation>
    </message>
    <message>
      <source>Include tiles of open sea</source>
      <translation>Auch Kacheln von offenem Meer</translation>
    </message>
    <message>
      <source>Model package (default: the engine's own)</source>
      <translation>Modellpaket (Vorgabe: das des Rechenprogramms)</translation>
    </message>
    <message>
      <source>Model packages (*.json)</source>
      <translation>Modellpakete (*.json)</translation>
    </message>
    <message>
      <source>Attribution of the imagery (required for a tile server)</source>
      <translation>Quellenangabe der Bilddaten (für einen Kachelserver erforderlich)</translation>
    </message>
    <message>
      <source>Licence of the imagery (required for a tile server)</source>
      <translation>Lizenz der Bilddaten (für einen Kachelserver erforderlich)</translation>
    </message>
    <message>
      <source>Engine program (default: the one in the options)</source>
      <translation>Rechenprogramm (Vorgabe: das aus den Optionen)</translation>
    </message>
    <message>
      <source>Index folder</source>
      <translation>Ordner des Index</translation>
    </message>
    <message>
      <source>Number of tiles</source>
      <translation>Zahl der Kacheln</translation>
    </message>
    <message>
      <source>Number of local features</source>
      <translation>Zahl der lokalen Merkmale</translation>
    </message>
    <message>
      <source>{n} tiles and {f} local features: {path}</source>
      <translation>{n} Kacheln und {f} lokale Merkmale: {path}</translation>
    </message>
    <message>
      <source>is not a pixel size; give kilometres, such as 0.05</source>
      <translation>ist keine Pixelgröße; geben Sie Kilometer an, zum Beispiel 0.05</translation>
    </message>
    <message>
      <source>are not ground widths; give kilometres separated by commas, such as 313,626</source>
      <translation>sind keine Bodenbreiten; geben Sie Kilometer mit Kommas dazwischen an, zum Beispiel 313,626</translation>
    </message>
    <message>
      <source>Export footprints</source>
      <translation>Bildflächen exportieren</translation>
    </message>
    <message>
      <source>Results</source>
      <translation>Ergebnisse</translation>
    </message>
    <message>
      <source>earthloc,export,shapefile,kml,geojson,csv,footprint,astronaut,iss</source>
      <translation>earthloc,ausgabe,shapefile,kml,geojson,csv,bildfläche,astronaut,iss</translation>
    </message>
    <message>
      <source>Writes the footprints of a results GeoPackage, or of a footprints layer (also its selected features only). The ending of the output determines the format: .shp, .gpkg, .geojson, .kml or .csv. The coordinates are in EPSG:4326; footprints across the 180th meridian have two parts.

Shapefiles get short field names from a documented table, a .prj and a UTF-8 .cpg; text longer than 254 bytes is cut, and the log names the fields. KML names each footprint after its photo. CSV holds the outline as WKT, the centre and the four corners.

An existing file is replaced when the new one is complete.</source>
      <translation>Schreibt die Bildflächen eines Ergebnis-GeoPackages oder eines Layers mit Bildflächen (auch nur die ausgewählten Objekte). Die Endung der Ausgabe bestimmt das Format: .shp, .gpkg, .geojson, .kml oder .csv. Die Koordinaten sind in EPSG:4326; Bildflächen über den 180. Meridian haben zwei Teile.

Shapefiles erhalten kurze Feldnamen nach einer dokumentierten Tabelle, eine .prj- und eine UTF-8-.cpg-Datei; Text über 254 Byte wird gekürzt, und das Protokoll nennt die Felder. KML benennt jede Bildfläche nach ihrem Foto. CSV enthält den Umriss als WKT, die Mitte und die vier Ecken.

Eine vorhandene Datei wird ersetzt, wenn die neue vollständig ist.</translation>
    </message>
    <message>
      <source>Results GeoPackage or footprints layer</source>
      <translation>Ergebnis-GeoPackage oder Layer mit Bildflächen</translation>
    </message>
    <message>
      <source>Format (default: from the ending of the output)</source>
      <translation>Format (Vorgabe: nach der Endung der Ausgabe)</translation>
    </message>
    <message>
      <source>Only footprints with status</source>
      <translation>Nur Bildflächen mit Status</translation>
    </message>
    <message>
      <source>Only footprints with review</source>
      <translation>Nur Bildflächen mit Prüfung</translation>
    </message>
    <message>
      <source>Exported footprints</source>
      <translation>Exportierte Bildflächen</translation>
    </message>
    <message>
      <source>Number of footprints</source>
      <translation>Zahl der Bildflächen</translation>
    </message>
    <message>
      <source>choose a format or a name that ends with one of</source>
      <translation>wählen Sie ein Format oder einen Namen, der auf eines von diesen endet</translation>
    </message>
    <message>
      <source>{n} footprints: {path}</source>
      <translation>{n} Bildflächen: {path}</translation>
    </message>
    <message>
      <source>Georeference a photo</source>
      <translation>Ein Foto georeferenzieren</translation>
    </message>
    <message>
      <source>Export</source>
      <translation>Export</translation>
    </message>
    <message>
      <source>earthloc,georeference,orthorectify,warp,gcp,geotiff,world file,astronaut,iss</source>
      <translation>earthloc,georeferenzieren,orthorektifizieren,entzerren,passpunkte,geotiff,world-datei,astronaut,iss</translation>
    </message>
    <message>
      <source>Writes a photo that was fitted to imagery as a georeferenced file.

ortho: orthorectified with the photo's camera. A cloud-optimised GeoTIFF, transparent outside the photo, and a second raster with the uncertainty of each position in km. Also for oblique photos, over a pole, across the antimeridian, and with the limb in view.
gcp: the unchanged pixels, with the tie points as ground control points.
warped, affine: warped with the tie points alone, by a thin-plate spline or an affine transformation.
points: the tie points for the Georeferencer.
worldfile: refused, with the residual, if an affine transformation is not accurate enough.

The photo must be the file that was located, and the results GeoPackage must hold its result. A photo that was found but not fitted to imagery is refused: register it first.</source>
      <translation>Schreibt ein Foto, das an Bilddaten angepasst wurde, als georeferenzierte Datei.

ortho: mit der Kamera des Fotos orthorektifiziert. Ein Cloud-Optimized GeoTIFF, außerhalb des Fotos transparent, und ein zweites Raster mit der Unsicherheit jeder Position in km. Auch für Schrägbilder, über einem Pol, über den Antimeridian und mit dem Horizont im Bild.
gcp: die unveränderten Pixel mit den Passpunkten als Ground Control Points.
warped, affine: allein mit den Passpunkten entzerrt, durch einen Thin-Plate-Spline oder eine affine Transformation.
points: die Passpunkte für den Georeferenzierer.
worldfile: wird mit Angabe des Restfehlers abgelehnt, wenn eine affine Transformation nicht genau genug ist.

Das Foto muss die Datei sein, die verortet wurde, und das Ergebnis-GeoPackage muss ihr Ergebnis enthalten. Ein Foto, das gefunden, aber nicht angepasst wurde, wird abgelehnt: Registrieren Sie es zuerst.</translation>
    </message>
    <message>
      <source>Results GeoPackage that holds its result</source>
      <translation>Ergebnis-GeoPackage, das sein Ergebnis enthält</translation>
    </message>
    <message>
      <source>GeoPackage (*.gpkg)</source>
      <translation>GeoPackage (*.gpkg)</translation>
    </message>
    <message>
      <source>Kind of file</source>
      <translation>Art der Datei</translation>
    </message>
    <message>
      <source>Coordinate reference system</source>
      <translation>Koordinatenbezugssystem</translation>
    </message>
    <message>
      <source>Pixel size in metres (default: that of the photo at its centre)</source>
      <translation>Pixelgröße in Metern (Vorgabe: die des Fotos in seiner Mitte)</translation>
    </message>
    <message>
      <source>Heights in metres, for ortho (default: flat ground)</source>
      <translation>Höhen in Metern, für ortho (Vorgabe: ebener Boden)</translation>
    </message>
    <message>
      <source>Georeferenced photo</source>
      <translation>Georeferenziertes Foto</translation>
    </message>
    <message>
      <source>GeoTIFF (*.tif);;Georeferencer points (*.points);;World files (*.jgw *.pgw *.tfw *.wld)</source>
      <translation>GeoTIFF (*.tif);;Punkte des Georeferenzierers (*.points);;World-Dateien (*.jgw *.pgw *.tfw *.wld)</translation>
    </message>
    <message>
      <source>What was written</source>
      <translation>Was geschrieben wurde</translation>
    </message>
    <message>
      <source>Residual in pixels</source>
      <translation>Restfehler in Pixeln</translation>
    </message>
    <message>
      <source>cannot serve as imagery; choose a raster file, or an XYZ or WMTS layer without a login</source>
      <translation>taugt nicht als Bilddaten; wählen Sie eine Rasterdatei oder einen XYZ- oder WMTS-Layer ohne Anmeldung</translation>
    </message>
    <message>
      <source>is neither a raster file nor an XYZ or WMTS layer; choose one with a coordinate reference system</source>
      <translation>ist weder eine Rasterdatei noch ein XYZ- oder WMTS-Layer; wählen Sie einen mit Koordinatenbezugssystem</translation>
    </message>
    <message>
      <source>Locate photos</source>
      <translation>Fotos verorten</translation>
    </message>
    <message>
      <source>Locating</source>
      <translation>Verorten</translation>
    </message>
    <message>
      <source>earthloc,astronaut,iss,photo,localize,georeference,footprint</source>
      <translation>earthloc,astronaut,iss,foto,verorten,georeferenzieren,bildfläche</translation>
    </message>
    <message>
      <source>Finds the ground that astronauts' photographs show and writes a footprint and ranked candidate tiles for each to a GeoPackage. If the GeoPackage exists, results are added. A photo that it already holds is located again. A photo that a review decided on is skipped unless reviewed photos are included.

Choose photos, or a folder that holds photos (subfolders included). The index is the folder of a regional index, or a folder that holds several; without one, those chosen in the panel are searched.

The nadir is the point under the station (x,y = longitude,latitude). It restricts the search to a circle around it. Without it, the position in the photo's EXIF tags is used, if there is one.

Photos are fitted to the imagery from which the index was made, if it is on this computer, or to other imagery: a raster file, the name of a raster layer of the project (also XYZ or WMTS), a folder of EarthLoc tiles, the address of a tile server with {z}, {x} and {y} in it, or a JSON file that describes a tile server. Without imagery, no photo gets the status 'located'.

A photo that cannot be read does not stop the others; the log ends with a table of the failed photos and the reasons. Check a footprint of status 'uncertain' against a basemap before you rely on it.</source>
      <translation>Findet den Boden, den Fotos von Astronauten zeigen, und schreibt von jedem eine Bildfläche und eine Rangfolge von Kandidaten-Kacheln in ein GeoPackage. Gibt es das GeoPackage schon, werden die Ergebnisse hinzugefügt. Ein Foto, das es bereits enthält, wird erneut verortet. Ein Foto, über das in der Prüfung entschieden wurde, wird übersprungen, sofern geprüfte Fotos nicht einbezogen werden.

Wählen Sie Fotos oder einen Ordner mit Fotos (einschließlich Unterordnern). Der Index ist der Ordner eines regionalen Index oder ein Ordner, der mehrere enthält; ohne Angabe werden die im Bedienfeld gewählten durchsucht.

Der Nadir ist der Punkt unter der Station (x,y = Länge,Breite). Er beschränkt die Suche auf einen Kreis um ihn. Ohne ihn wird die Position aus den EXIF-Angaben des Fotos verwendet, wenn es eine hat.

Fotos werden an die Bilddaten angepasst, aus denen der Index erstellt wurde, wenn sie auf diesem Rechner liegen, oder an andere: eine Rasterdatei, den Namen eines Rasterlayers des Projekts (auch XYZ oder WMTS), einen Ordner mit EarthLoc-Kacheln, die Adresse eines Kachelservers mit {z}, {x} und {y} darin oder eine JSON-Datei, die einen Kachelserver beschreibt. Ohne Bilddaten erhält kein Foto den Status 'located'.

Ein Foto, das nicht gelesen werden kann, hält die anderen nicht auf; das Protokoll endet mit einer Tabelle der fehlgeschlagenen Fotos und der Gründe. Vergleichen Sie eine Bildfläche mit Status 'uncertain' mit einer Hintergrundkarte, bevor Sie sich auf sie verlassen.</translation>
    </message>
    <message>
      <source>Photos</source>
      <translation>Fotos</translation>
    </message>
    <message>
      <source>Folder of photos</source>
      <translation>Ordner mit Fotos</translation>
    </message>
    <message>
      <source>Regional index (default: those chosen in the panel)</source>
      <translation>Regionaler Index (Vorgabe: die im Bedienfeld gewählten)</translation>
    </message>
    <message>
      <source>Nadir of these photos</source>
      <translation>Nadir dieser Fotos</translation>
    </message>
    <message>
      <source>Radius around the nadir in km</source>
      <translation>Umkreis des Nadirs in km</translation>
    </message>
    <message>
      <source>Candidates per photo</source>
      <translation>Kandidaten je Foto</translation>
    </message>
    <message>
      <source>Fit photos to the imagery (exact, takes seconds per photo)</source>
      <translation>Fotos an die Bilddaten anpassen (genau, dauert Sekunden pro Foto)</translation>
    </message>
    <message>
      <source>Imagery to fit to: file, folder, raster layer, tile server (default: that of the index)</source>
      <translation>Bilddaten zum Anpassen: Datei, Ordner, Rasterlayer, Kachelserver (Vorgabe: die des Index)</translation>
    </message>
    <message>
      <source>Feature extractor to fit photos with: folder of its package (default: RootSIFT)</source>
      <translation>Merkmalsextraktor zum Anpassen: Ordner seines Pakets (Vorgabe: RootSIFT)</translation>
    </message>
    <message>
      <source>Also locate reviewed photos again</source>
      <translation>Auch geprüfte Fotos erneut verorten</translation>
    </message>
    <message>
      <source>Results GeoPackage</source>
      <translation>Ergebnis-GeoPackage</translation>
    </message>
    <message>
      <source>Footprints</source>
      <translation>Bildflächen</translation>
    </message>
    <message>
      <source>there is no such folder; choose another</source>
      <translation>diesen Ordner gibt es nicht; wählen Sie einen anderen</translation>
    </message>
    <message>
      <source>no photos were given; choose photos, or a folder with JPEG, PNG, TIFF, WebP, AVIF or JPEG 2000 files</source>
      <translation>es wurden keine Fotos angegeben; wählen Sie Fotos oder einen Ordner mit JPEG-, PNG-, TIFF-, WebP-, AVIF- oder JPEG-2000-Dateien</translation>
    </message>
    <message>
      <source>No index was given and none is chosen in the panel; choose the folder of an index.</source>
      <translation>Es ist kein Index angegeben und keiner im Bedienfeld gewählt; wählen Sie den Ordner eines Index.</translation>
    </message>
    <message>
      <source>there is no such index; build or choose one</source>
      <translation>diesen Index gibt es nicht; erstellen oder wählen Sie einen</translation>
    </message>
    <message>
      <source>{n} of {total} photos failed:</source>
      <translation>{n} von {total} Fotos sind fehlgeschlagen:</translation>
    </message>
    <message>
      <source>{n} photos were cancelled.</source>
      <translation>{n} Fotos wurden abgebrochen.</translation>
    </message>
    <message>
      <source>{n} of {total} photos were skipped because a review decided on them; INCLUDE_REVIEWED locates them again.</source>
      <translation>{n} von {total} Fotos wurden übersprungen, weil sie schon geprüft sind; mit INCLUDE_REVIEWED werden sie erneut verortet.</translation>
    </message>
    <message>
      <source>Draw a map picture</source>
      <translation>Kartenbild zeichnen</translation>
    </message>
    <message>
      <source>earthloc,map,png,report,footprint,astronaut,iss</source>
      <translation>earthloc,karte,png,bericht,bildfläche,astronaut,iss</translation>
    </message>
    <message>
      <source>Draws the footprints and candidate tiles of a results GeoPackage on a map, with the photo and its data beside it, and saves the picture as PNG.

Without a basemap, the countries of QGIS's world map are drawn. Give a photo's id or file name to show that photo alone; with several photos, only the best candidate of each is drawn.</source>
      <translation>Zeichnet die Bildflächen und Kandidaten-Kacheln eines Ergebnis-GeoPackages auf eine Karte, daneben das Foto und seine Daten, und speichert das Bild als PNG.

Ohne Hintergrundkarte werden die Länder der Weltkarte von QGIS gezeichnet. Geben Sie die Kennung oder den Dateinamen eines Fotos an, um nur dieses zu zeigen; bei mehreren Fotos wird von jedem nur der beste Kandidat gezeichnet.</translation>
    </message>
    <message>
      <source>Photo (id or file name)</source>
      <translation>Foto (Kennung oder Dateiname)</translation>
    </message>
    <message>
      <source>Basemap</source>
      <translation>Hintergrundkarte</translation>
    </message>
    <message>
      <source>Width in pixels</source>
      <translation>Breite in Pixeln</translation>
    </message>
    <message>
      <source>Height in pixels</source>
      <translation>Höhe in Pixeln</translation>
    </message>
    <message>
      <source>Picture</source>
      <translation>Bild</translation>
    </message>
    <message>
      <source>PNG files (*.png)</source>
      <translation>PNG-Dateien (*.png)</translation>
    </message>
    <message>
      <source>choose a folder that exists and that you may write to, with free space</source>
      <translation>wählen Sie einen Ordner, den es gibt, in den Sie schreiben dürfen und der Platz hat</translation>
    </message>
    <message>
      <source>could not be written</source>
      <translation>konnte nicht geschrieben werden</translation>
    </message>
    <message>
      <source>Register a photo at a place</source>
      <translation>Ein Foto an einer Stelle anpassen</translation>
    </message>
    <message>
      <source>earthloc,astronaut,iss,photo,register,match,tie points,camera,georeference</source>
      <translation>earthloc,astronaut,iss,foto,anpassen,vergleichen,passpunkte,kamera,georeferenzieren</translation>
    </message>
    <message>
      <source>Fits a photo to imagery at a place that you know roughly, without searching an index: it finds tie points, solves the camera, and computes a confidence. The result is added to a results GeoPackage, from which the photo can then be georeferenced.

Give the approximate extent of the ground that the photo shows (such as that of a footprint, or of the map), or its centre and the length of the photo's longer side on the ground. Half or twice the true length is close enough.

The nadir is the point under the station (x,y = longitude,latitude), if you know it. It is only a hint.

A photo that a review decided on is refused unless reviewed photos are included.

A photo that does not fit there gets the status 'not_found'.</source>
      <translation>Passt ein Foto an einem ungefähr bekannten Ort an Bilddaten an, ohne einen Index zu durchsuchen: findet Passpunkte, berechnet die Kamera und eine Konfidenz. Das Ergebnis wird einem Ergebnis-GeoPackage hinzugefügt, aus dem das Foto dann georeferenziert werden kann.

Geben Sie die ungefähre Ausdehnung des Bodens an, den das Foto zeigt (zum Beispiel die einer Bildfläche oder der Karte), oder seine Mitte und die Länge der längeren Seite des Fotos am Boden. Die halbe oder doppelte Länge ist noch genau genug.

Der Nadir ist der Punkt unter der Station (x,y = Länge,Breite), wenn Sie ihn kennen. Er ist nur ein Hinweis.

Ein Foto, über das in der Prüfung entschieden wurde, wird abgelehnt, sofern geprüfte Fotos nicht einbezogen werden.

Ein Foto, das dort nicht passt, erhält den Status 'not_found'.</translation>
    </message>
    <message>
      <source>Approximate extent of the ground that it shows</source>
      <translation>Ungefähre Ausdehnung des Bodens, den es zeigt</translation>
    </message>
    <message>
      <source>Or the centre of its ground</source>
      <translation>Oder die Mitte dieses Bodens</translation>
    </message>
    <message>
      <source>And the length of the photo's longer side in km</source>
      <translation>Und die Länge der längeren Seite des Fotos in km</translation>
    </message>
    <message>
      <source>Also replace a result that a review decided on</source>
      <translation>Auch ein Ergebnis ersetzen, über das in der Prüfung entschieden wurde</translation>
    </message>
    <message>
      <source>Status</source>
      <translation>Status</translation>
    </message>
    <message>
      <source>What was found</source>
      <translation>Was gefunden wurde</translation>
    </message>
    <message>
      <source>The place of the photo is missing; give an extent, or a point and a length.</source>
      <translation>Der Ort des Fotos fehlt; geben Sie eine Ausdehnung oder einen Punkt und eine Länge an.</translation>
    </message>
    <message>
      <source>located</source>
      <translation>verortet</translation>
    </message>
    <message>
      <source>uncertain</source>
      <translation>unsicher</translation>
    </message>
    <message>
      <source>not found</source>
      <translation>nicht gefunden</translation>
    </message>
    <message>
      <source>failed</source>
      <translation>fehlgeschlagen</translation>
    </message>
    <message>
      <source>Not reviewed</source>
      <translation>Nicht geprüft</translation>
    </message>
    <message>
      <source>Accepted</source>
      <translation>Angenommen</translation>
    </message>
    <message>
      <source>Corrected</source>
      <translation>Berichtigt</translation>
    </message>
    <message>
      <source>Rejected</source>
      <translation>Verworfen</translation>
    </message>
  </context>
  <context>
    <name>EarthLocPanel</name>
    <message>
      <source>Save the results of this project to</source>
      <translation>Ergebnisse dieses Projekts speichern in</translation>
    </message>
    <message>
      <source>Tick an index to search first.</source>
      <translation>Kreuzen Sie zuerst einen Index an.</translation>
    </message>
    <message>
      <source>Starting the engine…</source>
      <translation>Das Rechenprogramm startet…</translation>
    </message>
    <message>
      <source>Choose a photo to see its result.</source>
      <translation>Wählen Sie ein Foto, um sein Ergebnis zu sehen.</translation>
    </message>
    <message>
      <source> · press Localize to find out where it was taken</source>
      <translation> · drücken Sie auf Verorten, um zu erfahren, wo es aufgenommen wurde</translation>
    </message>
  </context>
  <context>
    <name>EmptyQueue</name>
    <message>
      <source>There is nothing to review yet</source>
      <translation>Es gibt noch nichts zu prüfen</translation>
    </message>
    <message>
      <source>Locate photos in the EarthLoc panel. They appear here as soon as they are found.</source>
      <translation>Verorten Sie Fotos im EarthLoc-Bedienfeld. Sie erscheinen hier, sobald sie gefunden sind.</translation>
    </message>
  </context>
  <context>
    <name>EmptyState</name>
    <message>
      <source>Drop astronaut photos or folders here</source>
      <translation>Astronautenfotos oder Ordner hierher ziehen</translation>
    </message>
    <message>
      <source>Then press Localize. Footprints appear on the map and are saved beside your project.</source>
      <translation>Dann auf Verorten drücken. Bildflächen erscheinen auf der Karte und werden neben Ihrem Projekt gespeichert.</translation>
    </message>
    <message>
      <source>Add photos…</source>
      <translation>Fotos hinzufügen…</translation>
    </message>
    <message>
      <source>Add folder…</source>
      <translation>Ordner hinzufügen…</translation>
    </message>
    <message>
      <source>Locate the sample photo</source>
      <translation>Beispielfoto verorten</translation>
    </message>
    <message>
      <source>A simulated photo of Sinai and the Nile delta, to try EarthLoc</source>
      <translation>Ein simuliertes Foto von Sinai und Nildelta, um EarthLoc auszuprobieren</translation>
    </message>
    <message>
      <source>First steps…</source>
      <translation>Erste Schritte…</translation>
    </message>
    <message>
      <source>Restore {n} photos located earlier in an unsaved project</source>
      <translation>{n} Fotos aus einem nicht gespeicherten Projekt wiederherstellen</translation>
    </message>
  </context>
  <context>
    <name>EngineClient</name>
    <message>
      <source>The request was cancelled.</source>
      <translation>Die Anfrage wurde abgebrochen.</translation>
    </message>
    <message>
      <source>The engine was stopped.</source>
      <translation>Das Rechenprogramm wurde angehalten.</translation>
    </message>
    <message>
      <source>The EarthLoc engine was not found. Choose it in Settings, Options, EarthLoc.</source>
      <translation>Das EarthLoc-Rechenprogramm wurde nicht gefunden. Wählen Sie es unter Einstellungen, Optionen, EarthLoc.</translation>
    </message>
    <message>
      <source>The EarthLoc engine {path} could not be started: {reason}.</source>
      <translation>Das EarthLoc-Rechenprogramm {path} konnte nicht gestartet werden: {reason}.</translation>
    </message>
    <message>
      <source>exit code {n}</source>
      <translation>Rückgabewert {n}</translation>
    </message>
    <message>
      <source>The EarthLoc engine {path} ended before it was ready: {reason}</source>
      <translation>Das EarthLoc-Rechenprogramm {path} endete, bevor es bereit war: {reason}</translation>
    </message>
    <message>
      <source>The EarthLoc engine stopped unexpectedly.</source>
      <translation>Das EarthLoc-Rechenprogramm wurde unerwartet beendet.</translation>
    </message>
    <message>
      <source>The EarthLoc engine did not respond for {n} s.</source>
      <translation>Das EarthLoc-Rechenprogramm hat {n} s lang nicht geantwortet.</translation>
    </message>
    <message>
      <source>The EarthLoc engine sent data that is not a message.</source>
      <translation>Das EarthLoc-Rechenprogramm hat Daten gesendet, die keine Nachricht sind.</translation>
    </message>
    <message>
      <source>The EarthLoc engine {path} speaks protocol {theirs}, this plugin speaks {ours}. Update the older one.</source>
      <translation>Das EarthLoc-Rechenprogramm {path} verwendet Protokoll {theirs}, dieses Plugin {ours}. Aktualisieren Sie das ältere von beiden.</translation>
    </message>
    <message>
      <source>The answer of the EarthLoc engine is invalid: {why}.</source>
      <translation>Die Antwort des EarthLoc-Rechenprogramms ist ungültig: {why}.</translation>
    </message>
  </context>
  <context>
    <name>EngineNotice</name>
    <message>
      <source>Choose the engine…</source>
      <translation>Rechenprogramm wählen…</translation>
    </message>
    <message>
      <source>Options…</source>
      <translation>Optionen…</translation>
    </message>
    <message>
      <source>It is a separate program named earthloc. The README explains how to install it.</source>
      <translation>Es ist ein eigenes Programm namens earthloc. Die README erklärt, wie es installiert wird.</translation>
    </message>
    <message>
      <source>The engine: the program earthloc</source>
      <translation>Das Rechenprogramm: earthloc</translation>
    </message>
  </context>
  <context>
    <name>ExportActions</name>
    <message>
      <source>Accepted photos only</source>
      <translation>Nur angenommene Fotos</translation>
    </message>
    <message>
      <source>Footprints: shapefile, GeoPackage, KML…</source>
      <translation>Bildflächen: Shapefile, GeoPackage, KML…</translation>
    </message>
    <message>
      <source>Catalogue (CSV)…</source>
      <translation>Katalog (CSV)…</translation>
    </message>
    <message>
      <source>Report with pictures (HTML)…</source>
      <translation>Bericht mit Bildern (HTML)…</translation>
    </message>
    <message>
      <source>Accepted photos for training…</source>
      <translation>Angenommene Fotos für das Training…</translation>
    </message>
    <message>
      <source>Export footprints</source>
      <translation>Bildflächen exportieren</translation>
    </message>
    <message>
      <source>Write catalogue</source>
      <translation>Katalog schreiben</translation>
    </message>
    <message>
      <source>Write report</source>
      <translation>Bericht schreiben</translation>
    </message>
    <message>
      <source>Folder for training photos</source>
      <translation>Ordner für Trainingsfotos</translation>
    </message>
    <message>
      <source>Writing…</source>
      <translation>Wird geschrieben…</translation>
    </message>
    <message>
      <source>Cancel</source>
      <translation>Abbrechen</translation>
    </message>
    <message>
      <source>{path} could not be written ({problem}). Choose another place; the log of QGIS has the details.</source>
      <translation>{path} konnte nicht geschrieben werden ({problem}). Wählen Sie einen anderen Ort; Einzelheiten stehen im Protokoll von QGIS.</translation>
    </message>
    <message>
      <source>Written: {path} (photos: {n}).</source>
      <translation>Geschrieben: {path} (Fotos: {n}).</translation>
    </message>
  </context>
  <context>
    <name>FeatureChoice</name>
    <message>
      <source>As fine as the tiles need</source>
      <translation>So fein, wie die Kacheln es brauchen</translation>
    </message>
    <message>
      <source>As fine as</source>
      <translation>So fein wie</translation>
    </message>
    <message>
      <source>No local features</source>
      <translation>Keine lokalen Merkmale</translation>
    </message>
    <message>
      <source>m per pixel</source>
      <translation>m je Pixel</translation>
    </message>
    <message>
      <source>Ground size of a pixel of the local features</source>
      <translation>Bodengröße eines Pixels der lokalen Merkmale</translation>
    </message>
    <message>
      <source>Details of the ground that are recognised in photos, even in photos without a nadir.</source>
      <translation>Einzelheiten des Bodens, die in Fotos wiedererkannt werden, auch in Fotos ohne Nadir.</translation>
    </message>
    <message>
      <source>Narrow photos need finer ones: a photo can be found when its shorter side shows</source>
      <translation>Schmale Fotos brauchen feinere: ein Foto lässt sich finden, wenn seine kürzere Seite</translation>
    </message>
    <message>
      <source>about 256 of these pixels or more. So 50 m per pixel suit photos at least 13 km wide.</source>
      <translation>etwa 256 dieser Pixel oder mehr zeigt. 50 m je Pixel genügen also für Fotos ab 13 km Breite.</translation>
    </message>
    <message>
      <source>By default a photo as wide as the smallest tile has that many, if the imagery is fine enough.</source>
      <translation>Standardmäßig hat ein Foto von der Breite der kleinsten Kachel so viele, wenn die Bilddaten fein genug sind.</translation>
    </message>
    <message>
      <source>Half the pixel size gives four times as many features.</source>
      <translation>Halb so große Pixel ergeben viermal so viele Merkmale.</translation>
    </message>
  </context>
  <context>
    <name>FirstSteps</name>
    <message>
      <source>First steps</source>
      <translation>Erste Schritte</translation>
    </message>
    <message>
      <source>Skip all</source>
      <translation>Alle überspringen</translation>
    </message>
    <message>
      <source>Engine</source>
      <translation>Rechenprogramm</translation>
    </message>
    <message>
      <source>The engine is a separate program, which does the searching on this computer.</source>
      <translation>Das Rechenprogramm ist ein eigenes Programm, das auf diesem Computer sucht.</translation>
    </message>
    <message>
      <source>Set up the engine…</source>
      <translation>Rechenprogramm einrichten…</translation>
    </message>
    <message>
      <source>Imagery</source>
      <translation>Bilddaten</translation>
    </message>
    <message>
      <source>The engine includes imagery of the whole world. It is enough for photos that show about 150 km of ground or more. For photos of narrower ground, add imagery of their region. You can also do that later, with the button beside the indexes.</source>
      <translation>Das Rechenprogramm enthält Bilddaten der ganzen Welt. Sie genügen für Fotos, die etwa 150 km Boden oder mehr zeigen. Für Fotos von schmalerem Boden fügen Sie Bilddaten ihrer Region hinzu. Das geht auch später, mit der Schaltfläche neben den Indexen.</translation>
    </message>
    <message>
      <source>Use the world</source>
      <translation>Die Welt verwenden</translation>
    </message>
    <message>
      <source>Add imagery…</source>
      <translation>Bilddaten hinzufügen…</translation>
    </message>
    <message>
      <source>First photo</source>
      <translation>Erstes Foto</translation>
    </message>
    <message>
      <source>Drop a photo here, or try the sample: a simulated photo of Sinai and the Nile delta. Its result appears on the map after some seconds.</source>
      <translation>Ziehen Sie ein Foto hierher, oder nehmen Sie das Beispiel: ein simuliertes Foto von Sinai und Nildelta. Sein Ergebnis erscheint nach einigen Sekunden auf der Karte.</translation>
    </message>
    <message>
      <source>Locate the sample photo</source>
      <translation>Beispielfoto verorten</translation>
    </message>
    <message>
      <source>Add photos…</source>
      <translation>Fotos hinzufügen…</translation>
    </message>
    <message>
      <source>Add folder…</source>
      <translation>Ordner hinzufügen…</translation>
    </message>
    <message>
      <source>Skip</source>
      <translation>Überspringen</translation>
    </message>
  </context>
  <context>
    <name>ImageryChooser</name>
    <message>
      <source>Imagery to fit photos to</source>
      <translation>Bilddaten, an die Fotos angepasst werden</translation>
    </message>
    <message>
      <source>The imagery each index was made from</source>
      <translation>Die Bilddaten, aus denen jeder Index entstand</translation>
    </message>
    <message>
      <source>Choose a file…</source>
      <translation>Datei wählen…</translation>
    </message>
    <message>
      <source>Choose a folder of EarthLoc tiles…</source>
      <translation>Ordner mit EarthLoc-Kacheln wählen…</translation>
    </message>
    <message>
      <source>Enter the address of a tile server…</source>
      <translation>Adresse eines Kachelservers eingeben…</translation>
    </message>
    <message>
      <source>Rasters, MBTiles, GeoPackages, tile server definitions</source>
      <translation>Raster, MBTiles, GeoPackages, Kachelserver-Definitionen</translation>
    </message>
    <message>
      <source>Folder of EarthLoc tiles</source>
      <translation>Ordner mit EarthLoc-Kacheln</translation>
    </message>
    <message>
      <source>Tile server</source>
      <translation>Kachelserver</translation>
    </message>
    <message>
      <source>Address of the tiles, such as https://host/{z}/{x}/{y}.png, or of WMTS capabilities:</source>
      <translation>Adresse der Kacheln, etwa https://host/{z}/{x}/{y}.png, oder der WMTS-Capabilities:</translation>
    </message>
    <message>
      <source>Attribution and licence of its imagery (if you know them):</source>
      <translation>Urheber und Lizenz der Bilddaten (falls bekannt):</translation>
    </message>
    <message>
      <source>The attribution is unknown. Look up the terms of the server.</source>
      <translation>Der Urheber ist nicht bekannt. Lesen Sie die Nutzungsbedingungen des Servers.</translation>
    </message>
    <message>
      <source>Tiles are downloaded from {host} when needed, and cached. {credit}</source>
      <translation>Kacheln werden bei Bedarf von {host} heruntergeladen und zwischengespeichert. {credit}</translation>
    </message>
    <message>
      <source>⚠ The imagery of these indexes is not on this computer, so photos cannot be verified and stay “uncertain”. Choose imagery above: a raster, a layer or a tile server.</source>
      <translation>⚠ Die Bilddaten dieser Indexe sind nicht auf diesem Rechner. Deshalb können Fotos nicht überprüft werden und bleiben „unsicher“. Wählen Sie oben Bilddaten: ein Raster, einen Layer oder einen Kachelserver.</translation>
    </message>
  </context>
  <context>
    <name>ImageryMenu</name>
    <message>
      <source>The imagery each index was made from</source>
      <translation>Die Bilddaten, aus denen jeder Index entstand</translation>
    </message>
    <message>
      <source>Choose a file…</source>
      <translation>Datei wählen…</translation>
    </message>
    <message>
      <source>Georeferenced imagery</source>
      <translation>Georeferenzierte Bilddaten</translation>
    </message>
  </context>
  <context>
    <name>IndexBuilder</name>
    <message>
      <source>Build an index</source>
      <translation>Index erstellen</translation>
    </message>
    <message>
      <source>Name of the index</source>
      <translation>Name des Index</translation>
    </message>
    <message>
      <source>Only what the map shows</source>
      <translation>Nur, was die Karte zeigt</translation>
    </message>
    <message>
      <source>Ground widths of the tiles in km, similar to those of the photos to locate</source>
      <translation>Bodenbreiten der Kacheln in km, ähnlich denen der Fotos, die verortet werden sollen</translation>
    </message>
    <message>
      <source>As stated in the imagery file</source>
      <translation>Wie in der Bilddatei angegeben</translation>
    </message>
    <message>
      <source>Build</source>
      <translation>Erstellen</translation>
    </message>
    <message>
      <source>Imagery</source>
      <translation>Bilddaten</translation>
    </message>
    <message>
      <source>Name</source>
      <translation>Name</translation>
    </message>
    <message>
      <source>Tile widths in km</source>
      <translation>Kachelbreiten in km</translation>
    </message>
    <message>
      <source>Local features</source>
      <translation>Lokale Merkmale</translation>
    </message>
    <message>
      <source>Attribution</source>
      <translation>Urheber</translation>
    </message>
    <message>
      <source>Licence</source>
      <translation>Lizenz</translation>
    </message>
    <message>
      <source>The engine is planning the tiles.</source>
      <translation>Das Rechenprogramm plant die Kacheln.</translation>
    </message>
    <message>
      <source>This layer cannot be used. Choose a raster file with a coordinate system, not a web service.</source>
      <translation>Dieser Layer ist nicht geeignet. Wählen Sie eine Rasterdatei mit Koordinatensystem, keinen Webdienst.</translation>
    </message>
    <message>
      <source>The map shows an area outside the Earth. Move the map.</source>
      <translation>Die Karte zeigt ein Gebiet außerhalb der Erde. Verschieben Sie die Karte.</translation>
    </message>
    <message>
      <source>, about {time} left</source>
      <translation>, noch etwa {time}</translation>
    </message>
    <message>
      <source>{name}: {n} tiles and {f} local features.</source>
      <translation>{name}: {n} Kacheln und {f} lokale Merkmale.</translation>
    </message>
    <message>
      <source>{name}: {n} tiles.</source>
      <translation>{name}: {n} Kacheln.</translation>
    </message>
    <message>
      <source>Paused. Press Resume to continue with the same options.</source>
      <translation>Angehalten. Drücken Sie Fortsetzen, um mit denselben Angaben weiterzumachen.</translation>
    </message>
    <message>
      <source>Pause</source>
      <translation>Anhalten</translation>
    </message>
    <message>
      <source>Resume</source>
      <translation>Fortsetzen</translation>
    </message>
    <message>
      <source>An index with this name already exists. Choose another name.</source>
      <translation>Es gibt schon einen Index mit diesem Namen. Wählen Sie einen anderen Namen.</translation>
    </message>
    <message>
      <source>To build an index, add a raster layer of the region to the project.</source>
      <translation>Um einen Index zu erstellen, fügen Sie dem Projekt einen Rasterlayer der Region hinzu.</translation>
    </message>
    <message>
      <source>To build an index, type a name for it.</source>
      <translation>Um einen Index zu erstellen, geben Sie ihm einen Namen.</translation>
    </message>
    <message>
      <source>To build an index, type tile widths in km, such as {example}.</source>
      <translation>Um einen Index zu erstellen, geben Sie Kachelbreiten in km ein, etwa {example}.</translation>
    </message>
  </context>
  <context>
    <name>IndexChooser</name>
    <message>
      <source>Indexes to search</source>
      <translation>Zu durchsuchende Indexe</translation>
    </message>
    <message>
      <source>Find or build an index</source>
      <translation>Index suchen oder erstellen</translation>
    </message>
    <message>
      <source>Browse for an index…</source>
      <translation>Index auswählen…</translation>
    </message>
    <message>
      <source>Manage and build indexes…</source>
      <translation>Indexe verwalten und erstellen…</translation>
    </message>
    <message>
      <source>Refresh the list of indexes</source>
      <translation>Liste der Indexe aktualisieren</translation>
    </message>
    <message>
      <source>Tick an index to search</source>
      <translation>Index zum Durchsuchen ankreuzen</translation>
    </message>
    <message>
      <source>No index yet: browse or build one</source>
      <translation>Noch kein Index: auswählen oder erstellen</translation>
    </message>
    <message>
      <source>Folder of the regional index</source>
      <translation>Ordner des regionalen Index</translation>
    </message>
    <message>
      <source>{path} is not an index. Choose the folder that contains its index.json.</source>
      <translation>{path} ist kein Index. Wählen Sie den Ordner, der die Datei index.json enthält.</translation>
    </message>
  </context>
  <context>
    <name>IndexManager</name>
    <message>
      <source>EarthLoc indexes</source>
      <translation>EarthLoc-Indexe</translation>
    </message>
    <message>
      <source>Zoom to</source>
      <translation>Dorthin zoomen</translation>
    </message>
    <message>
      <source>Tiles on the map</source>
      <translation>Kacheln auf die Karte</translation>
    </message>
    <message>
      <source>Check</source>
      <translation>Überprüfen</translation>
    </message>
    <message>
      <source>Export…</source>
      <translation>Exportieren…</translation>
    </message>
    <message>
      <source>Import…</source>
      <translation>Importieren…</translation>
    </message>
    <message>
      <source>Add from Milvus…</source>
      <translation>Von Milvus hinzufügen…</translation>
    </message>
    <message>
      <source>Delete…</source>
      <translation>Löschen…</translation>
    </message>
    <message>
      <source>There is no index yet. Build one below, or import one from a zip file.</source>
      <translation>Es gibt noch keinen Index. Erstellen Sie unten einen, oder importieren Sie einen aus einer ZIP-Datei.</translation>
    </message>
    <message>
      <source>Choose an index to see its region on the map.</source>
      <translation>Wählen Sie einen Index, um sein Gebiet auf der Karte zu sehen.</translation>
    </message>
    <message>
      <source>Drawing the tiles of {name}…</source>
      <translation>Die Kacheln von {name} werden gezeichnet…</translation>
    </message>
    <message>
      <source>{name}: {done} of {total} tiles drawn</source>
      <translation>{name}: {done} von {total} Kacheln gezeichnet</translation>
    </message>
    <message>
      <source>{path} is damaged. Delete it and try again.</source>
      <translation>{path} ist beschädigt. Löschen Sie die Datei und versuchen Sie es noch einmal.</translation>
    </message>
    <message>
      <source>{layer} was added to the map; only the widest tiles are visible.</source>
      <translation>{layer} wurde der Karte hinzugefügt; nur die breitesten Kacheln sind sichtbar.</translation>
    </message>
    <message>
      <source>Checking {name}…</source>
      <translation>{name} wird überprüft…</translation>
    </message>
    <message>
      <source>{name}: the server has all tiles.</source>
      <translation>{name}: Auf dem Server sind alle Kacheln vorhanden.</translation>
    </message>
    <message>
      <source>{name}: {n} files, all intact</source>
      <translation>{name}: {n} Dateien, alle unversehrt</translation>
    </message>
    <message>
      <source>Export index</source>
      <translation>Index exportieren</translation>
    </message>
    <message>
      <source>Packing {name}…</source>
      <translation>{name} wird gepackt…</translation>
    </message>
    <message>
      <source>{name} was exported to {archive}.</source>
      <translation>{name} wurde nach {archive} exportiert.</translation>
    </message>
    <message>
      <source>Import index</source>
      <translation>Index importieren</translation>
    </message>
    <message>
      <source>Unpacking {archive}…</source>
      <translation>{archive} wird entpackt…</translation>
    </message>
    <message>
      <source>Address of the index, milvus://HOST:PORT/NAME.</source>
      <translation>Adresse des Index, milvus://HOST:PORT/NAME.</translation>
    </message>
    <message>
      <source>For each photo searched in it, the server receives</source>
      <translation>Zu jedem Foto, das darin gesucht wird, erhält der Server</translation>
    </message>
    <message>
      <source>descriptors and the nadir, but no pictures.</source>
      <translation>Deskriptoren und den Nadir, aber keine Bilder.</translation>
    </message>
    <message>
      <source>Add an index on Milvus</source>
      <translation>Index auf Milvus hinzufügen</translation>
    </message>
    <message>
      <source>Contacting {address}…</source>
      <translation>Verbindung zu {address}…</translation>
    </message>
    <message>
      <source>{name}: {n} tiles on {address}.</source>
      <translation>{name}: {n} Kacheln auf {address}.</translation>
    </message>
    <message>
      <source>Remove {name} from this list? It stays on its server.</source>
      <translation>{name} aus dieser Liste entfernen? Auf dem Server bleibt der Index erhalten.</translation>
    </message>
    <message>
      <source>Delete {name} ({path}) permanently? Results made with it are kept.</source>
      <translation>{name} ({path}) endgültig löschen? Ergebnisse, die damit entstanden sind, bleiben erhalten.</translation>
    </message>
    <message>
      <source>Delete index</source>
      <translation>Index löschen</translation>
    </message>
    <message>
      <source>{name} was removed from this list.</source>
      <translation>{name} wurde aus dieser Liste entfernt.</translation>
    </message>
    <message>
      <source>{name} was deleted.</source>
      <translation>{name} wurde gelöscht.</translation>
    </message>
  </context>
  <context>
    <name>IndexTable</name>
    <message>
      <source>Name</source>
      <translation>Name</translation>
    </message>
    <message>
      <source>Tiles</source>
      <translation>Kacheln</translation>
    </message>
    <message>
      <source>Widths (km)</source>
      <translation>Breiten (km)</translation>
    </message>
    <message>
      <source>Local features</source>
      <translation>Lokale Merkmale</translation>
    </message>
    <message>
      <source>Size</source>
      <translation>Größe</translation>
    </message>
    <message>
      <source>Built</source>
      <translation>Erstellt</translation>
    </message>
    <message>
      <source>Imagery</source>
      <translation>Bilddaten</translation>
    </message>
    <message>
      <source>Licence</source>
      <translation>Lizenz</translation>
    </message>
    <message>
      <source>Indexes</source>
      <translation>Indexe</translation>
    </message>
    <message>
      <source>on a server</source>
      <translation>auf einem Server</translation>
    </message>
    <message>
      <source>not stated</source>
      <translation>nicht angegeben</translation>
    </message>
    <message>
      <source>none</source>
      <translation>keine</translation>
    </message>
    <message>
      <source>{n} at {m} m</source>
      <translation>{n} bei {m} m</translation>
    </message>
  </context>
  <context>
    <name>LocalizationQueue</name>
    <message>
      <source>Cancelled</source>
      <translation>Abgebrochen</translation>
    </message>
    <message>
      <source>Cancelling</source>
      <translation>Wird abgebrochen</translation>
    </message>
    <message>
      <source>Found, but not saved: {why}</source>
      <translation>Gefunden, aber nicht gespeichert: {why}</translation>
    </message>
    <message>
      <source>{reason} Starting it again.</source>
      <translation>{reason} Es wird neu gestartet.</translation>
    </message>
    <message>
      <source>The engine stopped {n} times on this photo: {reason}</source>
      <translation>Das Rechenprogramm ist bei diesem Foto {n}-mal abgestürzt: {reason}</translation>
    </message>
  </context>
  <context>
    <name>LocalizeButton</name>
    <message>
      <source>Localize</source>
      <translation>Verorten</translation>
    </message>
    <message>
      <source>Localizing…</source>
      <translation>Wird verortet…</translation>
    </message>
    <message>
      <source>Localize {n} again</source>
      <translation>{n} erneut verorten</translation>
    </message>
    <message>
      <source>Localize again</source>
      <translation>Erneut verorten</translation>
    </message>
    <message>
      <source>Localize {n} selected</source>
      <translation>{n} gewählte verorten</translation>
    </message>
    <message>
      <source>Localize {n} new</source>
      <translation>{n} neue verorten</translation>
    </message>
    <message>
      <source>Tick an index to search first</source>
      <translation>Kreuzen Sie zuerst einen Index an</translation>
    </message>
  </context>
  <context>
    <name>MapPictures</name>
    <message>
      <source>The photo was not fitted to imagery, so it cannot be drawn; locate it with imagery.</source>
      <translation>Das Foto wurde nicht an Bilddaten angepasst und kann deshalb nicht gezeichnet werden; verorten Sie es mit Bilddaten.</translation>
    </message>
    <message>
      <source>{name}: waiting for the engine</source>
      <translation>{name}: wartet auf das Rechenprogramm</translation>
    </message>
    <message>
      <source>{path}: cannot be opened as a raster.</source>
      <translation>{path}: lässt sich nicht als Raster öffnen.</translation>
    </message>
    <message>
      <source>reading</source>
      <translation>lesen</translation>
    </message>
    <message>
      <source>drawing on the ground</source>
      <translation>auf den Boden zeichnen</translation>
    </message>
    <message>
      <source>writing</source>
      <translation>schreiben</translation>
    </message>
  </context>
  <context>
    <name>MovedPhotos</name>
    <message>
      <source>Wait until no photo is being located.</source>
      <translation>Warten Sie, bis kein Foto mehr verortet wird.</translation>
    </message>
    <message>
      <source>Folder in which to search for the photos, with its subfolders</source>
      <translation>Ordner, in dem samt Unterordnern nach den Fotos gesucht wird</translation>
    </message>
    <message>
      <source>Find photos…</source>
      <translation>Fotos suchen…</translation>
    </message>
    <message>
      <source>1 photo is not where it was.</source>
      <translation>1 Foto liegt nicht mehr am alten Ort.</translation>
    </message>
    <message>
      <source>{n} photos are not where they were.</source>
      <translation>{n} Fotos liegen nicht mehr am alten Ort.</translation>
    </message>
    <message>
      <source>Not taken because their pixels differ or there are several files of that name: {names}.</source>
      <translation>Nicht übernommen, weil die Pixel abweichen oder mehrere Dateien so heißen: {names}.</translation>
    </message>
    <message>
      <source>None of the missing photos is in that folder.</source>
      <translation>Keines der fehlenden Fotos ist in diesem Ordner.</translation>
    </message>
    <message>
      <source>{n} photos found.</source>
      <translation>{n} Fotos gefunden.</translation>
    </message>
    <message>
      <source>{n} are still missing.</source>
      <translation>{n} fehlen noch.</translation>
    </message>
    <message>
      <source>Undo</source>
      <translation>Rückgängig</translation>
    </message>
  </context>
  <context>
    <name>NadirDelegate</name>
    <message>
      <source>Nadir</source>
      <translation>Nadir</translation>
    </message>
    <message>
      <source>lat, lon</source>
      <translation>Breite, Länge</translation>
    </message>
    <message>
      <source>Latitude and longitude of the point below the station, such as 41.2, 28.9</source>
      <translation>Breite und Länge des Punktes unter der Station, etwa 41.2, 28.9</translation>
    </message>
  </context>
  <context>
    <name>NoticeLine</name>
    <message>
      <source>Close this message</source>
      <translation>Diese Meldung schließen</translation>
    </message>
  </context>
  <context>
    <name>OptionsPage</name>
    <message>
      <source>The engine: the program earthloc</source>
      <translation>Das Rechenprogramm: earthloc</translation>
    </message>
    <message>
      <source>not found</source>
      <translation>nicht gefunden</translation>
    </message>
    <message>
      <source>Search only around the nadir if it is known</source>
      <translation>Nur um den Nadir suchen, wenn er bekannt ist</translation>
    </message>
    <message>
      <source>If the engine is empty, it is searched in the environment variable EARTHLOC_ENGINE, beside the sources of the plugin and on the PATH.</source>
      <translation>Ist kein Rechenprogramm angegeben, wird es in der Umgebungsvariablen EARTHLOC_ENGINE, neben den Quellen der Erweiterung und im PATH gesucht.</translation>
    </message>
    <message>
      <source>Engine</source>
      <translation>Rechenprogramm</translation>
    </message>
    <message>
      <source>Folder of indexes</source>
      <translation>Ordner der Indexe</translation>
    </message>
    <message>
      <source>Radius around the nadir</source>
      <translation>Umkreis des Nadirs</translation>
    </message>
    <message>
      <source>Candidates per photo</source>
      <translation>Kandidaten je Foto</translation>
    </message>
  </context>
  <context>
    <name>PanelToolBar</name>
    <message>
      <source>Add photos…</source>
      <translation>Fotos…</translation>
    </message>
    <message>
      <source>Add photos to locate</source>
      <translation>Fotos zum Verorten hinzufügen</translation>
    </message>
    <message>
      <source>Add folder…</source>
      <translation>Ordner…</translation>
    </message>
    <message>
      <source>Add all photos in a folder and its subfolders</source>
      <translation>Alle Fotos in einem Ordner und seinen Unterordnern hinzufügen</translation>
    </message>
    <message>
      <source>Review…</source>
      <translation>Prüfen…</translation>
    </message>
    <message>
      <source>Compare located photos with the map, and accept or correct them</source>
      <translation>Verortete Fotos mit der Karte vergleichen und annehmen oder berichtigen</translation>
    </message>
    <message>
      <source>Zoom to result</source>
      <translation>Zum Ergebnis zoomen</translation>
    </message>
    <message>
      <source>Remove</source>
      <translation>Entfernen</translation>
    </message>
    <message>
      <source>Remove the selected photos and their results</source>
      <translation>Die gewählten Fotos und ihre Ergebnisse entfernen</translation>
    </message>
    <message>
      <source>Undo removal</source>
      <translation>Entfernen rückgängig machen</translation>
    </message>
    <message>
      <source>Restore the removed photos (Ctrl+Z)</source>
      <translation>Entfernte Fotos wiederherstellen (Strg+Z)</translation>
    </message>
    <message>
      <source>Find moved photos…</source>
      <translation>Verschobene Fotos suchen…</translation>
    </message>
    <message>
      <source>Save results to…</source>
      <translation>Ergebnisse speichern in…</translation>
    </message>
    <message>
      <source>First steps…</source>
      <translation>Erste Schritte…</translation>
    </message>
    <message>
      <source>Locate the sample photo</source>
      <translation>Beispielfoto verorten</translation>
    </message>
    <message>
      <source>Options…</source>
      <translation>Optionen…</translation>
    </message>
    <message>
      <source>More</source>
      <translation>Mehr</translation>
    </message>
    <message>
      <source>Moved photos, results file, first steps, options</source>
      <translation>Verschobene Fotos, Ergebnisdatei, erste Schritte, Optionen</translation>
    </message>
  </context>
  <context>
    <name>PanelWidgets</name>
    <message>
      <source>Save results to…</source>
      <translation>Ergebnisse speichern in…</translation>
    </message>
    <message>
      <source>Cancel</source>
      <translation>Abbrechen</translation>
    </message>
    <message>
      <source>Cancel all photos that are waiting or running</source>
      <translation>Alle wartenden und laufenden Fotos abbrechen</translation>
    </message>
  </context>
  <context>
    <name>PhotoAdding</name>
    <message>
      <source>Show…</source>
      <translation>Zeigen…</translation>
    </message>
    <message>
      <source>Add photos</source>
      <translation>Fotos hinzufügen</translation>
    </message>
    <message>
      <source>Photos ({pattern})</source>
      <translation>Fotos ({pattern})</translation>
    </message>
    <message>
      <source>Add all photos in a folder and its subfolders</source>
      <translation>Alle Fotos in einem Ordner und seinen Unterordnern hinzufügen</translation>
    </message>
    <message>
      <source>{path}: the sample photo could not be copied there ({error}).</source>
      <translation>{path}: Das Beispielfoto konnte nicht dorthin kopiert werden ({error}).</translation>
    </message>
    <message>
      <source>{name} was left out.</source>
      <translation>{name} wurde ausgelassen.</translation>
    </message>
    <message>
      <source>{n} files were left out.</source>
      <translation>{n} Dateien wurden ausgelassen.</translation>
    </message>
    <message>
      <source>No photos were found there. EarthLoc reads files such as {kinds}.</source>
      <translation>Dort wurden keine Fotos gefunden. EarthLoc liest Dateien wie {kinds}.</translation>
    </message>
    <message>
      <source>These photos are in the list already.</source>
      <translation>Diese Fotos sind schon in der Liste.</translation>
    </message>
  </context>
  <context>
    <name>PhotoList</name>
    <message>
      <source>Photos</source>
      <translation>Fotos</translation>
    </message>
    <message>
      <source>Zoom to result</source>
      <translation>Zum Ergebnis zoomen</translation>
    </message>
    <message>
      <source>Show photo on map</source>
      <translation>Foto auf der Karte zeigen</translation>
    </message>
    <message>
      <source>Localize</source>
      <translation>Verorten</translation>
    </message>
    <message>
      <source>Locate again</source>
      <translation>Erneut verorten</translation>
    </message>
    <message>
      <source>Cancel</source>
      <translation>Abbrechen</translation>
    </message>
    <message>
      <source>Open photo</source>
      <translation>Foto öffnen</translation>
    </message>
    <message>
      <source>Show in folder</source>
      <translation>Im Ordner zeigen</translation>
    </message>
    <message>
      <source>Remove</source>
      <translation>Entfernen</translation>
    </message>
  </context>
  <context>
    <name>PhotoModel</name>
    <message>
      <source>New</source>
      <translation>Neu</translation>
    </message>
    <message>
      <source>Waiting</source>
      <translation>Wartet</translation>
    </message>
    <message>
      <source>Running</source>
      <translation>Läuft</translation>
    </message>
    <message>
      <source>Cancelled</source>
      <translation>Abgebrochen</translation>
    </message>
    <message>
      <source>Photo</source>
      <translation>Foto</translation>
    </message>
    <message>
      <source>Status</source>
      <translation>Status</translation>
    </message>
    <message>
      <source>Confidence</source>
      <translation>Konfidenz</translation>
    </message>
    <message>
      <source>Review</source>
      <translation>Prüfung</translation>
    </message>
    <message>
      <source>Nadir</source>
      <translation>Nadir</translation>
    </message>
    <message>
      <source>Taken (UTC)</source>
      <translation>Zeit (UTC)</translation>
    </message>
    <message>
      <source>The point below the station: latitude, longitude. Double-click to edit.</source>
      <translation>Der Punkt unter der Station: Breite, Länge. Zum Bearbeiten doppelklicken.</translation>
    </message>
    <message>
      <source>none</source>
      <translation>keine</translation>
    </message>
    <message>
      <source>{w} x {h} pixels</source>
      <translation>{w} x {h} Pixel</translation>
    </message>
  </context>
  <context>
    <name>PhotoView</name>
    <message>
      <source>Photo</source>
      <translation>Foto</translation>
    </message>
  </context>
  <context>
    <name>ProjectResults</name>
    <message>
      <source>The results are now kept in {path}.</source>
      <translation>Die Ergebnisse werden jetzt in {path} gespeichert.</translation>
    </message>
  </context>
  <context>
    <name>QueueView</name>
    <message>
      <source>All missions</source>
      <translation>Alle Missionen</translation>
    </message>
    <message>
      <source>Photos to show</source>
      <translation>Gezeigte Fotos</translation>
    </message>
    <message>
      <source>All photos</source>
      <translation>Alle Fotos</translation>
    </message>
    <message>
      <source>Not reviewed</source>
      <translation>Nicht geprüft</translation>
    </message>
    <message>
      <source>Unsure</source>
      <translation>Unsicher</translation>
    </message>
    <message>
      <source>Accepted and corrected</source>
      <translation>Angenommene und berichtigte</translation>
    </message>
    <message>
      <source>Rejected</source>
      <translation>Verworfen</translation>
    </message>
    <message>
      <source>Order</source>
      <translation>Reihenfolge</translation>
    </message>
    <message>
      <source>Least certain first</source>
      <translation>Unsicherste zuerst</translation>
    </message>
    <message>
      <source>By date</source>
      <translation>Nach Datum</translation>
    </message>
    <message>
      <source>By mission and frame</source>
      <translation>Nach Mission und Bildnummer</translation>
    </message>
    <message>
      <source>Mission</source>
      <translation>Mission</translation>
    </message>
    <message>
      <source>Photos reviewed</source>
      <translation>Geprüfte Fotos</translation>
    </message>
    <message>
      <source>Photos to review</source>
      <translation>Zu prüfende Fotos</translation>
    </message>
    <message>
      <source>{done} of {total} reviewed</source>
      <translation>{done} von {total} geprüft</translation>
    </message>
  </context>
  <context>
    <name>Recorder</name>
    <message>
      <source>{path}: {n} decisions could not be saved ({problem}). Decide again on {photos}.</source>
      <translation>{path}: {n} Entscheidungen konnten nicht gespeichert werden ({problem}). Entscheiden Sie erneut über {photos}.</translation>
    </message>
    <message>
      <source>{path}: the decision on {photo} could not be saved ({problem}). EarthLoc tries again with the next decision and when the review is closed. A new decision on the photo replaces it.</source>
      <translation>{path}: Die Entscheidung über {photo} konnte nicht gespeichert werden ({problem}). EarthLoc versucht es bei der nächsten Entscheidung und beim Schließen der Prüfung erneut. Eine neue Entscheidung über das Foto ersetzt sie.</translation>
    </message>
    <message>
      <source>{path}: the reviews could not be read ({problem}). Open the review again; see the log of QGIS.</source>
      <translation>{path}: Die Entscheidungen konnten nicht gelesen werden ({problem}). Öffnen Sie die Prüfung erneut; Einzelheiten stehen im Protokoll von QGIS.</translation>
    </message>
  </context>
  <context>
    <name>RemoveQuestion</name>
    <message>
      <source>Remove photos</source>
      <translation>Fotos entfernen</translation>
    </message>
    <message>
      <source>Remove {name} from the list?</source>
      <translation>{name} aus der Liste entfernen?</translation>
    </message>
    <message>
      <source>Remove {n} photos from the list?</source>
      <translation>{n} Fotos aus der Liste entfernen?</translation>
    </message>
    <message>
      <source>Photos with results, which are removed from the map and from {file}: {n}.</source>
      <translation>Fotos mit Ergebnissen, die aus der Karte und aus {file} entfernt werden: {n}.</translation>
    </message>
    <message>
      <source>The photo files are kept. Undo (Ctrl+Z in the panel) restores everything.</source>
      <translation>Die Fotodateien bleiben erhalten. Rückgängig (Strg+Z im Bedienfeld) stellt alles wieder her.</translation>
    </message>
    <message>
      <source>Remove</source>
      <translation>Entfernen</translation>
    </message>
    <message>
      <source>Also remove reviewed photos: {n}</source>
      <translation>Auch geprüfte Fotos entfernen: {n}</translation>
    </message>
    <message>
      <source>Remove {n}</source>
      <translation>{n} entfernen</translation>
    </message>
  </context>
  <context>
    <name>ResultMap</name>
    <message>
      <source>The coordinate system of the map cannot show this position.</source>
      <translation>Das Koordinatensystem der Karte kann diese Position nicht darstellen.</translation>
    </message>
    <message>
      <source>There is no result to zoom to yet.</source>
      <translation>Es gibt noch kein Ergebnis, zu dem gezoomt werden kann.</translation>
    </message>
  </context>
  <context>
    <name>ResultsView</name>
    <message>
      <source>Result</source>
      <translation>Ergebnis</translation>
    </message>
    <message>
      <source>Candidates</source>
      <translation>Kandidaten</translation>
    </message>
    <message>
      <source>Rank</source>
      <translation>Rang</translation>
    </message>
    <message>
      <source>Score</source>
      <translation>Ähnlichkeit</translation>
    </message>
    <message>
      <source>To nadir</source>
      <translation>Zum Nadir</translation>
    </message>
    <message>
      <source>Width</source>
      <translation>Breite</translation>
    </message>
    <message>
      <source>Rotation</source>
      <translation>Drehung</translation>
    </message>
    <message>
      <source>Centre</source>
      <translation>Mitte</translation>
    </message>
    <message>
      <source>Counter-clockwise rotation that puts north up in the photo</source>
      <translation>Drehung gegen den Uhrzeigersinn, nach der im Foto Norden oben ist</translation>
    </message>
    <message>
      <source>Show photo on map</source>
      <translation>Foto auf der Karte zeigen</translation>
    </message>
    <message>
      <source>Draws the photo at its position, as a layer with a slider for its opacity</source>
      <translation>Zeichnet das Foto an seiner Position, als Layer mit einem Regler für die Deckkraft</translation>
    </message>
    <message>
      <source>Candidates: {n}</source>
      <translation>Kandidaten: {n}</translation>
    </message>
    <message>
      <source>{index}: found because its tile looks like the photo</source>
      <translation>{index}: gefunden, weil die Kachel dem Foto ähnlich sieht</translation>
    </message>
    <message>
      <source>{index}: found by local features (z-score {z})</source>
      <translation>{index}: durch lokale Merkmale gefunden (z-Wert {z})</translation>
    </message>
    <message>
      <source>{index}: found by local features (z-score {z}); its tile also looks like the photo</source>
      <translation>{index}: durch lokale Merkmale gefunden (z-Wert {z}); auch die Kachel sieht dem Foto ähnlich</translation>
    </message>
    <message>
      <source>attribution unknown</source>
      <translation>Urheber unbekannt</translation>
    </message>
    <message>
      <source> · Imagery: {name} ({credit})</source>
      <translation> · Bilddaten: {name} ({credit})</translation>
    </message>
  </context>
  <context>
    <name>ReviewController</name>
    <message>
      <source>Choose candidate {n}</source>
      <translation>Kandidat {n} wählen</translation>
    </message>
  </context>
  <context>
    <name>ReviewDock</name>
    <message>
      <source>EarthLoc review</source>
      <translation>EarthLoc-Prüfung</translation>
    </message>
  </context>
  <context>
    <name>ReviewModel</name>
    <message>
      <source>Photo</source>
      <translation>Foto</translation>
    </message>
    <message>
      <source>Review</source>
      <translation>Prüfung</translation>
    </message>
    <message>
      <source>Engine</source>
      <translation>Befund</translation>
    </message>
    <message>
      <source>Taken (UTC)</source>
      <translation>Zeit (UTC)</translation>
    </message>
    <message>
      <source>none</source>
      <translation>keine</translation>
    </message>
    <message>
      <source>{decision} by {who}, {when} UTC</source>
      <translation>{decision} von {who}, {when} UTC</translation>
    </message>
    <message>
      <source>somebody</source>
      <translation>jemand</translation>
    </message>
  </context>
  <context>
    <name>ReviewToolBar</name>
    <message>
      <source>Opacity of the photo over the map</source>
      <translation>Deckkraft des Fotos über der Karte</translation>
    </message>
  </context>
  <context>
    <name>ReviewWindow</name>
    <message>
      <source>Imagery to compare with</source>
      <translation>Bilddaten zum Vergleichen</translation>
    </message>
    <message>
      <source>Export</source>
      <translation>Exportieren</translation>
    </message>
    <message>
      <source>All photos in this list are reviewed. Export them with the arrow button at the upper right.</source>
      <translation>Alle Fotos in dieser Liste sind geprüft. Exportieren Sie sie über die Schaltfläche mit dem Pfeil oben rechts.</translation>
    </message>
    <message>
      <source>No photo matches the filter. Choose “All photos” above.</source>
      <translation>Kein Foto entspricht dem Filter. Wählen Sie oben „Alle Fotos“.</translation>
    </message>
    <message>
      <source>Reading…</source>
      <translation>Wird gelesen…</translation>
    </message>
    <message>
      <source>{path} cannot be read. It may have been moved or renamed.</source>
      <translation>{path} kann nicht gelesen werden. Die Datei wurde vielleicht verschoben oder umbenannt.</translation>
    </message>
  </context>
  <context>
    <name>RunProgress</name>
    <message>
      <source>Progress over all photos</source>
      <translation>Fortschritt über alle Fotos</translation>
    </message>
    <message>
      <source>{done} of {total}</source>
      <translation>{done} von {total}</translation>
    </message>
    <message>
      <source>, about {time} left</source>
      <translation>, noch etwa {time}</translation>
    </message>
  </context>
  <context>
    <name>RunSummary</name>
    <message>
      <source>Show</source>
      <translation>Zeigen</translation>
    </message>
    <message>
      <source>Select these photos in the list</source>
      <translation>Diese Fotos in der Liste auswählen</translation>
    </message>
    <message>
      <source>{n} located</source>
      <translation>{n} verortet</translation>
    </message>
    <message>
      <source>{n} uncertain</source>
      <translation>{n} unsicher</translation>
    </message>
    <message>
      <source>{n} not found</source>
      <translation>{n} nicht gefunden</translation>
    </message>
    <message>
      <source>{n} could not be read</source>
      <translation>{n} nicht lesbar</translation>
    </message>
    <message>
      <source>{n} not saved</source>
      <translation>{n} nicht gespeichert</translation>
    </message>
    <message>
      <source>{n} skipped</source>
      <translation>{n} übersprungen</translation>
    </message>
    <message>
      <source>{n} cancelled</source>
      <translation>{n} abgebrochen</translation>
    </message>
  </context>
  <context>
    <name>SearchHere</name>
    <message>
      <source>There is no index to search. Add one in the EarthLoc panel.</source>
      <translation>Es gibt keinen Index zum Durchsuchen. Fügen Sie im EarthLoc-Bedienfeld einen hinzu.</translation>
    </message>
    <message>
      <source>Searching within {km} km…  Press Esc to stop.</source>
      <translation>Suche im Umkreis von {km} km…  Esc bricht sie ab.</translation>
    </message>
    <message>
      <source>There is no imagery to fit the photo to. Choose some with the button that shows a picture.</source>
      <translation>Es gibt keine Bilddaten, an die das Foto angepasst werden kann. Wählen Sie welche über die Schaltfläche mit dem Bild.</translation>
    </message>
    <message>
      <source>Fitting the photo to the imagery…  Press Esc to stop.</source>
      <translation>Das Foto wird an die Bilddaten angepasst…  Esc bricht ab.</translation>
    </message>
    <message>
      <source>The search was stopped.</source>
      <translation>Die Suche wurde angehalten.</translation>
    </message>
    <message>
      <source>The photo was not found there.</source>
      <translation>Das Foto wurde dort nicht gefunden.</translation>
    </message>
    <message>
      <source>Search here</source>
      <translation>Hier suchen</translation>
    </message>
    <message>
      <source>The photo does not fit there.</source>
      <translation>Das Foto passt dort nicht.</translation>
    </message>
    <message>
      <source>Fit to the imagery</source>
      <translation>An die Bilddaten anpassen</translation>
    </message>
  </context>
  <context>
    <name>SearchOptions</name>
    <message>
      <source>Near the nadir, within</source>
      <translation>Um den Nadir, im Umkreis von</translation>
    </message>
    <message>
      <source>If the nadir of a photo is known, search only around it. Untick if you do not trust it.</source>
      <translation>Ist der Nadir eines Fotos bekannt, wird nur um ihn herum gesucht. Abwählen, wenn Sie ihm nicht trauen.</translation>
    </message>
    <message>
      <source>Radius around the nadir in km</source>
      <translation>Umkreis des Nadirs in km</translation>
    </message>
    <message>
      <source>Candidates per photo</source>
      <translation>Kandidaten je Foto</translation>
    </message>
    <message>
      <source>Number of candidates listed and drawn for each photo</source>
      <translation>Zahl der Kandidaten, die je Foto aufgeführt und gezeichnet werden</translation>
    </message>
    <message>
      <source>Fit photos to imagery (precise, takes seconds)</source>
      <translation>Fotos an Bilddaten anpassen (genau, dauert Sekunden)</translation>
    </message>
    <message>
      <source>Finds the precise footprint and its confidence. Without fitting, footprints are rough estimates.</source>
      <translation>Findet die genaue Bildfläche und ihre Konfidenz. Ohne Anpassung sind Bildflächen grobe Schätzungen.</translation>
    </message>
    <message>
      <source>Also locate reviewed photos again</source>
      <translation>Auch geprüfte Fotos erneut verorten</translation>
    </message>
    <message>
      <source>Otherwise reviewed photos are skipped. Applies to the next run only. The decisions stay in the history, and the review can bring them back.</source>
      <translation>Sonst werden geprüfte Fotos übersprungen. Gilt nur für den nächsten Lauf. Die Entscheidungen bleiben im Verlauf, und die Prüfung kann sie zurückholen.</translation>
    </message>
    <message>
      <source>Search in</source>
      <translation>Suchen in</translation>
    </message>
    <message>
      <source>Candidates</source>
      <translation>Kandidaten</translation>
    </message>
    <message>
      <source>Search in {names}</source>
      <translation>Suche in {names}</translation>
    </message>
    <message>
      <source>Search: tick an index</source>
      <translation>Suche: einen Index ankreuzen</translation>
    </message>
    <message>
      <source>within {n} km of the nadir</source>
      <translation>bis {n} km vom Nadir</translation>
    </message>
    <message>
      <source>not fitted</source>
      <translation>nicht angepasst</translation>
    </message>
    <message>
      <source>no imagery to fit to</source>
      <translation>keine Bilddaten zum Anpassen</translation>
    </message>
    <message>
      <source>fitted to imagery</source>
      <translation>an Bilddaten angepasst</translation>
    </message>
  </context>
  <context>
    <name>SkippedFiles</name>
    <message>
      <source>Files that were left out</source>
      <translation>Ausgelassene Dateien</translation>
    </message>
    <message>
      <source>File</source>
      <translation>Datei</translation>
    </message>
    <message>
      <source>Why</source>
      <translation>Grund</translation>
    </message>
  </context>
  <context>
    <name>StatusLine</name>
    <message>
      <source>Status</source>
      <translation>Status</translation>
    </message>
    <message>
      <source>somebody</source>
      <translation>jemand</translation>
    </message>
    <message>
      <source>&lt;b&gt;{decision}&lt;/b&gt; by {who}</source>
      <translation>&lt;b&gt;{decision}&lt;/b&gt; von {who}</translation>
    </message>
    <message>
      <source>&lt;b&gt;Changed&lt;/b&gt;: accept the change, or undo it</source>
      <translation>&lt;b&gt;Geändert&lt;/b&gt;: Änderung annehmen oder rückgängig machen</translation>
    </message>
    <message>
      <source>no footprint</source>
      <translation>keine Bildfläche</translation>
    </message>
    <message>
      <source>tie points: {n}, &lt;b&gt;too few to estimate the error&lt;/b&gt;: set a fourth one, far from the others</source>
      <translation>Passpunkte: {n}, &lt;b&gt;zu wenige, um den Fehler zu schätzen&lt;/b&gt;: Setzen Sie einen vierten, weit weg von den anderen</translation>
    </message>
    <message>
      <source>tie points: {n}, error {km} km</source>
      <translation>Passpunkte: {n}, Fehler {km} km</translation>
    </message>
    <message>
      <source>worst: point {n}, {km} km</source>
      <translation>am schlechtesten: Punkt {n}, {km} km</translation>
    </message>
    <message>
      <source>placed by hand</source>
      <translation>von Hand platziert</translation>
    </message>
    <message>
      <source>located by local features (z-score {z}), not fitted to imagery</source>
      <translation>durch lokale Merkmale verortet (z-Wert {z}), nicht an Bilddaten angepasst</translation>
    </message>
    <message>
      <source>a tile that looks like the photo, not fitted to imagery</source>
      <translation>eine Kachel, die dem Foto ähnlich sieht, nicht an Bilddaten angepasst</translation>
    </message>
    <message>
      <source>Ctrl+click sets a point where another one is</source>
      <translation>Strg+Klick setzt einen Punkt, wo schon einer ist</translation>
    </message>
    <message>
      <source>&lt;b&gt;{who} has just decided on this photo: {decision}.&lt;/b&gt; Both decisions stay in the history. The later one is in effect.</source>
      <translation>&lt;b&gt;{who} hat soeben über dieses Foto entschieden: {decision}.&lt;/b&gt; Beide Entscheidungen bleiben im Verlauf. Die spätere gilt.</translation>
    </message>
    <message>
      <source>Somebody</source>
      <translation>Jemand</translation>
    </message>
    <message>
      <source>{n} decisions are waiting to be saved: {problem}</source>
      <translation>{n} Entscheidungen sind noch nicht gespeichert: {problem}</translation>
    </message>
  </context>
  <context>
    <name>TiePointEditor</name>
    <message>
      <source>Now click the same spot on the map, or press Enter to use the best match nearby.</source>
      <translation>Klicken Sie jetzt dieselbe Stelle auf der Karte an, oder drücken Sie die Eingabetaste, um die beste Übereinstimmung in der Nähe zu verwenden.</translation>
    </message>
    <message>
      <source>Now click the same spot in the photo.</source>
      <translation>Klicken Sie jetzt dieselbe Stelle im Foto an.</translation>
    </message>
    <message>
      <source>There is no match nearby. Click the spot on the map.</source>
      <translation>In der Nähe gibt es keine Übereinstimmung. Klicken Sie die Stelle auf der Karte an.</translation>
    </message>
    <message>
      <source>Delete tie point</source>
      <translation>Passpunkt löschen</translation>
    </message>
    <message>
      <source>Delete all tie points</source>
      <translation>Alle Passpunkte löschen</translation>
    </message>
    <message>
      <source>Add tie point</source>
      <translation>Passpunkt setzen</translation>
    </message>
    <message>
      <source>Move tie point</source>
      <translation>Passpunkt verschieben</translation>
    </message>
  </context>
  <context>
    <name>_Card</name>
    <message>
      <source>nadir {n} km</source>
      <translation>Nadir {n} km</translation>
    </message>
    <message>
      <source>{n} pts</source>
      <translation>{n} Pkt.</translation>
    </message>
    <message>
      <source>{n} km wide</source>
      <translation>{n} km breit</translation>
    </message>
    <message>
      <source>no imagery</source>
      <translation>keine Bilddaten</translation>
    </message>
  </context>
</TS>
