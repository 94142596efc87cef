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
    <name>CatalogueDialog</name>
    <message>
      <source>Add photos from a catalogue</source>
      <translation>Fotos aus einem Katalog hinzufügen</translation>
    </message>
    <message>
      <source>Read catalogue</source>
      <translation>Katalog lesen</translation>
    </message>
    <message>
      <source>Stop</source>
      <translation>Anhalten</translation>
    </message>
    <message>
      <source>Progress</source>
      <translation>Fortschritt</translation>
    </message>
    <message>
      <source>Photo</source>
      <translation>Foto</translation>
    </message>
    <message>
      <source>Taken (UTC)</source>
      <translation>Aufgenommen (UTC)</translation>
    </message>
    <message>
      <source>Nadir</source>
      <translation>Nadir</translation>
    </message>
    <message>
      <source>File</source>
      <translation>Datei</translation>
    </message>
    <message>
      <source>Photos in the catalogue</source>
      <translation>Fotos im Katalog</translation>
    </message>
    <message>
      <source>Number</source>
      <translation>Anzahl</translation>
    </message>
    <message>
      <source>Left out</source>
      <translation>Ausgelassen</translation>
    </message>
    <message>
      <source>Where</source>
      <translation>Wo</translation>
    </message>
    <message>
      <source>What was left out of the catalogue</source>
      <translation>Was vom Katalog ausgelassen wurde</translation>
    </message>
    <message>
      <source>Reading the catalogue</source>
      <translation>Der Katalog wird gelesen</translation>
    </message>
    <message>
      <source>Fetching photos</source>
      <translation>Fotos werden abgerufen</translation>
    </message>
    <message>
      <source>Looking into the folder</source>
      <translation>Der Ordner wird durchgesehen</translation>
    </message>
    <message>
      <source>{n} of {total} photos are in the folder.</source>
      <translation>{n} von {total} Fotos sind im Ordner.</translation>
    </message>
    <message>
      <source>Fetched: {fetched}. Not to be had: {missing}. {n} of {total} photos are in the folder.</source>
      <translation>Abgerufen: {fetched}. Nicht zu bekommen: {missing}. {n} von {total} Fotos sind im Ordner.</translation>
    </message>
    <message>
      <source>No photos were found in it.</source>
      <translation>Darin wurden keine Fotos gefunden.</translation>
    </message>
    <message>
      <source>{n} photos, {nadir} with a nadir, {footprint} with a footprint.</source>
      <translation>{n} Fotos, {nadir} mit Nadir, {footprint} mit Bildfläche.</translation>
    </message>
    <message>
      <source>Choose the folder with the photos, or a new one to fetch them into.</source>
      <translation>Wählen Sie den Ordner mit den Fotos oder einen neuen, in den sie abgerufen werden.</translation>
    </message>
    <message>
      <source>Stopped. What was fetched is kept; fetching again continues there.</source>
      <translation>Angehalten. Was abgerufen wurde, bleibt erhalten; erneutes Abrufen setzt dort fort.</translation>
    </message>
    <message>
      <source>Fetch missing photos</source>
      <translation>Fehlende Fotos abrufen</translation>
    </message>
    <message>
      <source>Add photos</source>
      <translation>Fotos hinzufügen</translation>
    </message>
  </context>
  <context>
    <name>CatalogueForm</name>
    <message>
      <source>Catalogue</source>
      <translation>Katalog</translation>
    </message>
    <message>
      <source>From &amp;files</source>
      <translation>Aus &amp;Dateien</translation>
    </message>
    <message>
      <source>Catalogues of photos</source>
      <translation>Fotokataloge</translation>
    </message>
    <message>
      <source>Catalogues and lists (*.csv *.tsv *.txt *.json *.gz)</source>
      <translation>Kataloge und Listen (*.csv *.tsv *.txt *.json *.gz)</translation>
    </message>
    <message>
      <source>Find out</source>
      <translation>Selbst herausfinden</translation>
    </message>
    <message>
      <source>NASA: answer of the Photos Database (JSON)</source>
      <translation>NASA: Antwort der Fotodatenbank (JSON)</translation>
    </message>
    <message>
      <source>NASA: table, such as frames or mlcoord (TSV)</source>
      <translation>NASA: Tabelle, etwa frames oder mlcoord (TSV)</translation>
    </message>
    <message>
      <source>ISS EarthKAM (CSV)</source>
      <translation>ISS EarthKAM (CSV)</translation>
    </message>
    <message>
      <source>List of photo ids or file names</source>
      <translation>Liste von Fotokennungen oder Dateinamen</translation>
    </message>
    <message>
      <source>List written by EarthLoc (CSV)</source>
      <translation>Liste, die EarthLoc geschrieben hat (CSV)</translation>
    </message>
    <message>
      <source>From &amp;NASA's Photos Database, over the internet</source>
      <translation>Aus der Fotodatenbank der &amp;NASA, über das Internet</translation>
    </message>
    <message>
      <source>table|field|operator|value, several joined by |
Operators: eq, ne, gt, ge, lt, le, like, not like</source>
      <translation>Tabelle|Feld|Operator|Wert, mehrere durch | verbunden
Operatoren: eq, ne, gt, ge, lt, le, like, not like</translation>
    </message>
    <message>
      <source>from NASA; forgotten when QGIS ends</source>
      <translation>von der NASA; wird beim Beenden von QGIS vergessen</translation>
    </message>
    <message>
      <source>Choose a file.</source>
      <translation>Wählen Sie eine Datei.</translation>
    </message>
    <message>
      <source>Type a query, such as {example}.</source>
      <translation>Geben Sie eine Abfrage ein, etwa {example}.</translation>
    </message>
    <message>
      <source>Type the address of the database, which begins with https://.</source>
      <translation>Geben Sie die Adresse der Datenbank ein, die mit https:// beginnt.</translation>
    </message>
    <message>
      <source>Agree to what is sent, or choose files.</source>
      <translation>Stimmen Sie dem zu, was gesendet wird, oder wählen Sie Dateien.</translation>
    </message>
    <message>
      <source>Files</source>
      <translation>Dateien</translation>
    </message>
    <message>
      <source>Kind</source>
      <translation>Art</translation>
    </message>
    <message>
      <source>Query</source>
      <translation>Abfrage</translation>
    </message>
    <message>
      <source>Key</source>
      <translation>Schlüssel</translation>
    </message>
    <message>
      <source>Address</source>
      <translation>Adresse</translation>
    </message>
    <message>
      <source>I agree that EarthLoc sends this query and the key to {host}</source>
      <translation>Ich bin einverstanden, dass EarthLoc diese Abfrage und den Schlüssel an {host} sendet</translation>
    </message>
  </context>
  <context>
    <name>ClockSolving</name>
    <message>
      <source>Undo</source>
      <translation>Rückgängig</translation>
    </message>
    <message>
      <source>Solving clocks…</source>
      <translation>Uhren werden bestimmt…</translation>
    </message>
    <message>
      <source>The offsets are no longer applied.</source>
      <translation>Die Abweichungen werden nicht mehr berücksichtigt.</translation>
    </message>
    <message>
      <source>Solve clocks</source>
      <translation>Uhren bestimmen</translation>
    </message>
    <message>
      <source>Apply takes this into account when photos of these cameras are located, and locates those again that are not located: {n}.</source>
      <translation>Anwenden berücksichtigt dies, wenn Fotos dieser Kameras lokalisiert werden, und lokalisiert diejenigen erneut, die nicht lokalisiert sind: {n}.</translation>
    </message>
    <message>
      <source>Apply</source>
      <translation>Anwenden</translation>
    </message>
    <message>
      <source>To apply this to other photos, choose a file of the station's orbit in the options.</source>
      <translation>Um dies auf andere Fotos anzuwenden, wählen Sie in den Optionen eine Datei mit der Bahn der Station.</translation>
    </message>
    <message>
      <source>The clocks are corrected: {names}.</source>
      <translation>Die Uhren sind berichtigt: {names}.</translation>
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
    <name>DiagnosticsDialog</name>
    <message>
      <source>Diagnostics</source>
      <translation>Diagnose</translation>
    </message>
    <message>
      <source>This report helps others to answer a question about EarthLoc. It holds no photo and no result. Check it before you send it.</source>
      <translation>Dieser Bericht hilft anderen, eine Frage zu EarthLoc zu beantworten. Er enthält kein Foto und kein Ergebnis. Sehen Sie ihn durch, bevor Sie ihn verschicken.</translation>
    </message>
    <message>
      <source>Include paths and addresses</source>
      <translation>Pfade und Adressen mit aufnehmen</translation>
    </message>
    <message>
      <source>Copy diagnostics</source>
      <translation>Diagnose kopieren</translation>
    </message>
    <message>
      <source>Asking the engine…</source>
      <translation>Fragt das Rechenprogramm…</translation>
    </message>
    <message>
      <source>Copied.</source>
      <translation>Kopiert.</translation>
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
      <source>No nadir from the orbit for {n} photos, such as {example}</source>
      <translation>Kein Nadir aus der Bahn für {n} Fotos, etwa {example}</translation>
    </message>
    <message>
      <source>{name}, {metres} m (online)</source>
      <translation>{name}, {metres} m (online)</translation>
    </message>
    <message>
      <source>{program} does not exist.</source>
      <translation>{program} gibt es nicht.</translation>
    </message>
    <message>
      <source>The engine</source>
      <translation>Das Rechenprogramm</translation>
    </message>
    <message>
      <source>Install the engine, or choose the program earthloc.</source>
      <translation>Das Rechenprogramm installieren oder das Programm earthloc wählen.</translation>
    </message>
    <message>
      <source>Repair the engine or install it again.</source>
      <translation>Das Rechenprogramm reparieren oder neu installieren.</translation>
    </message>
    <message>
      <source>Choose the program earthloc of an EarthLoc engine, or press Install engine.</source>
      <translation>Das Programm earthloc eines EarthLoc-Rechenprogramms wählen oder „Rechenprogramm installieren“ drücken.</translation>
    </message>
    <message>
      <source>{program} could not be started: {reason}.</source>
      <translation>{program} konnte nicht gestartet werden: {reason}.</translation>
    </message>
    <message>
      <source>{program} did not answer within {n} s.</source>
      <translation>{program} hat innerhalb von {n} s nicht geantwortet.</translation>
    </message>
    <message>
      <source>nothing</source>
      <translation>nichts</translation>
    </message>
    <message>
      <source>{program} is not an EarthLoc engine: asked for its version, it answered “{answer}”.</source>
      <translation>{program} ist kein EarthLoc-Rechenprogramm: nach seiner Version gefragt, antwortete es „{answer}“.</translation>
    </message>
    <message>
      <source>A package</source>
      <translation>Ein Paket</translation>
    </message>
    <message>
      <source>The installation was cancelled.</source>
      <translation>Die Installation wurde abgebrochen.</translation>
    </message>
    <message>
      <source>Nothing was changed.</source>
      <translation>Nichts wurde geändert.</translation>
    </message>
    <message>
      <source>The installation was ended by another program or crashed.</source>
      <translation>Die Installation wurde von einem anderen Programm beendet oder ist abgestürzt.</translation>
    </message>
    <message>
      <source>Install again; if it happens again, ask whether a virus scanner ends it, or free some memory.</source>
      <translation>Noch einmal installieren; wenn es wieder geschieht, prüfen, ob ein Virenscanner sie beendet, oder Arbeitsspeicher freigeben.</translation>
    </message>
    <message>
      <source>The disk is full.</source>
      <translation>Der Datenträger ist voll.</translation>
    </message>
    <message>
      <source>Free about 2 GB where your QGIS profile is, then install again.</source>
      <translation>Etwa 2 GB dort freigeben, wo Ihr QGIS-Profil liegt, dann noch einmal installieren.</translation>
    </message>
    <message>
      <source>A virus scanner or a rule of your organisation blocked a program of the installation.</source>
      <translation>Ein Virenscanner oder eine Regel Ihrer Organisation hat ein Programm der Installation blockiert.</translation>
    </message>
    <message>
      <source>Ask your administrator to allow the folder of the engine in your QGIS profile, then install again.</source>
      <translation>Die Administration bitten, den Ordner des Rechenprogramms in Ihrem QGIS-Profil zu erlauben, dann noch einmal installieren.</translation>
    </message>
    <message>
      <source>Another program is using a file of the engine.</source>
      <translation>Ein anderes Programm verwendet eine Datei des Rechenprogramms.</translation>
    </message>
    <message>
      <source>Close other QGIS windows, wait until the virus scanner is idle, then install again.</source>
      <translation>Andere QGIS-Fenster schließen, warten, bis der Virenscanner fertig ist, dann noch einmal installieren.</translation>
    </message>
    <message>
      <source>Python's installer pip cannot use a SOCKS proxy.</source>
      <translation>Pythons Installationsprogramm pip kann keinen SOCKS-Proxy verwenden.</translation>
    </message>
    <message>
      <source>Set an HTTP proxy in QGIS under Settings, Options, Network, or install from a pack file.</source>
      <translation>In QGIS unter Einstellungen, Optionen, Netzwerk einen HTTP-Proxy angeben oder aus einer Paketdatei installieren.</translation>
    </message>
    <message>
      <source>The proxy wants a user name and a password (407).</source>
      <translation>Der Proxy verlangt einen Benutzernamen und ein Passwort (407).</translation>
    </message>
    <message>
      <source>Enter both in QGIS under Settings, Options, Network, Proxy, then install again.</source>
      <translation>Beides in QGIS unter Einstellungen, Optionen, Netzwerk, Proxy eintragen, dann noch einmal installieren.</translation>
    </message>
    <message>
      <source>The proxy does not answer or refuses the connection.</source>
      <translation>Der Proxy antwortet nicht oder lehnt die Verbindung ab.</translation>
    </message>
    <message>
      <source>Check its address in QGIS under Settings, Options, Network, Proxy, or install from a pack file.</source>
      <translation>Seine Adresse in QGIS unter Einstellungen, Optionen, Netzwerk, Proxy prüfen oder aus einer Paketdatei installieren.</translation>
    </message>
    <message>
      <source>The server's certificate is not trusted; many organisations replace certificates in their network.</source>
      <translation>Dem Zertifikat des Servers wird nicht vertraut; viele Organisationen ersetzen Zertifikate in ihrem Netz.</translation>
    </message>
    <message>
      <source>Choose the certificate file of your organisation under Advanced, or install from a pack file.</source>
      <translation>Unter „Erweitert“ die Zertifikatsdatei Ihrer Organisation wählen oder aus einer Paketdatei installieren.</translation>
    </message>
    <message>
      <source>{package} is not the file that this plugin expects: its checksum differs.</source>
      <translation>{package} ist nicht die Datei, die dieses Plugin erwartet: Die Prüfsumme weicht ab.</translation>
    </message>
    <message>
      <source>Install again; if it happens again, the mirror or proxy changes files: use a pack file.</source>
      <translation>Noch einmal installieren; wenn es wieder geschieht, ändert der Spiegelserver oder Proxy Dateien: eine Paketdatei verwenden.</translation>
    </message>
    <message>
      <source>The package index has an address without encryption, which pip refuses.</source>
      <translation>Die Adresse des Paketverzeichnisses ist unverschlüsselt, was pip ablehnt.</translation>
    </message>
    <message>
      <source>Enter an address that begins with https:// under Advanced.</source>
      <translation>Unter „Erweitert“ eine Adresse eintragen, die mit https:// beginnt.</translation>
    </message>
    <message>
      <source>The server or the network refuses access to the packages.</source>
      <translation>Der Server oder das Netz verweigert den Zugriff auf die Pakete.</translation>
    </message>
    <message>
      <source>Ask your administrator for the address of an allowed mirror and enter it under Advanced, or install from a pack file.</source>
      <translation>Die Administration nach der Adresse eines erlaubten Spiegelservers fragen und sie unter „Erweitert“ eintragen, oder aus einer Paketdatei installieren.</translation>
    </message>
    <message>
      <source>The packages could not be downloaded: the server cannot be reached.</source>
      <translation>Die Pakete konnten nicht heruntergeladen werden: Der Server ist nicht erreichbar.</translation>
    </message>
    <message>
      <source>Check the internet connection and the addresses under Advanced, or install from a pack file.</source>
      <translation>Die Internetverbindung und die Adressen unter „Erweitert“ prüfen oder aus einer Paketdatei installieren.</translation>
    </message>
    <message>
      <source>A file name of the engine is too long for this system.</source>
      <translation>Ein Dateiname des Rechenprogramms ist für dieses System zu lang.</translation>
    </message>
    <message>
      <source>Use a QGIS profile in a folder with a shorter path, or let your administrator allow long paths.</source>
      <translation>Ein QGIS-Profil in einem Ordner mit kürzerem Pfad verwenden oder von der Administration lange Pfade erlauben lassen.</translation>
    </message>
    <message>
      <source>This Python cannot make environments, because its module venv or ensurepip is missing.</source>
      <translation>Dieses Python kann keine Umgebungen anlegen, weil sein Modul venv oder ensurepip fehlt.</translation>
    </message>
    <message>
      <source>Install it (Debian, Ubuntu: sudo apt install python3-venv) or choose another Python under Advanced.</source>
      <translation>Es installieren (Debian, Ubuntu: sudo apt install python3-venv) oder unter „Erweitert“ ein anderes Python wählen.</translation>
    </message>
    <message>
      <source>A library of Windows is missing: the Visual C++ runtime.</source>
      <translation>Eine Bibliothek von Windows fehlt: die Visual-C++-Laufzeit.</translation>
    </message>
    <message>
      <source>Install “Microsoft Visual C++ Redistributable” (x64) from Microsoft, then install again.</source>
      <translation>„Microsoft Visual C++ Redistributable“ (x64) von Microsoft installieren, dann noch einmal installieren.</translation>
    </message>
    <message>
      <source>This system is too old for the engine's libraries.</source>
      <translation>Dieses System ist zu alt für die Bibliotheken des Rechenprogramms.</translation>
    </message>
    <message>
      <source>Update the system, or use the engine on a newer one.</source>
      <translation>Das System aktualisieren oder das Rechenprogramm auf einem neueren verwenden.</translation>
    </message>
    <message>
      <source>{package} does not exist for this Python and this system, or not at the addresses under Advanced.</source>
      <translation>{package} gibt es nicht für dieses Python und dieses System, oder nicht unter den Adressen in „Erweitert“.</translation>
    </message>
    <message>
      <source>Choose another Python (3.11 to 3.13) under Advanced, or install from a pack file for this system.</source>
      <translation>Unter „Erweitert“ ein anderes Python (3.11 bis 3.13) wählen oder aus einer Paketdatei für dieses System installieren.</translation>
    </message>
    <message>
      <source>The system does not allow writing the engine's files.</source>
      <translation>Das System erlaubt nicht, die Dateien des Rechenprogramms zu schreiben.</translation>
    </message>
    <message>
      <source>Check that you may write to your QGIS profile and that no virus scanner blocks it, then install again.</source>
      <translation>Prüfen, ob Sie in Ihr QGIS-Profil schreiben dürfen und kein Virenscanner es verhindert, dann noch einmal installieren.</translation>
    </message>
    <message>
      <source>The installation failed: {error}</source>
      <translation>Die Installation ist fehlgeschlagen: {error}</translation>
    </message>
    <message>
      <source>no message</source>
      <translation>keine Meldung</translation>
    </message>
    <message>
      <source>Open the log for details, and send it with a report if you cannot solve it.</source>
      <translation>Einzelheiten stehen im Protokoll; es einer Fehlermeldung beilegen, wenn Sie das Problem nicht lösen können.</translation>
    </message>
    <message>
      <source>Another QGIS window is installing or removing an engine.</source>
      <translation>Ein anderes QGIS-Fenster installiert oder entfernt gerade ein Rechenprogramm.</translation>
    </message>
    <message>
      <source>Wait until it has finished, or close that window.</source>
      <translation>Warten, bis es fertig ist, oder jenes Fenster schließen.</translation>
    </message>
    <message>
      <source>{folder} could not be deleted, because another program uses a file in it.</source>
      <translation>{folder} konnte nicht gelöscht werden, weil ein anderes Programm eine Datei darin verwendet.</translation>
    </message>
    <message>
      <source>Close other QGIS windows and programs that use it, then try again.</source>
      <translation>Andere QGIS-Fenster und Programme schließen, die es verwenden, dann noch einmal versuchen.</translation>
    </message>
    <message>
      <source>Preparing…</source>
      <translation>Vorbereiten…</translation>
    </message>
    <message>
      <source>Checking and unpacking {name}…</source>
      <translation>{name} wird geprüft und entpackt…</translation>
    </message>
    <message>
      <source>Making the Python environment…</source>
      <translation>Python-Umgebung wird angelegt…</translation>
    </message>
    <message>
      <source>Installing the packages…</source>
      <translation>Pakete werden installiert…</translation>
    </message>
    <message>
      <source>Downloading the packages…</source>
      <translation>Pakete werden heruntergeladen…</translation>
    </message>
    <message>
      <source>Starting the new engine…</source>
      <translation>Das neue Rechenprogramm wird gestartet…</translation>
    </message>
    <message>
      <source>The new engine says that it is version {version}, not {expected}.</source>
      <translation>Das neue Rechenprogramm gibt sich als Version {version} aus, nicht als {expected}.</translation>
    </message>
    <message>
      <source>Use another pack file.</source>
      <translation>Eine andere Paketdatei verwenden.</translation>
    </message>
    <message>
      <source>Completing…</source>
      <translation>Abschließen…</translation>
    </message>
    <message>
      <source>Downloading package {n} of {total}: {name}</source>
      <translation>Paket {n} von {total} wird heruntergeladen: {name}</translation>
    </message>
    <message>
      <source>Reading package {n} of {total}: {name}</source>
      <translation>Paket {n} von {total} wird gelesen: {name}</translation>
    </message>
    <message>
      <source>pip does not know the certificate. Trying again with those that QGIS trusts.</source>
      <translation>pip kennt das Zertifikat nicht. Neuer Versuch mit denen, denen QGIS vertraut.</translation>
    </message>
    <message>
      <source>Deleting incomplete files…</source>
      <translation>Unvollständige Dateien werden gelöscht…</translation>
    </message>
    <message>
      <source>The disk has {free} MB free; the installation needs about {needed} MB.</source>
      <translation>Auf dem Datenträger sind {free} MB frei; die Installation braucht etwa {needed} MB.</translation>
    </message>
    <message>
      <source>it is not the released file of this name</source>
      <translation>sie ist nicht die veröffentlichte Datei dieses Namens</translation>
    </message>
    <message>
      <source>pack.json names no version of the engine</source>
      <translation>pack.json nennt keine Version des Rechenprogramms</translation>
    </message>
    <message>
      <source>pack.json names no platform or no Python</source>
      <translation>pack.json nennt kein System oder kein Python</translation>
    </message>
    <message>
      <source>requirements.txt holds “{line}”, which is not a package with a checksum</source>
      <translation>requirements.txt enthält „{line}“, was kein Paket mit Prüfsumme ist</translation>
    </message>
    <message>
      <source>{path} could not be read or written ({reason}).</source>
      <translation>{path} konnte nicht gelesen oder geschrieben werden ({reason}).</translation>
    </message>
    <message>
      <source>Check that the folder exists and that you may write there.</source>
      <translation>Prüfen, ob es den Ordner gibt und Sie dort schreiben dürfen.</translation>
    </message>
    <message>
      <source>it is larger than {n} GB</source>
      <translation>sie ist größer als {n} GB</translation>
    </message>
    <message>
      <source>it is no complete zip file</source>
      <translation>sie ist keine vollständige Zip-Datei</translation>
    </message>
    <message>
      <source>it holds no readable pack.json</source>
      <translation>sie enthält keine lesbare pack.json</translation>
    </message>
    <message>
      <source>its format {n} is unknown to this plugin</source>
      <translation>dieses Plugin kennt ihr Format {n} nicht</translation>
    </message>
    <message>
      <source>it holds a file that does not belong there: {name}</source>
      <translation>sie enthält eine Datei, die nicht hineingehört: {name}</translation>
    </message>
    <message>
      <source>pack.json has no checksum or size of {name}</source>
      <translation>pack.json nennt keine Prüfsumme oder Größe von {name}</translation>
    </message>
    <message>
      <source>{name} is too large</source>
      <translation>{name} ist zu groß</translation>
    </message>
    <message>
      <source>its files are larger than {n} GB</source>
      <translation>ihre Dateien sind größer als {n} GB</translation>
    </message>
    <message>
      <source>pack.json lists no requirements.txt, no wheels, or a file twice</source>
      <translation>pack.json nennt keine requirements.txt, keine Wheels oder eine Datei doppelt</translation>
    </message>
    <message>
      <source>{name} is encrypted</source>
      <translation>{name} ist verschlüsselt</translation>
    </message>
    <message>
      <source>{name} is missing</source>
      <translation>{name} fehlt</translation>
    </message>
    <message>
      <source>{path} is refused as an engine pack: {why}.</source>
      <translation>{path} wird als Paketdatei des Rechenprogramms abgelehnt: {why}.</translation>
    </message>
    <message>
      <source>Download the pack again from the page of EarthLoc's releases.</source>
      <translation>Die Paketdatei noch einmal von der Seite mit EarthLocs Veröffentlichungen herunterladen.</translation>
    </message>
    <message>
      <source>{path} is damaged: {name} does not have the checksum or size in pack.json.</source>
      <translation>{path} ist beschädigt: {name} hat nicht die Prüfsumme oder Größe aus pack.json.</translation>
    </message>
    <message>
      <source>Download or copy the pack again.</source>
      <translation>Die Paketdatei noch einmal herunterladen oder kopieren.</translation>
    </message>
    <message>
      <source>no answer</source>
      <translation>keine Antwort</translation>
    </message>
    <message>
      <source>{program} is not a Python that answers: {text}</source>
      <translation>{program} antwortet nicht wie ein Python: {text}</translation>
    </message>
    <message>
      <source>{program} is Python {version}; the engine needs 3.11, 3.12 or 3.13.</source>
      <translation>{program} ist Python {version}; das Rechenprogramm braucht 3.11, 3.12 oder 3.13.</translation>
    </message>
    <message>
      <source>{program} is not a usual 64-bit CPython, for which the engine's libraries exist.</source>
      <translation>{program} ist kein übliches 64-Bit-CPython, für das es die Bibliotheken des Rechenprogramms gibt.</translation>
    </message>
    <message>
      <source>{program} cannot make environments, because its module venv or ensurepip is missing (Debian, Ubuntu: sudo apt install python{minor}-venv).</source>
      <translation>{program} kann keine Umgebungen anlegen, weil sein Modul venv oder ensurepip fehlt (Debian, Ubuntu: sudo apt install python{minor}-venv).</translation>
    </message>
    <message>
      <source>Install from a pack file, which holds all packages.</source>
      <translation>Aus einer Paketdatei installieren, die alle Pakete enthält.</translation>
    </message>
    <message>
      <source>This plugin has no list of packages for this system ({platform}).</source>
      <translation>Dieses Plugin hat keine Paketliste für dieses System ({platform}).</translation>
    </message>
    <message>
      <source>The engine of this version cannot be installed from the internet yet.</source>
      <translation>Das Rechenprogramm dieser Version kann noch nicht aus dem Internet installiert werden.</translation>
    </message>
    <message>
      <source>Search area</source>
      <translation>Suchgebiet</translation>
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
      <source>Where it could be, with 50, 90 and 99 %</source>
      <translation>Wo es sein könnte, mit 50, 90 und 99 %</translation>
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
      <source>Where it could be</source>
      <translation>Wo es sein könnte</translation>
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
      <source>Search area, not a location:</source>
      <translation>Suchgebiet, kein Fundort:</translation>
    </message>
    <message>
      <source>The photo gives hardly any hint.</source>
      <translation>Das Foto gibt kaum einen Hinweis.</translation>
    </message>
    <message>
      <source>Not used: {sources}.</source>
      <translation>Nicht verwendet: {sources}.</translation>
    </message>
    <message>
      <source>{percent} near {place}</source>
      <translation>{percent} bei {place}</translation>
    </message>
    <message>
      <source>90 % within {area} km².</source>
      <translation>90 % auf {area} km².</translation>
    </message>
    <message>
      <source>90 % within {area} km² in one region: {places}.</source>
      <translation>90 % auf {area} km² in einer Region: {places}.</translation>
    </message>
    <message>
      <source>90 % within {area} km² in {n} regions: {places}.</source>
      <translation>90 % auf {area} km² in {n} Regionen: {places}.</translation>
    </message>
    <message>
      <source>90 % within {area} km², mostly in these {n} regions: {places}.</source>
      <translation>90 % auf {area} km², vor allem in diesen {n} Regionen: {places}.</translation>
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
      <source>Estimating where it could be</source>
      <translation>Schätzen, wo es sein könnte</translation>
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
      <source>Included index, mosaic and models: Blue Marble Next Generation, NASA Earth Observatory (public domain)</source>
      <translation>Enthaltener Index, Mosaik und Modelle: Blue Marble Next Generation, NASA Earth Observatory (gemeinfrei)</translation>
    </message>
    <message>
      <source>Network of the included model: MobileNetV2 with ImageNet weights (Apache-2.0), fine-tuned</source>
      <translation>Netz des enthaltenen Modells: MobileNetV2 mit ImageNet-Gewichten (Apache-2.0), nachtrainiert</translation>
    </message>
    <message>
      <source>Finds where an astronaut's photograph of Earth was taken and draws its footprint.</source>
      <translation>Findet, wo das Foto eines Astronauten von der Erde aufgenommen wurde, und zeichnet seine Bildfläche.</translation>
    </message>
    <message>
      <source>Licence</source>
      <translation>Lizenz</translation>
    </message>
    <message>
      <source>Credits</source>
      <translation>Quellen</translation>
    </message>
    <message>
      <source>The servers among them are contacted only after you have chosen one.</source>
      <translation>Die Server darunter werden erst angesprochen, wenn Sie einen gewählt haben.</translation>
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
      <source>In the list of photos</source>
      <translation>In der Fotoliste</translation>
    </message>
    <message>
      <source>Locate the selected photos</source>
      <translation>Die ausgewählten Fotos verorten</translation>
    </message>
    <message>
      <source>Zoom to the result of the photo</source>
      <translation>Auf das Ergebnis des Fotos zoomen</translation>
    </message>
    <message>
      <source>Remove the selected photos</source>
      <translation>Die ausgewählten Fotos entfernen</translation>
    </message>
    <message>
      <source>Restore the removed photos</source>
      <translation>Die entfernten Fotos wiederherstellen</translation>
    </message>
    <message>
      <source>In the review: decide</source>
      <translation>In der Prüfung: entscheiden</translation>
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
      <source>Write a note</source>
      <translation>Notiz schreiben</translation>
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
      <source>Undo</source>
      <translation>Rückgängig</translation>
    </message>
    <message>
      <source>Redo</source>
      <translation>Wiederholen</translation>
    </message>
    <message>
      <source>Bring back</source>
      <translation>Zurückholen</translation>
    </message>
    <message>
      <source>In the review: compare</source>
      <translation>In der Prüfung: vergleichen</translation>
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
      <source>Stretch contrast</source>
      <translation>Kontrast strecken</translation>
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
      <source>Zoom in</source>
      <translation>Hineinzoomen</translation>
    </message>
    <message>
      <source>Zoom out</source>
      <translation>Herauszoomen</translation>
    </message>
    <message>
      <source>Show the whole photo</source>
      <translation>Das ganze Foto zeigen</translation>
    </message>
    <message>
      <source>Zoom the map to the photo</source>
      <translation>Karte zum Foto zoomen</translation>
    </message>
    <message>
      <source>Show another candidate; 0 is the tenth</source>
      <translation>Einen anderen Kandidaten zeigen; 0 ist der zehnte</translation>
    </message>
    <message>
      <source>In the review: correct</source>
      <translation>In der Prüfung: berichtigen</translation>
    </message>
    <message>
      <source>Fit the photo to the imagery here</source>
      <translation>Das Foto hier an die Bilddaten anpassen</translation>
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
      <source>Candidate {n}</source>
      <translation>Kandidat {n}</translation>
    </message>
    <message>
      <source>Cancel</source>
      <translation>Abbrechen</translation>
    </message>
    <message>
      <source>EarthLoc: locate astronaut photos</source>
      <translation>EarthLoc: Astronautenfotos verorten</translation>
    </message>
    <message>
      <source>EarthLoc user guide</source>
      <translation>EarthLoc-Anleitung</translation>
    </message>
    <message>
      <source>All files (*)</source>
      <translation>Alle Dateien (*)</translation>
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
      <source>Cuts reference imagery into overlapping square tiles of several ground widths and computes a descriptor of each with the model, so that photos can be searched in it. Any georeferenced raster that GDAL opens can be used. Without a region, all of it is indexed. Choose the region that your photos show: a smaller region is searched faster and more reliably.

Choose ground widths around those of your photos: a telephoto frame shows 20 to 100 km, a 24 mm lens about 500 km.

Local features are details of the ground that are recognised in photos, also in photos without a nadir. They find a photo if its shorter side shows about 256 of their pixels or more: with 0.05 km per pixel, photos 13 km wide and wider. Without a number, the pixels are so small that a photo as wide as the smallest tile shows 256 of them, if the imagery is fine enough. 0: no local features. Before the build, the log shows the estimated size of the index.

Without a model package, the engine's own model is used.

XYZ and WMTS layers can be used, too: their tiles are downloaded once and stored. Read the terms of the server first, enter attribution and licence, and restrict the extent.

If a build was cancelled or interrupted, run it again with the same parameters: it continues where it stopped. The index appears only when it is complete.</source>
      <translation>Schneidet Referenzbilddaten in überlappende quadratische Kacheln mehrerer Bodenbreiten und berechnet mit dem Modell von jeder einen Deskriptor, damit Fotos darin gesucht werden können. Geeignet sind alle georeferenzierten Raster, die GDAL öffnet. Ohne Region wird alles indexiert. Wählen Sie die Region, die Ihre Fotos zeigen: Eine kleinere Region wird schneller und zuverlässiger durchsucht.

Wählen Sie Bodenbreiten um die Ihrer Fotos: Ein Telebild zeigt 20 bis 100 km, ein 24-mm-Objektiv etwa 500 km.

Lokale Merkmale sind Einzelheiten des Bodens, die in Fotos wiedererkannt werden, auch in Fotos ohne Nadir. Sie finden ein Foto, wenn seine kürzere Seite etwa 256 ihrer Pixel oder mehr zeigt: bei 0,05 km pro Pixel Fotos von 13 km Breite an. Ohne Angabe sind die Pixel so klein, dass ein Foto von der Breite der kleinsten Kachel 256 davon zeigt, wenn die Bilddaten fein genug sind. 0: keine lokalen Merkmale. Vor dem Erstellen zeigt das Protokoll die geschätzte Größe des Index.

Ohne Modellpaket wird das Modell des Rechenprogramms verwendet.

Auch XYZ- und WMTS-Layer sind geeignet: Ihre Kacheln werden einmal heruntergeladen und gespeichert. Lesen Sie zuerst die Bedingungen des Servers, geben Sie Quelle und Lizenz an und beschränken Sie die Ausdehnung.

Wurde das Erstellen abgebrochen oder unterbrochen, starten Sie es mit denselben Parametern erneut: Es wird dort fortgesetzt, wo es aufgehört hat. Der Index erscheint erst, wenn er vollständig ist.</translation>
    </message>
    <message>
      <source>Reference imagery</source>
      <translation>Bilddaten</translation>
    </message>
    <message>
      <source>Region</source>
      <translation>Region</translation>
    </message>
    <message>
      <source>Ground widths of the tiles in km</source>
      <translation>Bodenbreiten der Kacheln in km</translation>
    </message>
    <message>
      <source>Pixel size of local features in km</source>
      <translation>Pixelgröße der lokalen Merkmale in km</translation>
    </message>
    <message>
      <source>Include tiles of open sea</source>
      <translation>Auch Kacheln von offenem Meer</translation>
    </message>
    <message>
      <source>Model package</source>
      <translation>Modellpaket</translation>
    </message>
    <message>
      <source>Model packages (*.json)</source>
      <translation>Modellpakete (*.json)</translation>
    </message>
    <message>
      <source>Attribution of the imagery</source>
      <translation>Quellenangabe der Bilddaten</translation>
    </message>
    <message>
      <source>Licence of the imagery</source>
      <translation>Lizenz der Bilddaten</translation>
    </message>
    <message>
      <source>Engine program</source>
      <translation>Rechenprogramm</translation>
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
      <source>EarthLoc: indexes</source>
      <translation>EarthLoc: Indexe</translation>
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
      <source>Writes the footprints of a results GeoPackage, or of a footprints layer (also its selected features only). Without a format, the ending of the output determines it: .shp, .gpkg, .geojson, .kml or .csv. The coordinates are in EPSG:4326; footprints across the 180th meridian have two parts.

Shapefiles get short field names from a documented table, a .prj and a UTF-8 .cpg; text longer than 254 bytes is cut, and the log names the fields. KML names each footprint after its photo. CSV holds the outline as WKT, the centre and the four corners.

An existing file is replaced when the new one is complete.</source>
      <translation>Schreibt die Bildflächen eines Ergebnis-GeoPackages oder eines Layers mit Bildflächen (auch nur die ausgewählten Objekte). Ohne Format bestimmt es die Endung der Ausgabe: .shp, .gpkg, .geojson, .kml oder .csv. Die Koordinaten sind in EPSG:4326; Bildflächen über den 180. Meridian haben zwei Teile.

Shapefiles erhalten kurze Feldnamen nach einer dokumentierten Tabelle, eine .prj- und eine UTF-8-.cpg-Datei; Text über 254 Byte wird gekürzt, und das Protokoll nennt die Felder. KML benennt jede Bildfläche nach ihrem Foto. CSV enthält den Umriss als WKT, die Mitte und die vier Ecken.

Eine vorhandene Datei wird ersetzt, wenn die neue vollständig ist.</translation>
    </message>
    <message>
      <source>Results GeoPackage or footprints layer</source>
      <translation>Ergebnis-GeoPackage oder Layer mit Bildflächen</translation>
    </message>
    <message>
      <source>Format</source>
      <translation>Format</translation>
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
      <source>EarthLoc: exported footprints</source>
      <translation>EarthLoc: exportierte Bildflächen</translation>
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

Without a pixel size, it is that of the photo at its centre. Without heights, the ground is taken as flat.

The photo must be the file that was located, and the results GeoPackage must hold its result. A photo that was found but not fitted to imagery is refused: register it first.</source>
      <translation>Schreibt ein Foto, das an Bilddaten angepasst wurde, als georeferenzierte Datei.

ortho: mit der Kamera des Fotos orthorektifiziert. Ein Cloud-Optimized GeoTIFF, außerhalb des Fotos transparent, und ein zweites Raster mit der Unsicherheit jeder Position in km. Auch für Schrägbilder, über einem Pol, über den Antimeridian und mit dem Horizont im Bild.
gcp: die unveränderten Pixel mit den Passpunkten als Ground Control Points.
warped, affine: allein mit den Passpunkten entzerrt, durch einen Thin-Plate-Spline oder eine affine Transformation.
points: die Passpunkte für den Georeferenzierer.
worldfile: wird mit Angabe des Restfehlers abgelehnt, wenn eine affine Transformation nicht genau genug ist.

Ohne Pixelgröße gilt die des Fotos in seiner Mitte. Ohne Höhen wird der Boden als eben angenommen.

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
      <source>Pixel size in metres</source>
      <translation>Pixelgröße in Metern</translation>
    </message>
    <message>
      <source>Heights in metres, for ortho</source>
      <translation>Höhen in Metern, für ortho</translation>
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
      <source>EarthLoc: georeferenced photos</source>
      <translation>EarthLoc: georeferenzierte Fotos</translation>
    </message>
    <message>
      <source>cannot serve as imagery; choose a raster file, or an XYZ or WMTS layer without a login</source>
      <translation>taugt nicht als Bilddaten; wählen Sie eine Rasterdatei oder einen XYZ- oder WMTS-Layer ohne Anmeldung</translation>
    </message>
    <message>
      <source>Imagery as chosen in the panel: {name}</source>
      <translation>Bilddaten wie im Bedienfeld gewählt: {name}</translation>
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

The nadir is the point under the station (x,y = longitude,latitude). It restricts the search to a circle around it. Without it, the position in the photo's EXIF tags is used, if there is one. Catalogues (see 'Read a catalogue of photos') give nadir, time, lens and altitude to the photos that they name.

Fitting photos to imagery makes footprints exact and takes seconds per photo; without it, no photo gets the status 'located'. Imagery is a raster file, the name of a raster layer of the project (also XYZ or WMTS), a folder of EarthLoc tiles, the address of a tile server with {z}, {x} and {y} in it, a JSON file that describes a tile server, or preset:NAME. Without imagery, the one chosen in the panel is used, and the log says which. The word 'index' stands for the imagery from which each index was made.

A feature extractor is the folder of a package with a network; without one, RootSIFT is used.

The orbit of the station (two-line elements, OMM or OEM) gives the nadir of photos from their times. Offsets of clocks, which 'Solve clocks' writes, correct these times.

Saying where photos could be also writes, for each, the areas that hold it with 50, 90 and 99 %: search areas for photos that cannot be located. If the address of a language model is given, such as http://127.0.0.1:11434, it gets a small copy of each of these photos, and the places that it names are tried too. An address of another computer is refused.

A photo that cannot be read does not stop the others; the log ends with a table of the failed photos and the reasons. Check a footprint of status 'uncertain' against a basemap before you rely on it.</source>
      <translation>Findet den Boden, den Fotos von Astronauten zeigen, und schreibt von jedem eine Bildfläche und eine Rangfolge von Kandidaten-Kacheln in ein GeoPackage. Gibt es das GeoPackage schon, werden die Ergebnisse hinzugefügt. Ein Foto, das es bereits enthält, wird erneut verortet. Ein Foto, über das in der Prüfung entschieden wurde, wird übersprungen, sofern geprüfte Fotos nicht einbezogen werden.

Wählen Sie Fotos oder einen Ordner mit Fotos (einschließlich Unterordnern). Der Index ist der Ordner eines regionalen Index oder ein Ordner, der mehrere enthält; ohne Angabe werden die im Bedienfeld gewählten durchsucht.

Der Nadir ist der Punkt unter der Station (x,y = Länge,Breite). Er beschränkt die Suche auf einen Kreis um ihn. Ohne ihn wird die Position aus den EXIF-Angaben des Fotos verwendet, wenn es eine hat. Kataloge (siehe „Fotokatalog lesen“) liefern Nadir, Zeit, Objektiv und Höhe für die Fotos, die sie nennen.

Das Anpassen an Bilddaten macht Bildflächen genau und dauert Sekunden pro Foto; ohne Anpassen erhält kein Foto den Status 'located'. Bilddaten sind eine Rasterdatei, der Name eines Rasterlayers des Projekts (auch XYZ oder WMTS), ein Ordner mit EarthLoc-Kacheln, die Adresse eines Kachelservers mit {z}, {x} und {y} darin, eine JSON-Datei, die einen Kachelserver beschreibt, oder preset:NAME. Ohne Angabe werden die im Bedienfeld gewählten Bilddaten verwendet, und das Protokoll nennt sie. Das Wort 'index' steht für die Bilddaten, aus denen jeder Index erstellt wurde.

Ein Merkmalsextraktor ist der Ordner eines Pakets mit einem Netz; ohne ihn wird RootSIFT verwendet.

Die Bahn der Station (Two-Line Elements, OMM oder OEM) ergibt den Nadir von Fotos aus ihren Zeiten. Uhrabweichungen, die „Uhren bestimmen“ schreibt, berichtigen diese Zeiten.

Mit der Angabe, wo Fotos sein könnten, werden für jedes auch die Flächen geschrieben, in denen es mit 50, 90 und 99 % liegt: Suchgebiete für Fotos, die nicht verortet werden können. Wird die Adresse eines Sprachmodells angegeben, etwa http://127.0.0.1:11434, erhält es eine kleine Kopie jedes dieser Fotos, und die Orte, die es nennt, werden auch probiert. Die Adresse eines anderen Rechners wird abgelehnt.

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
      <source>Regional index</source>
      <translation>Regionaler Index</translation>
    </message>
    <message>
      <source>Nadir of these photos</source>
      <translation>Nadir dieser Fotos</translation>
    </message>
    <message>
      <source>Catalogues that name these photos</source>
      <translation>Kataloge, die diese Fotos nennen</translation>
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
      <source>Fit photos to the imagery</source>
      <translation>Fotos an die Bilddaten anpassen</translation>
    </message>
    <message>
      <source>Imagery to fit to</source>
      <translation>Bilddaten zum Anpassen</translation>
    </message>
    <message>
      <source>Feature extractor</source>
      <translation>Merkmalsextraktor</translation>
    </message>
    <message>
      <source>Say where photos could be</source>
      <translation>Angeben, wo Fotos sein könnten</translation>
    </message>
    <message>
      <source>Orbit of the station</source>
      <translation>Bahn der Station</translation>
    </message>
    <message>
      <source>Offsets of clocks</source>
      <translation>Uhrabweichungen</translation>
    </message>
    <message>
      <source>Address of a local language model</source>
      <translation>Adresse eines lokalen Sprachmodells</translation>
    </message>
    <message>
      <source>Name of that language model</source>
      <translation>Name dieses Sprachmodells</translation>
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
      <source>Search areas</source>
      <translation>Suchgebiete</translation>
    </message>
    <message>
      <source>Offsets of clocks need the orbit of the station; give both.</source>
      <translation>Uhrabweichungen brauchen die Bahn der Station; geben Sie beides an.</translation>
    </message>
    <message>
      <source>is no file of clock offsets; give one that 'Solve clocks' wrote</source>
      <translation>ist keine Datei mit Uhrabweichungen; geben Sie eine an, die „Uhren bestimmen“ geschrieben hat</translation>
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
      <source>The catalogues say something about {n} of {total} photos.</source>
      <translation>Die Kataloge sagen etwas über {n} von {total} Fotos.</translation>
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
      <source>Read a catalogue of photos</source>
      <translation>Fotokatalog lesen</translation>
    </message>
    <message>
      <source>earthloc,nasa,catalogue,earthkam,mlcoord,ids,download,astronaut,iss</source>
      <translation>earthloc,nasa,Katalog,earthkam,mlcoord,Kennungen,Herunterladen,Astronaut,iss</translation>
    </message>
    <message>
      <source>Reads what catalogues say about photos: id, time, nadir, centre, footprint, lens, altitude, cloud. It reads tables and saved answers of NASA's Photos Database, the ISS EarthKAM catalogue, lists of photo ids, and its own lists. Several catalogues are combined.

The output is a list (.csv, .json) or layers (.gpkg): nadirs, centers, footprints.

With a folder, the photos in it are found by the ids in their names, and only they are written.

With a query, NASA's Photos Database at the given address is asked. With 'Fetch photos that are missing in it', they are fetched from the archive into the folder, one at a time; a download that was stopped continues in the next run. Otherwise no server is asked.

Rows with missing or impossible values are counted in the log; the other rows are read.</source>
      <translation>Liest, was Kataloge über Fotos sagen: Kennung, Zeit, Nadir, Mittelpunkt, Bildfläche, Objektiv, Höhe, Bewölkung. Gelesen werden Tabellen und gespeicherte Antworten der Fotodatenbank der NASA, der Katalog von ISS EarthKAM, Listen von Fotokennungen und eigene Listen. Mehrere Kataloge werden vereint.

Die Ausgabe ist eine Liste (.csv, .json) oder es sind Layer (.gpkg): nadirs, centers, footprints.

Mit einem Ordner werden die Fotos darin an den Kennungen in ihren Namen erkannt, und nur sie werden geschrieben.

Mit einer Abfrage wird die Fotodatenbank der NASA unter der angegebenen Adresse gefragt. Mit „Fotos abrufen, die darin fehlen“ werden sie einzeln vom Archiv in den Ordner abgerufen; ein angehaltener Abruf wird beim nächsten Lauf fortgesetzt. Sonst wird kein Server gefragt.

Zeilen mit fehlenden oder unmöglichen Werten werden im Protokoll gezählt; die anderen Zeilen werden gelesen.</translation>
    </message>
    <message>
      <source>Catalogues</source>
      <translation>Kataloge</translation>
    </message>
    <message>
      <source>Kind of catalogue</source>
      <translation>Art des Katalogs</translation>
    </message>
    <message>
      <source>Size of the photos</source>
      <translation>Größe der Fotos</translation>
    </message>
    <message>
      <source>Query to NASA's Photos Database</source>
      <translation>Abfrage an die Fotodatenbank der NASA</translation>
    </message>
    <message>
      <source>Fetch photos that are missing in it</source>
      <translation>Fotos abrufen, die darin fehlen</translation>
    </message>
    <message>
      <source>Environment variable with your key</source>
      <translation>Umgebungsvariable mit Ihrem Schlüssel</translation>
    </message>
    <message>
      <source>Address of the database</source>
      <translation>Adresse der Datenbank</translation>
    </message>
    <message>
      <source>Address of the archive</source>
      <translation>Adresse des Archivs</translation>
    </message>
    <message>
      <source>List or layers</source>
      <translation>Liste oder Layer</translation>
    </message>
    <message>
      <source>List (*.csv)</source>
      <translation>Liste (*.csv)</translation>
    </message>
    <message>
      <source>Number of photos in the catalogue</source>
      <translation>Anzahl der Fotos im Katalog</translation>
    </message>
    <message>
      <source>Number of photos in the folder</source>
      <translation>Anzahl der Fotos im Ordner</translation>
    </message>
    <message>
      <source>Number of rows that were left out</source>
      <translation>Anzahl der ausgelassenen Zeilen</translation>
    </message>
    <message>
      <source>To fetch photos, choose a folder for them.</source>
      <translation>Wählen Sie einen Ordner für die Fotos, die abgerufen werden sollen.</translation>
    </message>
    <message>
      <source>{rows} rows, {records} photos, {with_nadir} with a nadir, {with_footprint} with a footprint.</source>
      <translation>{rows} Zeilen, {records} Fotos, {with_nadir} mit Nadir, {with_footprint} mit Bildfläche.</translation>
    </message>
    <message>
      <source>Footprints in the catalogue</source>
      <translation>Bildflächen im Katalog</translation>
    </message>
    <message>
      <source>Centres in the catalogue</source>
      <translation>Mittelpunkte im Katalog</translation>
    </message>
    <message>
      <source>Nadirs in the catalogue</source>
      <translation>Nadire im Katalog</translation>
    </message>
    <message>
      <source>EarthLoc: catalogue {name}</source>
      <translation>EarthLoc: Katalog {name}</translation>
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

Without imagery, the one chosen in the panel is used, and the log says which.

A photo that a review decided on is refused unless reviewed photos are included.

A photo that does not fit there gets the status 'not_found'.</source>
      <translation>Passt ein Foto an einem ungefähr bekannten Ort an Bilddaten an, ohne einen Index zu durchsuchen: findet Passpunkte, berechnet die Kamera und eine Konfidenz. Das Ergebnis wird einem Ergebnis-GeoPackage hinzugefügt, aus dem das Foto dann georeferenziert werden kann.

Geben Sie die ungefähre Ausdehnung des Bodens an, den das Foto zeigt (zum Beispiel die einer Bildfläche oder der Karte), oder seine Mitte und die Länge der längeren Seite des Fotos am Boden. Die halbe oder doppelte Länge ist noch genau genug.

Der Nadir ist der Punkt unter der Station (x,y = Länge,Breite), wenn Sie ihn kennen. Er ist nur ein Hinweis.

Ohne Bilddaten werden die im Bedienfeld gewählten verwendet, und das Protokoll nennt sie.

Ein Foto, über das in der Prüfung entschieden wurde, wird abgelehnt, sofern geprüfte Fotos nicht einbezogen werden.

Ein Foto, das dort nicht passt, erhält den Status 'not_found'.</translation>
    </message>
    <message>
      <source>Rough extent of its ground</source>
      <translation>Ungefähre Ausdehnung seines Bodens</translation>
    </message>
    <message>
      <source>Or the centre of its ground</source>
      <translation>Oder die Mitte dieses Bodens</translation>
    </message>
    <message>
      <source>And its longer side in km</source>
      <translation>Und seine längere Seite in km</translation>
    </message>
    <message>
      <source>Also replace a reviewed result</source>
      <translation>Auch ein geprüftes Ergebnis ersetzen</translation>
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
      <source>No imagery was given and none is chosen in the panel; choose a raster layer.</source>
      <translation>Es wurden keine Bilddaten angegeben, und im Bedienfeld sind keine gewählt; wählen Sie einen Rasterlayer.</translation>
    </message>
    <message>
      <source>The place of the photo is missing; give an extent, or a point and a length.</source>
      <translation>Der Ort des Fotos fehlt; geben Sie eine Ausdehnung oder einen Punkt und eine Länge an.</translation>
    </message>
    <message>
      <source>Footprints</source>
      <translation>Bildflächen</translation>
    </message>
    <message>
      <source>EarthLoc: {name}</source>
      <translation>EarthLoc: {name}</translation>
    </message>
    <message>
      <source>Solve clocks</source>
      <translation>Uhren bestimmen</translation>
    </message>
    <message>
      <source>earthloc,clock,time,orbit,tle,nadir,astronaut,iss</source>
      <translation>earthloc,uhr,zeit,bahn,tle,nadir,astronaut,iss</translation>
    </message>
    <message>
      <source>The station moves by 7 km a second over the ground, so located photos tell how wrong the clock of their camera was: 'The clock of NIKON D5 was 3 min 15 s behind'. Photos of one camera count together until a day passes without one.

The orbit is a file of two-line elements, OMM or OEM, at most 30 days from the photos. Without one, the orbit is taken from the nadirs in the photos' tags.

The offsets that are beyond doubt are written to a file. 'Locate photos' takes it, together with the orbit, and finds the nadir of other photos of these cameras from their times.</source>
      <translation>Die Station bewegt sich mit 7 km in der Sekunde über den Boden. Deshalb verraten lokalisierte Fotos, wie falsch die Uhr ihrer Kamera ging: „Die Uhr von NIKON D5 ging 3 min 15 s nach“. Fotos einer Kamera zählen zusammen, bis ein Tag ohne Foto vergeht.

Die Bahn ist eine Datei mit Two-Line Elements, OMM oder OEM, höchstens 30 Tage von den Fotos entfernt. Ohne sie wird die Bahn den Nadiren in den Metadaten der Fotos entnommen.

Die Abweichungen, die außer Zweifel stehen, werden in eine Datei geschrieben. „Fotos lokalisieren“ nimmt sie zusammen mit der Bahn und findet den Nadir anderer Fotos dieser Kameras aus deren Zeiten.</translation>
    </message>
    <message>
      <source>Results GeoPackage with located photos</source>
      <translation>Ergebnis-GeoPackage mit lokalisierten Fotos</translation>
    </message>
    <message>
      <source>Offsets</source>
      <translation>Abweichungen</translation>
    </message>
    <message>
      <source>Clock offsets (*.json)</source>
      <translation>Uhrabweichungen (*.json)</translation>
    </message>
    <message>
      <source>Clocks that are known now</source>
      <translation>Uhren, die nun bekannt sind</translation>
    </message>
    <message>
      <source>Message</source>
      <translation>Meldung</translation>
    </message>
    <message>
      <source>Solve passes</source>
      <translation>Überflüge lösen</translation>
    </message>
    <message>
      <source>earthloc,pass,orbit,footprint,sea,cloud,ellipse,astronaut,iss</source>
      <translation>earthloc,Überflug,Bahn,Bildfläche,Meer,Wolken,Ellipse,Astronaut,ISS</translation>
    </message>
    <message>
      <source>The frames of one pass share the orbit, the clock, the lens and often a fixed mount. They are solved together from the located ones. The others, over sea or cloud, get a footprint by the pass. It has a status of its own and never counts as located; an ellipse says where the middle of the photo lies with 90 %.

How the camera was held follows from the located photos: fixed, moved smoothly, or held anew for each photo. In the last case only the nadir is known, and no footprint is given; nor where the ellipse is larger than the limit, its semi-major axis.

The results are written to the GeoPackage itself. Photos that a review decided on stay as they are.

The orbit is a file of two-line elements, OMM or OEM. Without one, the orbit follows from at least two located photos.

Leaving one out predicts each located photo from the others, and says how far off that is.</source>
      <translation>Die Fotos eines Überflugs haben die Bahn, die Uhr, das Objektiv und oft eine feste Halterung gemeinsam. Sie werden zusammen aus den lokalisierten gelöst. Die anderen, über Meer oder Wolken, erhalten eine Bildfläche aus dem Überflug. Sie hat einen eigenen Status und gilt nie als lokalisiert; eine Ellipse sagt, wo die Mitte des Fotos mit 90 % liegt.

Wie die Kamera gehalten wurde, folgt aus den lokalisierten Fotos: fest, gleichmäßig bewegt oder für jedes Foto neu. Im letzten Fall ist nur der Nadir bekannt, und es gibt keine Bildfläche; ebenso wenig, wo die große Halbachse der Ellipse über der Grenze liegt.

Die Ergebnisse werden in das GeoPackage selbst geschrieben. Fotos, über die eine Prüfung entschieden hat, bleiben, wie sie sind.

Die Bahn ist eine Datei mit Bahnelementen (TLE), OMM oder OEM. Ohne sie folgt die Bahn aus mindestens zwei lokalisierten Fotos.

Das Auslassen sagt jedes lokalisierte Foto aus den anderen voraus und nennt die Abweichung.</translation>
    </message>
    <message>
      <source>Largest ellipse of a footprint in km</source>
      <translation>Größte Ellipse einer Bildfläche in km</translation>
    </message>
    <message>
      <source>Also predict located photos, and compare</source>
      <translation>Auch lokalisierte Fotos vorhersagen und vergleichen</translation>
    </message>
    <message>
      <source>Passes</source>
      <translation>Überflüge</translation>
    </message>
    <message>
      <source>Footprints by the pass</source>
      <translation>Bildflächen aus dem Überflug</translation>
    </message>
    <message>
      <source>Median error of located photos in km</source>
      <translation>Mittlerer Fehler (Median) lokalisierter Fotos in km</translation>
    </message>
    <message>
      <source>{photo} contradicts the others.</source>
      <translation>{photo} widerspricht den anderen.</translation>
    </message>
    <message>
      <source>{n} photos belong to no pass: they have no time, or cannot be read.</source>
      <translation>{n} Fotos gehören zu keinem Überflug: Sie haben keine Zeit oder lassen sich nicht lesen.</translation>
    </message>
    <message>
      <source>Map where a photo could be</source>
      <translation>Karte, wo ein Foto sein könnte</translation>
    </message>
    <message>
      <source>earthloc,where,probability,search area,astronaut,iss</source>
      <translation>earthloc,wo,wahrscheinlichkeit,suchgebiet,astronaut,iss</translation>
    </message>
    <message>
      <source>Writes where a photo could be as a GeoTIFF in EPSG:6933 with cells of 3,265 km². Band 1 is the smallest percentage whose search area holds a cell: all cells below 90 make up the area that holds the photo with 90 %. Beyond 99.9 % there is no value. Band 2 is the probability per 1,000 km².

It is a search area, not a location. The results GeoPackage must hold the photo, located with 'Say where photos could be'.</source>
      <translation>Schreibt, wo ein Foto sein könnte, als GeoTIFF in EPSG:6933 mit Zellen von 3.265 km². Kanal 1 ist der kleinste Prozentsatz, dessen Suchgebiet eine Zelle enthält: Alle Zellen unter 90 bilden die Fläche, in der das Foto mit 90 % liegt. Jenseits von 99,9 % gibt es keinen Wert. Kanal 2 ist die Wahrscheinlichkeit je 1.000 km².

Es ist ein Suchgebiet, kein Fundort. Das GeoPackage mit den Ergebnissen muss das Foto enthalten, verortet mit „Angeben, wo Fotos sein könnten“.</translation>
    </message>
    <message>
      <source>Area of 90 % in km²</source>
      <translation>Fläche der 90 % in km²</translation>
    </message>
    <message>
      <source>EarthLoc: where photos could be</source>
      <translation>EarthLoc: wo Fotos sein könnten</translation>
    </message>
    <message>
      <source>located</source>
      <translation>verortet</translation>
    </message>
    <message>
      <source>by the pass, not located</source>
      <translation>aus dem Überflug, nicht lokalisiert</translation>
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
    <message>
      <source>CC BY 4.0</source>
      <translation>CC BY 4.0</translation>
    </message>
    <message>
      <source>The imagery of 2016 is CC BY 4.0. Some sources say that EOX's free server is for non-commercial use only and limits the number of requests, so read its terms before you use it for your work: https://cloudless.eox.at/documentation/license</source>
      <translation>Die Bilddaten von 2016 sind CC BY 4.0. Nach manchen Quellen ist der kostenlose Server von EOX nur für nicht kommerzielle Zwecke und begrenzt die Zahl der Anfragen. Lesen Sie deshalb die Bedingungen, bevor Sie ihn beruflich verwenden: https://cloudless.eox.at/documentation/license</translation>
    </message>
    <message>
      <source>NASA imagery, free to use with acknowledgement</source>
      <translation>Bilddaten der NASA, mit Nennung der Quelle frei verwendbar</translation>
    </message>
    <message>
      <source>Cloud-free composite of 2004. NASA asks for a message 48 hours ahead of more than 1,000,000 tiles in a day.</source>
      <translation>Wolkenfreies Mosaik von 2004. Die NASA bittet 48 Stunden vorher um Nachricht, wenn jemand mehr als 1.000.000 Kacheln am Tag abruft.</translation>
    </message>
    <message>
      <source>NASA and USGS imagery, free to use with acknowledgement</source>
      <translation>Bilddaten von NASA und USGS, mit Nennung der Quelle frei verwendbar</translation>
    </message>
    <message>
      <source>Imagery of the year 2000. The sea and some places on land have no tiles. NASA asks for a message 48 hours ahead of more than 1,000,000 tiles in a day.</source>
      <translation>Bilddaten des Jahres 2000. Auf See und an manchen Stellen an Land gibt es keine Kacheln. Die NASA bittet 48 Stunden vorher um Nachricht, wenn jemand mehr als 1.000.000 Kacheln am Tag abruft.</translation>
    </message>
    <message>
      <source>{sentences}</source>
      <translation>{sentences}</translation>
    </message>
    <message>
      <source>Best guess near {place}: the tile with the highest cosine similarity, not checked by registration.</source>
      <translation>Beste Vermutung bei {place}: die Kachel mit der höchsten Kosinus-Ähnlichkeit, nicht durch Anpassen an Bilddaten geprüft.</translation>
    </message>
    <message>
      <source>Best guess near {place}, {km} km from the nadir: the tile with the highest cosine similarity, not checked by registration.</source>
      <translation>Beste Vermutung bei {place}, {km} km vom Nadir: die Kachel mit der höchsten Kosinus-Ähnlichkeit, nicht durch Anpassen an Bilddaten geprüft.</translation>
    </message>
    <message>
      <source>Best guess near {place}: where its local features point, not checked by registration.</source>
      <translation>Beste Vermutung bei {place}: wohin die lokalen Merkmale des Fotos weisen, nicht durch Anpassen an Bilddaten geprüft.</translation>
    </message>
    <message>
      <source>Best guess near {place}, {km} km from the nadir: where its local features point, not checked by registration.</source>
      <translation>Beste Vermutung bei {place}, {km} km vom Nadir: wohin die lokalen Merkmale des Fotos weisen, nicht durch Anpassen an Bilddaten geprüft.</translation>
    </message>
    <message>
      <source>No place was found that is likelier than chance: the photo may show cloud, night or open sea.</source>
      <translation>Es wurde kein Ort gefunden, der wahrscheinlicher als Zufall ist: Das Foto zeigt vielleicht Wolken, Nacht oder offene See.</translation>
    </message>
    <message>
      <source>The photo has few details that the index knows: it may show cloud, night or open sea.</source>
      <translation>Das Foto hat wenige Einzelheiten, die der Index kennt: Es zeigt vielleicht Wolken, Nacht oder offene See.</translation>
    </message>
    <message>
      <source>Compare it with a basemap.</source>
      <translation>Vergleichen Sie sie mit einer Hintergrundkarte.</translation>
    </message>
    <message>
      <source>The chosen indexes hold no tile.</source>
      <translation>Die gewählten Indexe enthalten keine Kachel.</translation>
    </message>
    <message>
      <source>No tile of the chosen indexes lies within {km} km of {place}: choose another index or a larger radius, or check the nadir.</source>
      <translation>Keine Kachel der gewählten Indexe liegt im Umkreis von {km} km um {place}: Wählen Sie einen anderen Index oder einen größeren Radius, oder prüfen Sie den Nadir.</translation>
    </message>
    <message>
      <source>The photo is of one colour: there is nothing to recognise.</source>
      <translation>Das Foto ist einfarbig: Es gibt nichts zu erkennen.</translation>
    </message>
    <message>
      <source>The photo is dark but for some lights, as at night, at the limb or inside the station: there is no ground in daylight to recognise.</source>
      <translation>Das Foto ist bis auf einige Lichter dunkel, wie bei Nacht, am Horizont oder in der Station: Es gibt keinen Boden bei Tageslicht zu erkennen.</translation>
    </message>
    <message>
      <source>{parts}.</source>
      <translation>{parts}.</translation>
    </message>
    <message>
      <source>Carried over from a neighbouring photo, not confirmed by imagery: {parts}.</source>
      <translation>Von einem Nachbarfoto übertragen, nicht durch Bilddaten bestätigt: {parts}.</translation>
    </message>
    <message>
      <source>That is not enough to be sure: compare it with a basemap.</source>
      <translation>Das genügt nicht, um sicher zu sein: Vergleichen Sie es mit einer Hintergrundkarte.</translation>
    </message>
    <message>
      <source>The nadir given seems to be wrong.</source>
      <translation>Der angegebene Nadir ist offenbar falsch.</translation>
    </message>
    <message>
      <source>The camera's clock or the orbit seems to be wrong.</source>
      <translation>Die Uhr der Kamera oder die Bahn ist anscheinend falsch.</translation>
    </message>
    <message>
      <source>{n} tie points</source>
      <translation>{n} Passpunkte</translation>
    </message>
    <message>
      <source>camera at {km} km</source>
      <translation>Kamera in {km} km Höhe</translation>
    </message>
    <message>
      <source>camera at {km} km (assumed rather than measured)</source>
      <translation>Kamera in {km} km Höhe (angenommen, nicht gemessen)</translation>
    </message>
    <message>
      <source>{km} km from the nadir given</source>
      <translation>{km} km vom angegebenen Nadir</translation>
    </message>
    <message>
      <source>{km} km from the nadir that its time and the orbit give</source>
      <translation>{km} km vom Nadir, den Zeit und Bahn ergeben</translation>
    </message>
    <message>
      <source>found by way of the neighbouring photo {photo}</source>
      <translation>über das Nachbarfoto {photo} gefunden</translation>
    </message>
    <message>
      <source>candidate {rank}</source>
      <translation>Kandidat {rank}</translation>
    </message>
    <message>
      <source>part of the photo shows no ground</source>
      <translation>ein Teil des Fotos zeigt keinen Boden</translation>
    </message>
    <message>
      <source>None of the {n} candidates tried fits the imagery; the best guess is the first. Compare it with a basemap, or try more candidates.</source>
      <translation>Keiner der {n} versuchten Kandidaten passt zu den Bilddaten; die beste Vermutung ist der erste. Vergleichen Sie ihn mit einer Hintergrundkarte, oder versuchen Sie mehr Kandidaten.</translation>
    </message>
    <message>
      <source>The candidate does not fit the imagery. Compare it with a basemap, or try more candidates.</source>
      <translation>Der Kandidat passt nicht zu den Bilddaten. Vergleichen Sie ihn mit einer Hintergrundkarte, oder versuchen Sie mehr Kandidaten.</translation>
    </message>
    <message>
      <source>The photo does not fit the imagery within {km} km of {lat}, {lon}: check the place and the width, or try other imagery.</source>
      <translation>Das Foto passt im Umkreis von {km} km um {lat}, {lon} nicht zu den Bilddaten: Prüfen Sie Ort und Breite, oder versuchen Sie andere Bilddaten.</translation>
    </message>
    <message>
      <source>Not checked: {reason}</source>
      <translation>Nicht geprüft: {reason}</translation>
    </message>
    <message>
      <source>Not all candidates were checked: {reason}</source>
      <translation>Nicht alle Kandidaten wurden geprüft: {reason}</translation>
    </message>
    <message>
      <source>the imagery of the index {index} ({imagery}) is not here; put it beside the index or name it as imagery.</source>
      <translation>Die Bilddaten des Index {index} ({imagery}) sind nicht hier; legen Sie sie neben den Index, oder geben Sie sie als Bilddaten an.</translation>
    </message>
    <message>
      <source>the imagery of the index {index} (not named) is not here; put it beside the index or name it as imagery.</source>
      <translation>Die Bilddaten des Index {index} (nicht benannt) sind nicht hier; legen Sie sie neben den Index, oder geben Sie sie als Bilddaten an.</translation>
    </message>
    <message>
      <source>Corrected by hand: {n} tie points.</source>
      <translation>Von Hand berichtigt: {n} Passpunkte.</translation>
    </message>
    <message>
      <source>Corrected by hand: {n} tie points, too few to tell the error.</source>
      <translation>Von Hand berichtigt: {n} Passpunkte, zu wenige, um den Fehler zu schätzen.</translation>
    </message>
    <message>
      <source>Corrected by hand: 1 tie point, too few to tell the error.</source>
      <translation>Von Hand berichtigt: 1 Passpunkt, zu wenige, um den Fehler zu schätzen.</translation>
    </message>
    <message>
      <source>Placed by hand.</source>
      <translation>Von Hand platziert.</translation>
    </message>
    <message>
      <source>Candidate {rank}, chosen by hand.</source>
      <translation>Kandidat {rank}, von Hand gewählt.</translation>
    </message>
    <message>
      <source>NASA's footprint, candidate 2, differs: they overlap by {iou} (intersection over union), and their centres are {km} km apart.</source>
      <translation>Die Bildfläche der NASA, Kandidat 2, weicht ab: Die Überlappung ist {iou} (Schnitt durch Vereinigung), die Mitten liegen {km} km auseinander.</translation>
    </message>
    <message>
      <source>{path}: is only {width} x {height} pixels; give a photo of at least {least} pixels on each side.</source>
      <translation>{path}: ist nur {width} x {height} Pixel groß; geben Sie ein Foto mit mindestens {least} Pixeln auf jeder Seite an.</translation>
    </message>
    <message>
      <source>{path}: is too large at {width} x {height} pixels; save it with at most {limit} megapixels.</source>
      <translation>{path}: ist mit {width} x {height} Pixeln zu groß; speichern Sie es mit höchstens {limit} Megapixeln.</translation>
    </message>
    <message>
      <source>{path}: is too large at {width} x {height} pixels; save it with at most {limit} megapixels, or as a baseline JPEG or tiled TIFF.</source>
      <translation>{path}: ist mit {width} x {height} Pixeln zu groß; speichern Sie es mit höchstens {limit} Megapixeln, oder als Baseline-JPEG oder gekacheltes TIFF.</translation>
    </message>
    <message>
      <source>{path}: does not fit in memory; save it as a smaller JPEG.</source>
      <translation>{path}: passt nicht in den Speicher; speichern Sie es als kleineres JPEG.</translation>
    </message>
    <message>
      <source>{path}: is damaged or cut short; copy or download it again.</source>
      <translation>{path}: ist beschädigt oder abgeschnitten; kopieren oder laden Sie es erneut.</translation>
    </message>
    <message>
      <source>{path}: is a folder, not a photo; give the photos in it.</source>
      <translation>{path}: ist ein Ordner, kein Foto; geben Sie die Fotos darin an.</translation>
    </message>
    <message>
      <source>{path}: is not a regular file; give an image file.</source>
      <translation>{path}: ist keine gewöhnliche Datei; geben Sie eine Bilddatei an.</translation>
    </message>
    <message>
      <source>{path}: is empty; copy or download it again.</source>
      <translation>{path}: ist leer; kopieren oder laden Sie es erneut.</translation>
    </message>
    <message>
      <source>{path}: does not exist; check the path.</source>
      <translation>{path}: ist nicht vorhanden; prüfen Sie den Pfad.</translation>
    </message>
    <message>
      <source>{path}: may not be read; change its permissions.</source>
      <translation>{path}: darf nicht gelesen werden; ändern Sie die Berechtigungen.</translation>
    </message>
    <message>
      <source>{path}: cannot be opened; check the path and the disk.</source>
      <translation>{path}: kann nicht geöffnet werden; prüfen Sie den Pfad und den Datenträger.</translation>
    </message>
    <message>
      <source>{path}: is a camera RAW file; convert it to a JPEG or TIFF, or install the engine with the extra raw.</source>
      <translation>{path}: ist eine RAW-Datei einer Kamera; wandeln Sie sie in JPEG oder TIFF um, oder installieren Sie das Rechenprogramm mit dem Zusatz raw.</translation>
    </message>
    <message>
      <source>{path}: is a HEIC file; convert it to a JPEG or TIFF.</source>
      <translation>{path}: ist eine HEIC-Datei; wandeln Sie sie in JPEG oder TIFF um.</translation>
    </message>
    <message>
      <source>{path}: is not an image of a known kind; if it is a photo, convert it to a JPEG or TIFF.</source>
      <translation>{path}: ist kein Bild einer bekannten Art; wenn es ein Foto ist, wandeln Sie es in JPEG oder TIFF um.</translation>
    </message>
    <message>
      <source>{path}: ended the process that located it, again and again ({how}); save it as a smaller JPEG, or report it.</source>
      <translation>{path}: hat den Prozess, der es verorten sollte, immer wieder beendet ({how}); speichern Sie es als kleineres JPEG, oder melden Sie es.</translation>
    </message>
    <message>
      <source>{path}: could not be checked with the imagery ({reason}); see to the imagery and try again.</source>
      <translation>{path}: konnte nicht mit den Bilddaten geprüft werden ({reason}); sehen Sie nach den Bilddaten, und versuchen Sie es erneut.</translation>
    </message>
    <message>
      <source>{path}: hit a bug in the program ({what}); report it.</source>
      <translation>{path}: ist auf einen Fehler im Programm gestoßen ({what}); melden Sie ihn.</translation>
    </message>
    <message>
      <source>{path}: the disk is full; free some space and try again; nothing saved was lost.</source>
      <translation>{path}: Der Datenträger ist voll; schaffen Sie Platz, und versuchen Sie es erneut. Nichts Gespeichertes ging verloren.</translation>
    </message>
    <message>
      <source>{path}: cannot be written to; choose another folder or change its permissions.</source>
      <translation>{path}: kann nicht beschrieben werden; wählen Sie einen anderen Ordner, oder ändern Sie die Berechtigungen.</translation>
    </message>
    <message>
      <source>{path}: could not be written ({reason}); choose another place.</source>
      <translation>{path}: konnte nicht geschrieben werden ({reason}); wählen Sie einen anderen Ort.</translation>
    </message>
    <message>
      <source>{path}: holds what a review decided on {photo}; have reviewed photos included, or choose another file.</source>
      <translation>{path}: enthält, was in der Prüfung über {photo} entschieden wurde; beziehen Sie geprüfte Fotos ein, oder wählen Sie eine andere Datei.</translation>
    </message>
    <message>
      <source>{path}: holds a damaged result of {photo} ({reason}); locate it again.</source>
      <translation>{path}: enthält ein beschädigtes Ergebnis von {photo} ({reason}); verorten Sie es erneut.</translation>
    </message>
    <message>
      <source>{path}: is being written by another program; stop editing it there and try again, or choose another file.</source>
      <translation>{path}: wird gerade von einem anderen Programm geschrieben; beenden Sie dort die Bearbeitung und versuchen Sie es erneut, oder wählen Sie eine andere Datei.</translation>
    </message>
    <message>
      <source>{path}: is not a GeoPackage; choose another file.</source>
      <translation>{path}: ist kein GeoPackage; wählen Sie eine andere Datei.</translation>
    </message>
    <message>
      <source>{path}: is damaged; move it away or choose another file.</source>
      <translation>{path}: ist beschädigt; verschieben Sie die Datei, oder wählen Sie eine andere.</translation>
    </message>
    <message>
      <source>{path}: is a folder; name a file in it, such as results.gpkg.</source>
      <translation>{path}: ist ein Ordner; geben Sie eine Datei darin an, zum Beispiel results.gpkg.</translation>
    </message>
    <message>
      <source>{path}: its folder does not exist; make the folder or choose another.</source>
      <translation>{path}: Der Ordner der Datei ist nicht vorhanden; legen Sie ihn an, oder wählen Sie einen anderen.</translation>
    </message>
    <message>
      <source>{path}: no such file; give a results file.</source>
      <translation>{path}: keine solche Datei; geben Sie eine Ergebnisdatei an.</translation>
    </message>
    <message>
      <source>{path}: holds no result of {photo}; locate it first.</source>
      <translation>{path}: enthält kein Ergebnis von {photo}; verorten Sie es zuerst.</translation>
    </message>
    <message>
      <source>{path}: does not say where {photo} could be; locate it again and have that said.</source>
      <translation>{path}: sagt nicht, wo {photo} sein könnte; verorten Sie es erneut und lassen Sie das angeben.</translation>
    </message>
    <message>
      <source>{path}: could not be written ({reason}); choose another file.</source>
      <translation>{path}: konnte nicht geschrieben werden ({reason}); wählen Sie eine andere Datei.</translation>
    </message>
    <message>
      <source>{path}: is only half built; finish it with `earthloc index build --resume`.</source>
      <translation>{path}: ist nur halb gebaut; bauen Sie ihn mit `earthloc index build --resume` fertig.</translation>
    </message>
    <message>
      <source>{path}: is not a regional index (no index.json); give the folder of an index.</source>
      <translation>{path}: ist kein regionaler Index (kein index.json); geben Sie den Ordner eines Index an.</translation>
    </message>
    <message>
      <source>{path}: is not a readable index manifest; copy it again or build it anew.</source>
      <translation>{path}: ist kein lesbares Verzeichnis eines Index; kopieren Sie ihn noch einmal oder bauen Sie ihn neu.</translation>
    </message>
    <message>
      <source>{path}: was written by a newer version of EarthLoc (format {version}); update EarthLoc.</source>
      <translation>{path}: wurde von einer neueren Version von EarthLoc geschrieben (Format {version}); aktualisieren Sie EarthLoc.</translation>
    </message>
    <message>
      <source>{path}: lacks a valid {what}; copy it again or build it anew.</source>
      <translation>{path}: hat kein gültiges {what}; kopieren Sie ihn noch einmal oder bauen Sie ihn neu.</translation>
    </message>
    <message>
      <source>{path}: cannot be read; copy it again or build it anew.</source>
      <translation>{path}: kann nicht gelesen werden; kopieren Sie ihn noch einmal oder bauen Sie ihn neu.</translation>
    </message>
    <message>
      <source>{path}: is damaged; copy it again or build it anew.</source>
      <translation>{path}: ist beschädigt; kopieren Sie ihn noch einmal oder bauen Sie ihn neu.</translation>
    </message>
    <message>
      <source>{path}: is damaged (its checksum differs); copy it again or build it anew.</source>
      <translation>{path}: ist beschädigt (die Prüfsumme weicht ab); kopieren Sie ihn noch einmal oder bauen Sie ihn neu.</translation>
    </message>
    <message>
      <source>{path}: is missing; copy it again or build it anew.</source>
      <translation>{path}: fehlt; kopieren Sie den Index noch einmal oder bauen Sie ihn neu.</translation>
    </message>
    <message>
      <source>{path}: has the wrong size; copy it again or build it anew.</source>
      <translation>{path}: hat die falsche Größe; kopieren Sie ihn noch einmal oder bauen Sie ihn neu.</translation>
    </message>
    <message>
      <source>{path}: has local features that were encoded with another vocabulary; build the index again, or use the version of EarthLoc that made it.</source>
      <translation>{path}: hat örtliche Merkmale, die mit einem anderen Vokabular kodiert sind; bauen Sie den Index neu oder verwenden Sie die Version von EarthLoc, die ihn gebaut hat.</translation>
    </message>
    <message>
      <source>{path}: was built with the model {model}, not with {others}; build it again with this model or choose an index that fits.</source>
      <translation>{path}: wurde mit dem Modell {model} gebaut, nicht mit {others}; bauen Sie ihn mit diesem Modell neu oder wählen Sie einen Index, der passt.</translation>
    </message>
    <message>
      <source>{path}: was built with the model {model}, which is missing; install an EarthLoc that includes it, or build the index again.</source>
      <translation>{path}: wurde mit dem Modell {model} gebaut, das fehlt; installieren Sie ein EarthLoc, das es enthält, oder bauen Sie den Index neu.</translation>
    </message>
    <message>
      <source>{path}: does not match the sha256 in its card; get the model package again.</source>
      <translation>{path}: passt nicht zur SHA-256 in seiner Karte; besorgen Sie das Modellpaket noch einmal.</translation>
    </message>
    <message>
      <source>{path}: cannot be read; put the ONNX file beside its card.</source>
      <translation>{path}: kann nicht gelesen werden; legen Sie die ONNX-Datei neben ihre Karte.</translation>
    </message>
    <message>
      <source>{path}: is not a usable ONNX model ({reason}); get the model package again.</source>
      <translation>{path}: ist kein brauchbares ONNX-Modell ({reason}); besorgen Sie das Modellpaket noch einmal.</translation>
    </message>
    <message>
      <source>{path}: already exists; choose another folder or delete this one.</source>
      <translation>{path}: gibt es schon; wählen Sie einen anderen Ordner oder löschen Sie diesen.</translation>
    </message>
    <message>
      <source>{path}: covers no tile of that region that lies on land; check the region.</source>
      <translation>{path}: deckt keine Kachel dieser Region ab, die auf Land liegt; prüfen Sie die Region.</translation>
    </message>
    <message>
      <source>{path}: covers no tile of that region; check the region.</source>
      <translation>{path}: deckt keine Kachel dieser Region ab; prüfen Sie die Region.</translation>
    </message>
    <message>
      <source>{path}: is a tile server, which has the whole world; name a region (bbox).</source>
      <translation>{path}: ist ein Kachelserver, der die ganze Welt hat; nennen Sie eine Region (bbox).</translation>
    </message>
    <message>
      <source>{path}: does not say whom to credit and under which licence its imagery is; look up its terms and state both (attribution, licence).</source>
      <translation>{path}: sagt nicht, wer zu nennen ist und unter welcher Lizenz die Bilddaten stehen; schlagen Sie die Bedingungen nach und geben Sie beides an (Namensnennung, Lizenz).</translation>
    </message>
    <message>
      <source>{path}: no such file; give the path of a georeferenced raster.</source>
      <translation>{path}: diese Datei gibt es nicht; geben Sie den Pfad eines georeferenzierten Rasters an.</translation>
    </message>
    <message>
      <source>{path}: cannot be opened as a raster; give a georeferenced image such as a GeoTIFF.</source>
      <translation>{path}: kann nicht als Raster geöffnet werden; geben Sie ein georeferenziertes Bild wie ein GeoTIFF an.</translation>
    </message>
    <message>
      <source>{path}: holds several rasters: {listed}; name one of these instead of the file.</source>
      <translation>{path}: enthält mehrere Raster: {listed}; nennen Sie eines davon statt der Datei.</translation>
    </message>
    <message>
      <source>{path}: has no position on the Earth; georeference it, or put its world file beside it.</source>
      <translation>{path}: hat keine Lage auf der Erde; georeferenzieren Sie es oder legen Sie seine World-Datei daneben.</translation>
    </message>
    <message>
      <source>{path}: has no coordinate system (CRS); assign one, for example with gdal_edit.py -a_srs EPSG:4326.</source>
      <translation>{path}: hat kein Koordinatenbezugssystem (KBS); weisen Sie eines zu, zum Beispiel mit gdal_edit.py -a_srs EPSG:4326.</translation>
    </message>
    <message>
      <source>{path}: holds no valid pixel; give another raster.</source>
      <translation>{path}: enthält kein gültiges Pixel; geben Sie ein anderes Raster an.</translation>
    </message>
    <message>
      <source>{path}: its corners lie outside its own coordinate system; check its CRS.</source>
      <translation>{path}: seine Ecken liegen außerhalb seines eigenen Koordinatenbezugssystems; prüfen Sie das KBS.</translation>
    </message>
    <message>
      <source>{path}: holds no EarthLoc tile (pictures named @lat1@lon1@lat2@...); name a folder of such tiles, or a raster.</source>
      <translation>{path}: enthält keine EarthLoc-Kachel (Bilder mit Namen wie @lat1@lon1@lat2@...); nennen Sie einen Ordner solcher Kacheln oder ein Raster.</translation>
    </message>
    <message>
      <source>{path}: is damaged or no picture; copy it again or delete it.</source>
      <translation>{path}: ist beschädigt oder kein Bild; kopieren Sie es noch einmal oder löschen Sie es.</translation>
    </message>
    <message>
      <source>{path}: is not the address of a tile server; give one that begins with http:// or https://.</source>
      <translation>{path}: ist nicht die Adresse eines Kachelservers; geben Sie eine an, die mit http:// oder https:// beginnt.</translation>
    </message>
    <message>
      <source>{path}: is a RAW file of a kind that LibRaw cannot read; convert it to a JPEG or TIFF.</source>
      <translation>{path}: ist eine RAW-Datei, die LibRaw nicht lesen kann; wandeln Sie sie in ein JPEG oder TIFF um.</translation>
    </message>
    <message>
      <source>{path}: is stored as a single piece too large to unpack; save it as a JPEG or a tiled TIFF.</source>
      <translation>{path}: ist als ein einziges Stück gespeichert, das zu groß zum Entpacken ist; speichern Sie es als JPEG oder gekacheltes TIFF.</translation>
    </message>
    <message>
      <source>{path}: holds complex numbers, not colours; convert it to an 8-bit JPEG or TIFF.</source>
      <translation>{path}: enthält komplexe Zahlen statt Farben; wandeln Sie es in ein JPEG oder TIFF mit 8 Bit um.</translation>
    </message>
    <message>
      <source>{path}: is not in {results}; locate it first.</source>
      <translation>{path}: ist nicht in {results}; lokalisieren Sie es zuerst.</translation>
    </message>
    <message>
      <source>{path}: has {width} x {height} pixels but was located with {then_width} x {then_height}; locate it again.</source>
      <translation>{path}: hat {width} x {height} Pixel, wurde aber mit {then_width} x {then_height} lokalisiert; lokalisieren Sie es noch einmal.</translation>
    </message>
    <message>
      <source>{path}: its camera sees no ground; locate it again.</source>
      <translation>{path}: seine Kamera sieht keinen Boden; lokalisieren Sie es noch einmal.</translation>
    </message>
    <message>
      <source>{path}: shows the limb, which no world file can place; choose the orthorectified photo.</source>
      <translation>{path}: zeigt den Horizont, den keine World-Datei abbilden kann; wählen Sie das orthorektifizierte Foto.</translation>
    </message>
    <message>
      <source>{path}: an affine map, all that a world file holds, would be up to {off} px off ({limit} px is allowed); choose the orthorectified photo, or the one with control points.</source>
      <translation>{path}: eine affine Abbildung, mehr enthält eine World-Datei nicht, läge bis zu {off} px daneben (erlaubt sind {limit} px); wählen Sie das orthorektifizierte Foto oder das mit Passpunkten.</translation>
    </message>
    <message>
      <source>{path}: shows a pole, where degrees meet; choose another coordinate system.</source>
      <translation>{path}: zeigt einen Pol, an dem sich die Längengrade treffen; wählen Sie ein anderes Koordinatenbezugssystem.</translation>
    </message>
    <message>
      <source>{path}: has no heights of what the photo shows; give heights of that ground.</source>
      <translation>{path}: hat keine Höhen von dem, was das Foto zeigt; geben Sie Höhen dieses Geländes an.</translation>
    </message>
    <message>
      <source>{path}: is one of the files that it is made from; choose another name.</source>
      <translation>{path}: ist eine der Dateien, aus denen es gemacht wird; wählen Sie einen anderen Namen.</translation>
    </message>
    <message>
      <source>{path}: is a folder; name a file in it.</source>
      <translation>{path}: ist ein Ordner; nennen Sie eine Datei darin.</translation>
    </message>
    <message>
      <source>{path}: has no room to unpack the photo in; free some space or choose another folder.</source>
      <translation>{path}: hat keinen Platz, um das Foto zu entpacken; schaffen Sie Platz oder wählen Sie einen anderen Ordner.</translation>
    </message>
    <message>
      <source>{path}: was written by a newer EarthLoc; update the engine or choose another file.</source>
      <translation>{path}: wurde von einem neueren EarthLoc geschrieben; aktualisieren Sie die Engine oder wählen Sie eine andere Datei.</translation>
    </message>
    <message>
      <source>{path}: has a table {table} that EarthLoc did not make; choose another file.</source>
      <translation>{path}: hat eine Tabelle {table}, die EarthLoc nicht gemacht hat; wählen Sie eine andere Datei.</translation>
    </message>
    <message>
      <source>no camera sees the tie points like this; move or remove the one that is off.</source>
      <translation>keine Kamera sieht die Passpunkte so; verschieben oder löschen Sie den, der danebenliegt.</translation>
    </message>
    <message>
      <source>the camera that fits the tie points sees no ground; check the tie points.</source>
      <translation>die Kamera, die zu den Passpunkten passt, sieht keinen Boden; prüfen Sie die Passpunkte.</translation>
    </message>
    <message>
      <source>there is no imagery to snap to; choose reference imagery.</source>
      <translation>es gibt keine Bilddaten zum Einrasten; wählen Sie Referenzbilder.</translation>
    </message>
    <message>
      <source>{path}: no such file; give a file of two-line elements, OMM or OEM.</source>
      <translation>{path}: keine solche Datei; geben Sie eine Datei mit Two-Line Elements, OMM oder OEM an.</translation>
    </message>
    <message>
      <source>{path}: is not a file; give a file of two-line elements, OMM or OEM.</source>
      <translation>{path}: ist keine Datei; geben Sie eine Datei mit Two-Line Elements, OMM oder OEM an.</translation>
    </message>
    <message>
      <source>{path}: cannot be read; check its permissions.</source>
      <translation>{path}: kann nicht gelesen werden; prüfen Sie die Zugriffsrechte.</translation>
    </message>
    <message>
      <source>{path}: is larger than {mb} MB; give only the elements of the station.</source>
      <translation>{path}: ist größer als {mb} MB; geben Sie nur die Bahnelemente der Station an.</translation>
    </message>
    <message>
      <source>{path}: is damaged; copy or download it again.</source>
      <translation>{path}: ist beschädigt; kopieren oder laden Sie die Datei erneut.</translation>
    </message>
    <message>
      <source>{path}: holds no usable orbit elements; give a file of two-line elements (with correct checksums), OMM or OEM.</source>
      <translation>{path}: enthält keine brauchbaren Bahnelemente; geben Sie eine Datei mit Two-Line Elements (mit richtigen Prüfsummen), OMM oder OEM an.</translation>
    </message>
    <message>
      <source>{path}: holds elements of {n} satellites but not of the station (25544); give a file with those.</source>
      <translation>{path}: enthält Bahnelemente von {n} Satelliten, aber nicht die der Station (25544); geben Sie eine Datei mit diesen an.</translation>
    </message>
    <message>
      <source>{path}: its nearest elements are {days} days away from {time}; give elements of that time, from an archive.</source>
      <translation>{path}: die nächsten Bahnelemente liegen {days} Tage von {time} entfernt; geben Sie Bahnelemente jener Zeit an, aus einem Archiv.</translation>
    </message>
    <message>
      <source>{path}: its elements give no orbit ({reason}); give other elements.</source>
      <translation>{path}: die Bahnelemente ergeben keine Bahn ({reason}); geben Sie andere an.</translation>
    </message>
    <message>
      <source>{path}: covers {first} to {last}, not {time}; give a file of that time.</source>
      <translation>{path}: reicht von {first} bis {last}, nicht bis {time}; geben Sie eine Datei jener Zeit an.</translation>
    </message>
    <message>
      <source>{path}: has a gap at {time}; give another file of that time.</source>
      <translation>{path}: hat um {time} eine Lücke; geben Sie eine andere Datei jener Zeit an.</translation>
    </message>
    <message>
      <source>{path}: holds no states to interpolate between; copy or download it again.</source>
      <translation>{path}: enthält keine Zustände, zwischen denen interpoliert werden kann; kopieren oder laden Sie die Datei erneut.</translation>
    </message>
    <message>
      <source>{path}: holds different states for one time; copy or download it again.</source>
      <translation>{path}: enthält verschiedene Zustände für dieselbe Zeit; kopieren oder laden Sie die Datei erneut.</translation>
    </message>
    <message>
      <source>{path}: its state {line} is damaged; copy or download it again.</source>
      <translation>{path}: der Zustand {line} ist beschädigt; kopieren oder laden Sie die Datei erneut.</translation>
    </message>
    <message>
      <source>{path}: is in the frame {frame}; give states in EME2000 or ITRF.</source>
      <translation>{path}: hat das Bezugssystem {frame}; geben Sie Zustände in EME2000 oder ITRF an.</translation>
    </message>
    <message>
      <source>{path}: has times in {system}; give a file in UTC.</source>
      <translation>{path}: hat Zeiten in {system}; geben Sie eine Datei in UTC an.</translation>
    </message>
    <message>
      <source>{path}: is an orbit round {center}; give one round EARTH.</source>
      <translation>{path}: ist eine Bahn um {center}; geben Sie eine um EARTH an.</translation>
    </message>
    <message>
      <source>the station did not fly yet on {time}; check the date.</source>
      <translation>am {time} flog die Station noch nicht; prüfen Sie das Datum.</translation>
    </message>
    <message>
      <source>{time} is not a time; give one such as 2024-02-12T23:25:18Z.</source>
      <translation>{time} ist keine Zeit; geben Sie eine an wie 2024-02-12T23:25:18Z.</translation>
    </message>
    <message>
      <source>the photo has no time in its tags; give its nadir.</source>
      <translation>das Foto hat keine Zeit in seinen Metadaten; geben Sie seinen Nadir an.</translation>
    </message>
    <message>
      <source>{path}: has no time in its tags; give the time instead.</source>
      <translation>{path}: hat keine Zeit in den Metadaten; geben Sie stattdessen die Zeit an.</translation>
    </message>
    <message>
      <source>{time} shifted by the clock offset is no date; check the time and the offset.</source>
      <translation>{time}, um die Uhrabweichung verschoben, ist kein Datum; prüfen Sie Zeit und Abweichung.</translation>
    </message>
    <message>
      <source>{path}: {n} sets of elements are damaged and were left out (line or entry {lines}); copy or download it again.</source>
      <translation>{path}: {n} Sätze von Bahnelementen sind beschädigt und wurden ausgelassen (Zeile oder Eintrag {lines}); kopieren oder laden Sie die Datei erneut.</translation>
    </message>
    <message>
      <source>{path}: is the orbit of another satellite ({number}), not of the station (25544); check that this is meant.</source>
      <translation>{path}: ist die Bahn eines anderen Satelliten ({number}), nicht der Station (25544); prüfen Sie, ob das gemeint ist.</translation>
    </message>
    <message>
      <source>no orbit of the station passes the {n} places at their times; check places and times.</source>
      <translation>keine Bahn der Station führt zu ihren Zeiten an den {n} Orten vorbei; prüfen Sie Orte und Zeiten.</translation>
    </message>
    <message>
      <source>{address} is no source of elements; give celestrak, nasa, or a web address.</source>
      <translation>{address} ist keine Quelle von Bahnelementen; geben Sie celestrak, nasa oder eine Webadresse an.</translation>
    </message>
    <message>
      <source>{host} answers with status {status}; try again later, or get the file with a browser.</source>
      <translation>{host} antwortet mit Status {status}; versuchen Sie es später erneut, oder holen Sie die Datei mit einem Browser.</translation>
    </message>
    <message>
      <source>{host} cannot be reached ({reason}); check your connection.</source>
      <translation>{host} ist nicht erreichbar ({reason}); prüfen Sie Ihre Verbindung.</translation>
    </message>
    <message>
      <source>{host} sends more than {mb} MB; get only the elements of the station.</source>
      <translation>{host} sendet mehr als {mb} MB; holen Sie nur die Bahnelemente der Station.</translation>
    </message>
    <message>
      <source>{host} sends something else than an orbit; get the file with a browser.</source>
      <translation>{host} sendet etwas anderes als eine Bahn; holen Sie die Datei mit einem Browser.</translation>
    </message>
    <message>
      <source>{path}: cannot be read; give a file that `earthloc clock --out` wrote.</source>
      <translation>{path}: kann nicht gelesen werden; geben Sie eine Datei an, die `earthloc clock --out` geschrieben hat.</translation>
    </message>
    <message>
      <source>{path}: is no file of clock offsets; give one that `earthloc clock --out` wrote.</source>
      <translation>{path}: ist keine Datei mit Uhrabweichungen; geben Sie eine an, die `earthloc clock --out` geschrieben hat.</translation>
    </message>
    <message>
      <source>{path}: holds no located photos with times; locate some of the photos first.</source>
      <translation>{path}: enthält keine lokalisierten Fotos mit Zeiten; lokalisieren Sie zuerst einige der Fotos.</translation>
    </message>
    <message>
      <source>The {n} photos of {camera} with a nadir in their tags are too few (at least {least}); give an orbit file.</source>
      <translation>Die {n} Fotos von {camera} mit einem Nadir in den Metadaten sind zu wenige (mindestens {least}); geben Sie eine Bahndatei an.</translation>
    </message>
    <message>
      <source>{time} behind</source>
      <translation>{time} nach</translation>
    </message>
    <message>
      <source>{time} ahead</source>
      <translation>{time} vor</translation>
    </message>
    <message>
      <source>right</source>
      <translation>richtig</translation>
    </message>
    <message>
      <source>The clock of {camera} was {how} (± {sd} s; {n} of {total} located photos agree).</source>
      <translation>Die Uhr von {camera} ging {how} (± {sd} s; {n} von {total} lokalisierten Fotos stimmen überein).</translation>
    </message>
    <message>
      <source>It may have been set to the time zone UTC{hours}.</source>
      <translation>Vielleicht war sie auf die Zeitzone UTC{hours} gestellt.</translation>
    </message>
    <message>
      <source>The clock of {camera} was {how} (± {sd} s), if its one located photo is right: locate another one to be sure.</source>
      <translation>Die Uhr von {camera} ging {how} (± {sd} s), wenn ihr einziges lokalisiertes Foto stimmt: lokalisieren Sie zur Sicherheit ein weiteres.</translation>
    </message>
    <message>
      <source>The clock of {camera} fits several offsets about equally ({parts}): locate more of its photos.</source>
      <translation>Zur Uhr von {camera} passen mehrere Abweichungen etwa gleich gut ({parts}): lokalisieren Sie mehr ihrer Fotos.</translation>
    </message>
    <message>
      <source>No single clock explains the photos of {camera}: for {n} of them it was {how}, for {m} {other}. They may be of two cameras.</source>
      <translation>Keine einzelne Uhr erklärt die Fotos von {camera}: bei {n} von ihnen ging sie {how}, bei {m} {other}. Vielleicht stammen sie von zwei Kameras.</translation>
    </message>
    <message>
      <source>The {n} located photos of {camera} fit no clock on this orbit: check the orbit and their times.</source>
      <translation>Die {n} lokalisierten Fotos von {camera} passen auf dieser Bahn zu keiner Uhr: prüfen Sie die Bahn und ihre Zeiten.</translation>
    </message>
    <message>
      <source>{path}: holds no photo with a time that can be read; locate photos with their tags first.</source>
      <translation>{path}: enthält kein lesbares Foto mit Zeit; lokalisieren Sie zuerst Fotos mit ihren Metadaten.</translation>
    </message>
    <message>
      <source>None of its photos is located, so nothing is known of the others.</source>
      <translation>Keines seiner Fotos ist lokalisiert, daher ist über die anderen nichts bekannt.</translation>
    </message>
    <message>
      <source>Only one of its photos is located, which does not tell how the camera was held: locate more.</source>
      <translation>Nur eines seiner Fotos ist lokalisiert; das sagt nicht, wie die Kamera gehalten wurde: Lokalisieren Sie weitere.</translation>
    </message>
    <message>
      <source>Its {n} located photos lie on no common orbit: places or times are wrong, or they are of two cameras.</source>
      <translation>Seine {n} lokalisierten Fotos liegen auf keiner gemeinsamen Bahn: Orte oder Zeiten sind falsch, oder sie sind von zwei Kameras.</translation>
    </message>
    <message>
      <source>Its {n} located photos contradict each other: check them.</source>
      <translation>Seine {n} lokalisierten Fotos widersprechen einander: Prüfen Sie sie.</translation>
    </message>
    <message>
      <source>Its {n} located photos seem to be of two cameras ({m} of the other one): run the photos of each by themselves.</source>
      <translation>Seine {n} lokalisierten Fotos scheinen von zwei Kameras zu sein ({m} von der anderen): Bearbeiten Sie die Fotos jeder Kamera für sich.</translation>
    </message>
    <message>
      <source>The camera was fixed: its {n} located photos say so with {percent} %.</source>
      <translation>Die Kamera war fest angebracht: Das sagen ihre {n} lokalisierten Fotos mit {percent} %.</translation>
    </message>
    <message>
      <source>The camera moved smoothly: its {n} located photos say so with {percent} %.</source>
      <translation>Die Kamera bewegte sich gleichmäßig: Das sagen ihre {n} lokalisierten Fotos mit {percent} %.</translation>
    </message>
    <message>
      <source>The camera was held anew for each photo: its {n} located photos say so with {percent} %. Only the nadir of the others is known.</source>
      <translation>Die Kamera wurde für jedes Foto neu gehalten: Das sagen ihre {n} lokalisierten Fotos mit {percent} %. Von den anderen ist nur der Nadir bekannt.</translation>
    </message>
    <message>
      <source>{n} located photos contradict the others and were left out: check them.</source>
      <translation>{n} lokalisierte Fotos widersprechen den anderen und blieben außer Betracht: Prüfen Sie sie.</translation>
    </message>
    <message>
      <source>The orbit was taken from the photos instead of the file.</source>
      <translation>Die Bahn stammt von den Fotos statt aus der Datei.</translation>
    </message>
    <message>
      <source>{n} of {total} other photos get a footprint by the pass.</source>
      <translation>{n} von {total} anderen Fotos erhalten eine Bildfläche aus dem Überflug.</translation>
    </message>
    <message>
      <source>By the pass, not located: {n} other photos of the pass, the nearest {seconds} s away, say that it looked here. The middle lies within an ellipse of {major} by {minor} km around this one with {percent} %.</source>
      <translation>Aus dem Überflug, nicht lokalisiert: {n} andere Fotos des Überflugs, das nächste {seconds} s entfernt, sagen, dass es hierher blickte. Die Mitte liegt mit {percent} % in einer Ellipse von {major} mal {minor} km um diese.</translation>
    </message>
    <message>
      <source>{name} works: a tile came in {ms} ms.</source>
      <translation>{name} funktioniert: Eine Kachel kam in {ms} ms.</translation>
    </message>
    <message>
      <source>imagery server {server}: cannot be reached; check its address and your connection.</source>
      <translation>Bilddatenserver {server}: ist nicht erreichbar; prüfen Sie die Adresse und Ihre Verbindung.</translation>
    </message>
    <message>
      <source>imagery server {server}: cannot be reached through the proxy; check the environment variables HTTPS_PROXY and HTTP_PROXY.</source>
      <translation>Bilddatenserver {server}: ist über den Proxy nicht erreichbar; prüfen Sie die Umgebungsvariablen HTTPS_PROXY und HTTP_PROXY.</translation>
    </message>
    <message>
      <source>imagery server {server}: is behind a proxy that wants a login ({status}); check the environment variables HTTPS_PROXY and HTTP_PROXY.</source>
      <translation>Bilddatenserver {server}: liegt hinter einem Proxy, der eine Anmeldung verlangt ({status}); prüfen Sie die Umgebungsvariablen HTTPS_PROXY und HTTP_PROXY.</translation>
    </message>
    <message>
      <source>imagery server {server}: has no valid certificate; check its address.</source>
      <translation>Bilddatenserver {server}: hat kein gültiges Zertifikat; prüfen Sie die Adresse.</translation>
    </message>
    <message>
      <source>imagery server {server}: has an address that cannot be used; check it.</source>
      <translation>Bilddatenserver {server}: hat eine unbrauchbare Adresse; prüfen Sie sie.</translation>
    </message>
    <message>
      <source>imagery server {server}: does not answer in time; try again later.</source>
      <translation>Bilddatenserver {server}: antwortet nicht rechtzeitig; versuchen Sie es später erneut.</translation>
    </message>
    <message>
      <source>imagery server {server}: answers {status}; try again later.</source>
      <translation>Bilddatenserver {server}: antwortet {status}; versuchen Sie es später erneut.</translation>
    </message>
    <message>
      <source>imagery server {server}: refuses ({status}); check whether it wants a key and what its terms allow.</source>
      <translation>Bilddatenserver {server}: lehnt ab ({status}); prüfen Sie, ob er einen Schlüssel verlangt und was seine Bedingungen erlauben.</translation>
    </message>
    <message>
      <source>imagery server {server}: answers {status}; check its address.</source>
      <translation>Bilddatenserver {server}: antwortet {status}; prüfen Sie die Adresse.</translation>
    </message>
    <message>
      <source>imagery server {server}: sends more than can be right; check its address.</source>
      <translation>Bilddatenserver {server}: sendet mehr, als richtig sein kann; prüfen Sie die Adresse.</translation>
    </message>
    <message>
      <source>imagery server {server}: is too slow; try again later.</source>
      <translation>Bilddatenserver {server}: ist zu langsam; versuchen Sie es später erneut.</translation>
    </message>
    <message>
      <source>imagery server {server}: is too slow: {done} of {total} tiles came in the time allowed; try again, what came is kept.</source>
      <translation>Bilddatenserver {server}: ist zu langsam: {done} von {total} Kacheln kamen in der erlaubten Zeit; versuchen Sie es erneut, das Angekommene bleibt gespeichert.</translation>
    </message>
    <message>
      <source>imagery server {server}: has stopped answering; try again later.</source>
      <translation>Bilddatenserver {server}: antwortet nicht mehr; versuchen Sie es später erneut.</translation>
    </message>
    <message>
      <source>imagery server {server}: redirects too often; check its address.</source>
      <translation>Bilddatenserver {server}: leitet zu oft weiter; prüfen Sie die Adresse.</translation>
    </message>
    <message>
      <source>imagery server {server}: sends on to {where}; if you trust that one, give its address instead.</source>
      <translation>Bilddatenserver {server}: leitet weiter zu {where}; wenn Sie diesem Server vertrauen, geben Sie stattdessen seine Adresse an.</translation>
    </message>
    <message>
      <source>imagery server {server}: has nothing at that address (404); check the address.</source>
      <translation>Bilddatenserver {server}: hat nichts unter dieser Adresse (404); prüfen Sie die Adresse.</translation>
    </message>
    <message>
      <source>imagery server {server}: breaks off in the middle of a tile; try again later.</source>
      <translation>Bilddatenserver {server}: bricht mitten in einer Kachel ab; versuchen Sie es später erneut.</translation>
    </message>
    <message>
      <source>imagery server {server}: has no tile {tile} (404 Not Found); check its address, its zoom levels, and whether it covers this place.</source>
      <translation>Bilddatenserver {server}: hat keine Kachel {tile} (404 Not Found); prüfen Sie die Adresse, die Zoomstufen und ob er diesen Ort abdeckt.</translation>
    </message>
    <message>
      <source>imagery server {server}: has none of the {n} tiles asked for, such as {tile} (404 Not Found); check its address, its zoom levels, and whether it covers this place.</source>
      <translation>Bilddatenserver {server}: hat keine der {n} angefragten Kacheln, zum Beispiel {tile} (404 Not Found); prüfen Sie die Adresse, die Zoomstufen und ob er diesen Ort abdeckt.</translation>
    </message>
    <message>
      <source>imagery server {server}: sent {what} instead of a tile; check its address and whether it wants a key.</source>
      <translation>Bilddatenserver {server}: sendet statt einer Kachel etwas anderes ({what}); prüfen Sie die Adresse und ob er einen Schlüssel verlangt.</translation>
    </message>
    <message>
      <source>{path}: there is no such file; check the path.</source>
      <translation>{path}: Die Datei gibt es nicht; prüfen Sie den Pfad.</translation>
    </message>
    <message>
      <source>{path}: is a folder; give a table, a saved reply or a list of photo ids.</source>
      <translation>{path}: ist ein Ordner; geben Sie eine Tabelle, eine gespeicherte Antwort oder eine Liste von Fotokennungen an.</translation>
    </message>
    <message>
      <source>{path}: cannot be read as text ({reason}); copy it again or check its permissions.</source>
      <translation>{path}: lässt sich nicht als Text lesen ({reason}); kopieren Sie die Datei noch einmal, oder prüfen Sie ihre Zugriffsrechte.</translation>
    </message>
    <message>
      <source>{path}: is not a text file; give a table, a saved reply or a list of photo ids.</source>
      <translation>{path}: ist keine Textdatei; geben Sie eine Tabelle, eine gespeicherte Antwort oder eine Liste von Fotokennungen an.</translation>
    </message>
    <message>
      <source>{path}: holds nothing; give a table, a saved reply or a list of photo ids.</source>
      <translation>{path}: ist leer; geben Sie eine Tabelle, eine gespeicherte Antwort oder eine Liste von Fotokennungen an.</translation>
    </message>
    <message>
      <source>{path}: has no columns in its first line; choose the kind of file, or repair it.</source>
      <translation>{path}: hat keine Spalten in der ersten Zeile; wählen Sie die Art der Datei, oder berichtigen Sie sie.</translation>
    </message>
    <message>
      <source>{path}: lacks columns that it needs ({columns}); choose another kind, or repair it.</source>
      <translation>{path}: Es fehlen nötige Spalten ({columns}); wählen Sie eine andere Art, oder berichtigen Sie die Datei.</translation>
    </message>
    <message>
      <source>{path}: is larger than {mb} MB; split it.</source>
      <translation>{path}: ist größer als {mb} MB; teilen Sie die Datei.</translation>
    </message>
    <message>
      <source>{path}: sent or holds something other than records ({what}); check address and query.</source>
      <translation>{path}: liefert etwas anderes als Katalogeinträge ({what}); prüfen Sie Adresse und Abfrage.</translation>
    </message>
    <message>
      <source>{path}: answers with an error ({reason}); check query and key.</source>
      <translation>{path}: antwortet mit einem Fehler ({reason}); prüfen Sie Abfrage und Schlüssel.</translation>
    </message>
    <message>
      <source>the query {query} is none; write table|field|operator|value, such as nadir|pdate|eq|20240115.</source>
      <translation>{query} ist keine Abfrage; schreiben Sie Tabelle|Feld|Operator|Wert, etwa nadir|pdate|eq|20240115.</translation>
    </message>
    <message>
      <source>the environment variable {name} holds no key; put your key of the API into it.</source>
      <translation>Die Umgebungsvariable {name} enthält keinen Schlüssel; tragen Sie dort Ihren Schlüssel ein.</translation>
    </message>
    <message>
      <source>there is nothing to read; name a file, or an API and a query.</source>
      <translation>Es gibt nichts zu lesen; geben Sie eine Datei oder eine Abfrage mit Adresse an.</translation>
    </message>
    <message>
      <source>{path}: has an ending that says no kind of file; let it end in .csv, .json or .gpkg.</source>
      <translation>{path}: Die Endung nennt keine Art von Datei; nehmen Sie .csv, .json oder .gpkg.</translation>
    </message>
    <message>
      <source>{path}: there is no such folder; name the folder with your photos.</source>
      <translation>{path}: Den Ordner gibt es nicht; geben Sie den Ordner mit Ihren Fotos an.</translation>
    </message>
    <message>
      <source>{path}: is not a readable list of fetched photos; move it away, or choose another folder.</source>
      <translation>{path}: ist keine lesbare Liste abgerufener Fotos; verschieben Sie die Datei, oder wählen Sie einen anderen Ordner.</translation>
    </message>
    <message>
      <source>no id of a photo</source>
      <translation>keine Fotokennung</translation>
    </message>
    <message>
      <source>no mission, roll and frame</source>
      <translation>weder Mission noch Film noch Bildnummer</translation>
    </message>
    <message>
      <source>name that is not of a photo</source>
      <translation>Name, der nicht zu einem Foto gehört</translation>
    </message>
    <message>
      <source>entry that is no object</source>
      <translation>Eintrag, der kein Objekt ist</translation>
    </message>
    <message>
      <source>photo that is listed again</source>
      <translation>Foto, das noch einmal aufgeführt ist</translation>
    </message>
    <message>
      <source>line that is too long</source>
      <translation>zu lange Zeile</translation>
    </message>
    <message>
      <source>row that cannot be split into columns</source>
      <translation>Zeile, die sich nicht in Spalten teilen lässt</translation>
    </message>
    <message>
      <source>row with more values than columns</source>
      <translation>Zeile mit mehr Werten als Spalten</translation>
    </message>
    <message>
      <source>text in another encoding than UTF-8</source>
      <translation>Text in einer anderen Kodierung als UTF-8</translation>
    </message>
    <message>
      <source>file name that cannot be used</source>
      <translation>Dateiname, der nicht verwendet werden kann</translation>
    </message>
    <message>
      <source>nadir where the craft never flew</source>
      <translation>Nadir, wo das Raumfahrzeug nie flog</translation>
    </message>
    <message>
      <source>footprint with fewer than four corners</source>
      <translation>Bildfläche mit weniger als vier Ecken</translation>
    </message>
    <message>
      <source>time that is none</source>
      <translation>Angabe, die keine Zeit ist</translation>
    </message>
    <message>
      <source>time after the craft flew or in the future</source>
      <translation>Zeit nach dem letzten Flug oder in der Zukunft</translation>
    </message>
    <message>
      <source>time before the craft flew</source>
      <translation>Zeit vor dem ersten Flug</translation>
    </message>
    <message>
      <source>time before the station had a crew</source>
      <translation>Zeit, bevor die Station eine Besatzung hatte</translation>
    </message>
    <message>
      <source>footprint that crosses itself or has no area</source>
      <translation>Bildfläche, die sich selbst schneidet oder keine Fläche hat</translation>
    </message>
    <message>
      <source>footprint wider than the horizon</source>
      <translation>Bildfläche, die weiter reicht als der Horizont</translation>
    </message>
    <message>
      <source>file of a photo whose name has no id</source>
      <translation>Fotodatei, deren Name keine Kennung enthält</translation>
    </message>
    <message>
      <source>further file of the same photo</source>
      <translation>weitere Datei desselben Fotos</translation>
    </message>
    <message>
      <source>photo whose file the catalogue does not name</source>
      <translation>Foto, dessen Datei der Katalog nicht nennt</translation>
    </message>
    <message>
      <source>photo that was changed since it was fetched</source>
      <translation>Foto, das nach dem Abrufen verändert wurde</translation>
    </message>
    <message>
      <source>photo that the archive does not have</source>
      <translation>Foto, das es im Archiv nicht gibt</translation>
    </message>
    <message>
      <source>photo that is larger than allowed</source>
      <translation>Foto, das größer ist als erlaubt</translation>
    </message>
    <message>
      <source>photo that broke off again and again</source>
      <translation>Foto, das immer wieder abbrach</translation>
    </message>
    <message>
      <source>{what} that is no number</source>
      <translation>{what}: keine Zahl</translation>
    </message>
    <message>
      <source>{what} outside {low} to {high}</source>
      <translation>{what}: nicht zwischen {low} und {high}</translation>
    </message>
    <message>
      <source>{what} with only one coordinate</source>
      <translation>{what}: nur eine Koordinate</translation>
    </message>
    <message>
      <source>{what} outside the Earth</source>
      <translation>{what}: nicht auf der Erde</translation>
    </message>
    <message>
      <source>photo for which the archive sent {kind}</source>
      <translation>Foto, für das das Archiv {kind} schickte</translation>
    </message>
    <message>
      <source>photo for which the archive sent a web page</source>
      <translation>Foto, für das das Archiv eine Webseite schickte</translation>
    </message>
    <message>
      <source>photo for which the archive sent no picture, or a damaged one</source>
      <translation>Foto, für das das Archiv kein Bild oder ein beschädigtes schickte</translation>
    </message>
    <message>
      <source>tilt</source>
      <translation>Neigung</translation>
    </message>
    <message>
      <source>cloud percentage</source>
      <translation>Bewölkung in Prozent</translation>
    </message>
    <message>
      <source>focal length</source>
      <translation>Brennweite</translation>
    </message>
    <message>
      <source>altitude in km</source>
      <translation>Höhe in km</translation>
    </message>
    <message>
      <source>altitude in metres</source>
      <translation>Höhe in Metern</translation>
    </message>
    <message>
      <source>orientation</source>
      <translation>Drehung</translation>
    </message>
    <message>
      <source>azimuth of the Sun</source>
      <translation>Azimut der Sonne</translation>
    </message>
    <message>
      <source>elevation of the Sun</source>
      <translation>Höhe der Sonne</translation>
    </message>
    <message>
      <source>centre</source>
      <translation>Mittelpunkt</translation>
    </message>
    <message>
      <source>corner</source>
      <translation>Ecke</translation>
    </message>
    <message>
      <source>nadir</source>
      <translation>Nadir</translation>
    </message>
    <message>
      <source>step</source>
      <translation>Schrittweite</translation>
    </message>
    <message>
      <source>area</source>
      <translation>Fläche</translation>
    </message>
    <message>
      <source>size of a file</source>
      <translation>Größe einer Datei</translation>
    </message>
    <message>
      <source>{path}: is not the address of a server; give one that begins with https://.</source>
      <translation>{path}: ist keine Adresse eines Servers; geben Sie eine an, die mit https:// beginnt.</translation>
    </message>
    <message>
      <source>{path}: has an address without encryption; give one that begins with https://.</source>
      <translation>{path}: Die Adresse ist ohne Verschlüsselung; geben Sie eine an, die mit https:// beginnt.</translation>
    </message>
    <message>
      <source>{path}: the server cannot be reached; check its address and your connection.</source>
      <translation>{path}: Der Server ist nicht erreichbar; prüfen Sie seine Adresse und Ihre Verbindung.</translation>
    </message>
    <message>
      <source>{path}: the server does not answer in time; try again later, what came is kept.</source>
      <translation>{path}: Der Server antwortet nicht rechtzeitig; versuchen Sie es später noch einmal, was kam, bleibt erhalten.</translation>
    </message>
    <message>
      <source>{path}: the server breaks off its answers; try again later, what came is kept.</source>
      <translation>{path}: Der Server bricht seine Antworten ab; versuchen Sie es später noch einmal, was kam, bleibt erhalten.</translation>
    </message>
    <message>
      <source>{path}: the server answers {status}; try again later, what came is kept.</source>
      <translation>{path}: Der Server antwortet {status}; versuchen Sie es später noch einmal, was kam, bleibt erhalten.</translation>
    </message>
    <message>
      <source>{path}: the server refuses ({status}); check your key and what its terms allow.</source>
      <translation>{path}: Der Server lehnt ab ({status}); prüfen Sie Ihren Schlüssel und die Nutzungsbedingungen.</translation>
    </message>
    <message>
      <source>{path}: the server has nothing there ({status}); check the address.</source>
      <translation>{path}: Dort hat der Server nichts ({status}); prüfen Sie die Adresse.</translation>
    </message>
    <message>
      <source>{path}: the server answers {status}; check the address.</source>
      <translation>{path}: Der Server antwortet {status}; prüfen Sie die Adresse.</translation>
    </message>
    <message>
      <source>{path}: the server sends more than {mb} MB; ask for less, or allow more.</source>
      <translation>{path}: Der Server schickt mehr als {mb} MB; fragen Sie nach weniger, oder erlauben Sie mehr.</translation>
    </message>
    <message>
      <source>{path}: the server has no valid certificate; check the address.</source>
      <translation>{path}: Der Server hat kein gültiges Zertifikat; prüfen Sie die Adresse.</translation>
    </message>
    <message>
      <source>{path}: the server sends on to {where}; if you trust that one, give its address instead.</source>
      <translation>{path}: Der Server verweist auf {where}; wenn Sie diesem vertrauen, geben Sie dessen Adresse an.</translation>
    </message>
    <message>
      <source>{path}: the server redirects too often; check the address.</source>
      <translation>{path}: Der Server leitet zu oft weiter; prüfen Sie die Adresse.</translation>
    </message>
    <message>
      <source>{path}: lacks a valid {what}; get the where package again.</source>
      <translation>{path}: Hier fehlt ein gültiger Wert {what}; das Where-Paket neu beschaffen.</translation>
    </message>
    <message>
      <source>{path}: cannot be read; get the where package again.</source>
      <translation>{path}: nicht lesbar; das Where-Paket neu beschaffen.</translation>
    </message>
    <message>
      <source>{path}: does not match its entry in where.json; get the where package again.</source>
      <translation>{path}: passt nicht zum Eintrag in where.json; das Where-Paket neu beschaffen.</translation>
    </message>
    <message>
      <source>{path}: is no array (.npy); get the where package again.</source>
      <translation>{path}: kein Array (.npy); das Where-Paket neu beschaffen.</translation>
    </message>
    <message>
      <source>{path}: is no array of {dtype} with {axes} axes; get the where package again.</source>
      <translation>{path}: kein Array aus {dtype} mit {axes} Achsen; das Where-Paket neu beschaffen.</translation>
    </message>
    <message>
      <source>{path}: has values that are not numbers; get the where package again.</source>
      <translation>{path}: enthält Werte, die keine Zahlen sind; das Where-Paket neu beschaffen.</translation>
    </message>
    <message>
      <source>{path}: is not a readable card (a JSON object); get the where package again.</source>
      <translation>{path}: keine lesbare Beschreibung (ein JSON-Objekt); das Where-Paket neu beschaffen.</translation>
    </message>
    <message>
      <source>{path}: has not format {format}; get a where package that fits this engine.</source>
      <translation>{path}: hat nicht das Format {format}; ein Where-Paket beschaffen, das zu diesem Rechenprogramm passt.</translation>
    </message>
    <message>
      <source>{path}: names a file outside its folder ({key}); use only packages you trust.</source>
      <translation>{path}: nennt eine Datei außerhalb ihres Ordners ({key}); nur Pakete verwenden, denen Sie vertrauen.</translation>
    </message>
    <message>
      <source>{path}: names a file that is neither .onnx nor .npy ({key}); get the where package again.</source>
      <translation>{path}: nennt eine Datei, die weder .onnx noch .npy ist ({key}); das Where-Paket neu beschaffen.</translation>
    </message>
    <message>
      <source>{path}: does not fit its card or the other files of the where package; get the where package again.</source>
      <translation>{path}: passt nicht zur Beschreibung oder zu den anderen Dateien des Where-Pakets; das Where-Paket neu beschaffen.</translation>
    </message>
    <message>
      <source>{path}: has a source of the unknown kind {kind}; install a newer EarthLoc.</source>
      <translation>{path}: enthält eine Quelle der unbekannten Art {kind}; ein neueres EarthLoc installieren.</translation>
    </message>
    <message>
      <source>{path}: made {source} for another model; use the model and index that ship with EarthLoc.</source>
      <translation>{path}: {source} wurde für ein anderes Modell gemacht; Modell und Index verwenden, die EarthLoc beiliegen.</translation>
    </message>
    <message>
      <source>{path}: no language model answers here; start it, or go on without it.</source>
      <translation>{path}: Hier antwortet kein Sprachmodell; es starten oder ohne es weitermachen.</translation>
    </message>
    <message>
      <source>{path}: the language model's server answered with status {status}; check its address and the name of the model.</source>
      <translation>{path}: Der Server des Sprachmodells antwortete mit Status {status}; seine Adresse und den Namen des Modells prüfen.</translation>
    </message>
    <message>
      <source>{path}: the reply has no end; check what runs at this address.</source>
      <translation>{path}: Die Antwort hat kein Ende; prüfen, was unter dieser Adresse läuft.</translation>
    </message>
    <message>
      <source>{path}: the language model did not answer within {s} s; use a smaller model, or allow it more time.</source>
      <translation>{path}: Das Sprachmodell antwortete nicht innerhalb von {s} s; ein kleineres Modell verwenden oder ihm mehr Zeit geben.</translation>
    </message>
    <message>
      <source>{path}: the language model could not be asked ({reason}); check its address.</source>
      <translation>{path}: Das Sprachmodell konnte nicht gefragt werden ({reason}); seine Adresse prüfen.</translation>
    </message>
    <message>
      <source>{path}: the language model named no place; ask another model, or go on without it.</source>
      <translation>{path}: Das Sprachmodell nannte keinen Ort; ein anderes Modell fragen oder ohne es weitermachen.</translation>
    </message>
    <message>
      <source>{path}: the reply is not that of a chat completion; give the address of a server with OpenAI's interface.</source>
      <translation>{path}: Die Antwort ist keine Chat-Antwort; die Adresse eines Servers mit der Schnittstelle von OpenAI angeben.</translation>
    </message>
    <message>
      <source>{address} is not the address of a language model; give one such as http://127.0.0.1:11434.</source>
      <translation>{address} ist keine Adresse eines Sprachmodells; eine wie http://127.0.0.1:11434 angeben.</translation>
    </message>
    <message>
      <source>a language model is asked only where a photo could be; ask for that too (where).</source>
      <translation>Ein Sprachmodell wird nur gefragt, wo ein Foto sein könnte; auch danach fragen (where).</translation>
    </message>
    <message>
      <source>the language model's address holds a password; give the address alone.</source>
      <translation>Die Adresse des Sprachmodells enthält ein Passwort; nur die Adresse angeben.</translation>
    </message>
    <message>
      <source>the language model at {host} is not on this computer, so the photo would leave it; give an address of 127.0.0.1 or localhost, or allow another computer.</source>
      <translation>Das Sprachmodell auf {host} läuft nicht auf diesem Rechner, das Foto würde ihn also verlassen; eine Adresse wie 127.0.0.1 oder localhost angeben oder einen anderen Rechner erlauben.</translation>
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
      <source>Add from catalogue…</source>
      <translation>Aus Katalog hinzufügen…</translation>
    </message>
    <message>
      <source>Photos that NASA's or EarthKAM's catalogue or a list of ids names</source>
      <translation>Fotos, die der Katalog der NASA oder von EarthKAM oder eine Liste von Kennungen nennt</translation>
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
    <name>EngineInstallerDialog</name>
    <message>
      <source>Install the EarthLoc engine</source>
      <translation>EarthLoc-Rechenprogramm installieren</translation>
    </message>
    <message>
      <source>The engine is the program that locates photos. It gets a Python environment of its own in your QGIS profile; QGIS's own Python is not changed.</source>
      <translation>Das Rechenprogramm ist das Programm, das Fotos verortet. Es bekommt eine eigene Python-Umgebung in Ihrem QGIS-Profil; das Python von QGIS wird nicht verändert.</translation>
    </message>
    <message>
      <source>Progress of the installation</source>
      <translation>Fortschritt der Installation</translation>
    </message>
    <message>
      <source>Log</source>
      <translation>Protokoll</translation>
    </message>
    <message>
      <source>Copy log</source>
      <translation>Protokoll kopieren</translation>
    </message>
    <message>
      <source>&amp;Install</source>
      <translation>&amp;Installieren</translation>
    </message>
    <message>
      <source>Cancel</source>
      <translation>Abbrechen</translation>
    </message>
    <message>
      <source>Close</source>
      <translation>Schließen</translation>
    </message>
    <message>
      <source>Then remove the earlier engine {name}</source>
      <translation>Danach das frühere Rechenprogramm {name} entfernen</translation>
    </message>
    <message>
      <source>Looking for Python…</source>
      <translation>Python wird gesucht…</translation>
    </message>
    <message>
      <source>Choose the pack file first.</source>
      <translation>Zuerst die Paketdatei wählen.</translation>
    </message>
    <message>
      <source>Engine {version} is installed and in use.</source>
      <translation>Das Rechenprogramm {version} ist installiert und in Gebrauch.</translation>
    </message>
  </context>
  <context>
    <name>EngineNotice</name>
    <message>
      <source>Install engine…</source>
      <translation>Rechenprogramm installieren…</translation>
    </message>
    <message>
      <source>Choose…</source>
      <translation>Wählen…</translation>
    </message>
    <message>
      <source>Choose the program of an engine that is installed</source>
      <translation>Das Programm eines installierten Rechenprogramms wählen</translation>
    </message>
    <message>
      <source>Choose the engine…</source>
      <translation>Rechenprogramm wählen…</translation>
    </message>
    <message>
      <source>Options…</source>
      <translation>Optionen…</translation>
    </message>
    <message>
      <source>It is a separate program named earthloc. Install it here, or choose one that you have.</source>
      <translation>Es ist ein eigenes Programm namens earthloc. Installieren Sie es hier, oder wählen Sie eines, das Sie haben.</translation>
    </message>
    <message>
      <source>The engine: the program earthloc</source>
      <translation>Das Rechenprogramm: earthloc</translation>
    </message>
  </context>
  <context>
    <name>EngineOptions</name>
    <message>
      <source>The engine: the program earthloc</source>
      <translation>Das Rechenprogramm: earthloc</translation>
    </message>
    <message>
      <source>not found</source>
      <translation>nicht gefunden</translation>
    </message>
    <message>
      <source>Install engine…</source>
      <translation>Rechenprogramm installieren…</translation>
    </message>
    <message>
      <source>Test engine</source>
      <translation>Rechenprogramm testen</translation>
    </message>
    <message>
      <source>Repair…</source>
      <translation>Reparieren…</translation>
    </message>
    <message>
      <source>Remove…</source>
      <translation>Entfernen…</translation>
    </message>
    <message>
      <source>Testing {program}…</source>
      <translation>{program} wird getestet…</translation>
    </message>
    <message>
      <source>{program} works: engine {version}.</source>
      <translation>{program} funktioniert: Rechenprogramm {version}.</translation>
    </message>
    <message>
      <source>Delete the engine {name} in {folder}? Photos, indexes and results stay.</source>
      <translation>Das Rechenprogramm {name} in {folder} löschen? Fotos, Indexe und Ergebnisse bleiben.</translation>
    </message>
    <message>
      <source>Remove engine</source>
      <translation>Rechenprogramm entfernen</translation>
    </message>
    <message>
      <source>Remove</source>
      <translation>Entfernen</translation>
    </message>
    <message>
      <source>{name} was removed.</source>
      <translation>{name} wurde entfernt.</translation>
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
      <source>Install engine…</source>
      <translation>Rechenprogramm installieren…</translation>
    </message>
    <message>
      <source>Choose the engine…</source>
      <translation>Rechenprogramm wählen…</translation>
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
    <name>HelpMenu</name>
    <message>
      <source>Help</source>
      <translation>Hilfe</translation>
    </message>
    <message>
      <source>User guide</source>
      <translation>Anleitung</translation>
    </message>
    <message>
      <source>Keyboard map</source>
      <translation>Tastenbelegung</translation>
    </message>
    <message>
      <source>Copy diagnostics…</source>
      <translation>Diagnose kopieren…</translation>
    </message>
    <message>
      <source>About EarthLoc</source>
      <translation>Über EarthLoc</translation>
    </message>
    <message>
      <source>EarthLoc user guide</source>
      <translation>EarthLoc-Anleitung</translation>
    </message>
  </context>
  <context>
    <name>ImageryCheck</name>
    <message>
      <source>Test</source>
      <translation>Testen</translation>
    </message>
    <message>
      <source>Test the tile server</source>
      <translation>Den Kachelserver testen</translation>
    </message>
    <message>
      <source>Fetches one tile and says what works or what is wrong</source>
      <translation>Ruft eine Kachel ab und sagt, was geht oder was nicht stimmt</translation>
    </message>
    <message>
      <source>Answer of the test</source>
      <translation>Ergebnis des Tests</translation>
    </message>
    <message>
      <source>Fetching a tile…</source>
      <translation>Ruft eine Kachel ab…</translation>
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
    <name>InstallForm</name>
    <message>
      <source>From the &amp;internet</source>
      <translation>Aus dem &amp;Internet</translation>
    </message>
    <message>
      <source>From a pack &amp;file, without the internet</source>
      <translation>Aus einer Paket&amp;datei, ohne Internet</translation>
    </message>
    <message>
      <source>Install engine from file</source>
      <translation>Rechenprogramm aus Datei installieren</translation>
    </message>
    <message>
      <source>Engine packs (earthloc-engine-*.zip)</source>
      <translation>Paketdateien des Rechenprogramms (earthloc-engine-*.zip)</translation>
    </message>
    <message>
      <source>Python 3.11, 3.12 or 3.13</source>
      <translation>Python 3.11, 3.12 oder 3.13</translation>
    </message>
    <message>
      <source>as pip is set up on this computer</source>
      <translation>wie pip auf diesem Computer eingestellt ist</translation>
    </message>
    <message>
      <source>Certificates (*.pem *.crt)</source>
      <translation>Zertifikate (*.pem *.crt)</translation>
    </message>
    <message>
      <source>Advanced</source>
      <translation>Erweitert</translation>
    </message>
    <message>
      <source>Python</source>
      <translation>Python</translation>
    </message>
    <message>
      <source>Package index (mirror)</source>
      <translation>Paketverzeichnis (Spiegelserver)</translation>
    </message>
    <message>
      <source>Engine files: page or folder</source>
      <translation>Dateien des Rechenprogramms: Seite oder Ordner</translation>
    </message>
    <message>
      <source>Certificate file</source>
      <translation>Zertifikatsdatei</translation>
    </message>
    <message>
      <source>The proxy is the one set in QGIS under Settings, Options, Network.</source>
      <translation>Der Proxy ist der, der in QGIS unter Einstellungen, Optionen, Netzwerk eingestellt ist.</translation>
    </message>
    <message>
      <source>No Python was found.</source>
      <translation>Kein Python wurde gefunden.</translation>
    </message>
  </context>
  <context>
    <name>InstallPreparation</name>
    <message>
      <source>Looking for Python…</source>
      <translation>Python wird gesucht…</translation>
    </message>
    <message>
      <source>No Python 3.11, 3.12 or 3.13 was found. The program uv on this computer can download Python {version} (about 35 MB). It changes no other Python.</source>
      <translation>Kein Python 3.11, 3.12 oder 3.13 wurde gefunden. Das Programm uv auf diesem Computer kann Python {version} herunterladen (etwa 35 MB). Es verändert kein anderes Python.</translation>
    </message>
    <message>
      <source>Download Python</source>
      <translation>Python herunterladen</translation>
    </message>
    <message>
      <source>No Python 3.11, 3.12 or 3.13 was found.</source>
      <translation>Kein Python 3.11, 3.12 oder 3.13 wurde gefunden.</translation>
    </message>
    <message>
      <source>Install Python 3.12 from python.org or with your system's package manager, or choose one under Advanced.</source>
      <translation>Python 3.12 von python.org oder mit der Paketverwaltung Ihres Systems installieren oder unter „Erweitert“ eines wählen.</translation>
    </message>
    <message>
      <source>Downloading Python {version}…</source>
      <translation>Python {version} wird heruntergeladen…</translation>
    </message>
    <message>
      <source>EarthLoc will download {n} packages, about {size} MB, from {place}. The engine then needs about {installed} MB on the disk. Each file is checked against the list that comes with the plugin.</source>
      <translation>EarthLoc wird {n} Pakete, etwa {size} MB, von {place} herunterladen. Das Rechenprogramm braucht danach etwa {installed} MB auf dem Datenträger. Jede Datei wird mit der Liste verglichen, die zum Plugin gehört.</translation>
    </message>
    <message>
      <source>Python's package index</source>
      <translation>Pythons Paketverzeichnis</translation>
    </message>
    <message>
      <source>Download</source>
      <translation>Herunterladen</translation>
    </message>
    <message>
      <source>Checking {name}…</source>
      <translation>{name} wird überprüft…</translation>
    </message>
    <message>
      <source>{name} was made for {platform} and Python {versions}; this computer has {label}.</source>
      <translation>{name} wurde für {platform} und Python {versions} gemacht; dieser Computer hat {label}.</translation>
    </message>
    <message>
      <source>Download the pack for this computer, or choose another Python under Advanced.</source>
      <translation>Die Paketdatei für diesen Computer herunterladen oder unter „Erweitert“ ein anderes Python wählen.</translation>
    </message>
    <message>
      <source>{name} is not among the packs that this plugin knows. A pack contains programs: install it only if you trust its origin and its SHA-256 is the one published there:</source>
      <translation>{name} gehört nicht zu den Paketdateien, die dieses Plugin kennt. Eine Paketdatei enthält Programme: Installieren Sie sie nur, wenn Sie ihrer Herkunft vertrauen und ihre SHA-256 die dort veröffentlichte ist:</translation>
    </message>
    <message>
      <source>Install this pack</source>
      <translation>Diese Paketdatei installieren</translation>
    </message>
    <message>
      <source>Install the EarthLoc engine</source>
      <translation>EarthLoc-Rechenprogramm installieren</translation>
    </message>
  </context>
  <context>
    <name>KeyboardDialog</name>
    <message>
      <source>Keyboard map</source>
      <translation>Tastenbelegung</translation>
    </message>
    <message>
      <source>Key</source>
      <translation>Taste</translation>
    </message>
    <message>
      <source>Action</source>
      <translation>Aktion</translation>
    </message>
  </context>
  <context>
    <name>LanguageModelOptions</name>
    <message>
      <source>Ask a language model on this computer</source>
      <translation>Ein Sprachmodell auf diesem Computer fragen</translation>
    </message>
    <message>
      <source>For photos that cannot be located: sends a small copy of the photo to this address and tries the places that the model names. An address of another computer is refused.</source>
      <translation>Für Fotos, die nicht verortet werden können: schickt eine kleine Kopie des Fotos an diese Adresse und probiert die Orte, die das Modell nennt. Die Adresse eines anderen Rechners wird abgelehnt.</translation>
    </message>
    <message>
      <source>Address of the language model</source>
      <translation>Adresse des Sprachmodells</translation>
    </message>
    <message>
      <source>Name of the language model</source>
      <translation>Name des Sprachmodells</translation>
    </message>
    <message>
      <source>Name of the model, if the server has several</source>
      <translation>Name des Modells, wenn der Server mehrere hat</translation>
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
      <source>Search only around the nadir if it is known</source>
      <translation>Nur um den Nadir suchen, wenn er bekannt ist</translation>
    </message>
    <message>
      <source>Orbit of the station: two-line elements, OMM or OEM</source>
      <translation>Bahn der Station: Two-Line Elements, OMM oder OEM</translation>
    </message>
    <message>
      <source>Gives the nadir of photos from their times. At most 30 days from the photos.</source>
      <translation>Ergibt den Nadir von Fotos aus ihren Zeiten. Höchstens 30 Tage von den Fotos entfernt.</translation>
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
    <message>
      <source>Orbit of the station</source>
      <translation>Bahn der Station</translation>
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
      <source>Add from catalogue…</source>
      <translation>Aus Katalog hinzufügen…</translation>
    </message>
    <message>
      <source>Photos that NASA's or EarthKAM's catalogue or a list of ids names</source>
      <translation>Fotos, die der Katalog der NASA oder von EarthKAM oder eine Liste von Kennungen nennt</translation>
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
      <source>Solve clocks…</source>
      <translation>Uhren bestimmen…</translation>
    </message>
    <message>
      <source>Solve passes…</source>
      <translation>Überflüge lösen…</translation>
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
      <source>Catalogues, moved photos, results file, clocks, passes, first steps, options</source>
      <translation>Kataloge, verschobene Fotos, Ergebnisdatei, Uhren, Überflüge, erste Schritte, Optionen</translation>
    </message>
    <message>
      <source>Help</source>
      <translation>Hilfe</translation>
    </message>
    <message>
      <source>User guide, keyboard map, diagnostics, about</source>
      <translation>Anleitung, Tastenbelegung, Diagnose, Über</translation>
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
    <name>PassSolving</name>
    <message>
      <source>Solving passes…</source>
      <translation>Überflüge werden gelöst…</translation>
    </message>
    <message>
      <source>Solve passes</source>
      <translation>Überflüge lösen</translation>
    </message>
    <message>
      <source>{n} photos have a footprint by the pass.</source>
      <translation>{n} Fotos haben eine Bildfläche aus dem Überflug.</translation>
    </message>
    <message>
      <source>{n} photos belong to no pass: they have no time, or cannot be read.</source>
      <translation>{n} Fotos gehören zu keinem Überflug: Sie haben keine Zeit oder lassen sich nicht lesen.</translation>
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
      <source>Added from the catalogue: {n}.</source>
      <translation>Aus dem Katalog hinzugefügt: {n}.</translation>
    </message>
    <message>
      <source>In the list already: {n}.</source>
      <translation>Schon in der Liste: {n}.</translation>
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
      <source>Show where it could be</source>
      <translation>Zeigen, wo es sein könnte</translation>
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
    <name>PhotosForm</name>
    <message>
      <source>Photos</source>
      <translation>Fotos</translation>
    </message>
    <message>
      <source>Folder of the photos</source>
      <translation>Ordner der Fotos</translation>
    </message>
    <message>
      <source>Photos in it and its subfolders are found by the ids in their file names</source>
      <translation>Fotos darin und in Unterordnern werden an den Kennungen in ihren Dateinamen erkannt</translation>
    </message>
    <message>
      <source>Size of the photos</source>
      <translation>Größe der Fotos</translation>
    </message>
    <message>
      <source>large, several MB each</source>
      <translation>groß, je mehrere MB</translation>
    </message>
    <message>
      <source>small, for a quick look</source>
      <translation>klein, für einen schnellen Blick</translation>
    </message>
    <message>
      <source>Address of the archive</source>
      <translation>Adresse des Archivs</translation>
    </message>
    <message>
      <source>In the folder</source>
      <translation>Im Ordner</translation>
    </message>
    <message>
      <source>From</source>
      <translation>Von</translation>
    </message>
    <message>
      <source>Missing photos may be fetched from {host}, one at a time, into this folder</source>
      <translation>Fehlende Fotos dürfen von {host} einzeln in diesen Ordner abgerufen werden</translation>
    </message>
  </context>
  <context>
    <name>PresetDialog</name>
    <message>
      <source>Imagery from a server</source>
      <translation>Bilddaten von einem Server</translation>
    </message>
    <message>
      <source>Imagery</source>
      <translation>Bilddaten</translation>
    </message>
    <message>
      <source>Server</source>
      <translation>Server</translation>
    </message>
    <message>
      <source>Address</source>
      <translation>Adresse</translation>
    </message>
    <message>
      <source>Resolution</source>
      <translation>Auflösung</translation>
    </message>
    <message>
      <source>{metres} m at the equator</source>
      <translation>{metres} m am Äquator</translation>
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
      <source>Notice</source>
      <translation>Hinweis</translation>
    </message>
    <message>
      <source>What is sent</source>
      <translation>Was gesendet wird</translation>
    </message>
    <message>
      <source>The numbers of the map tiles around the places where a photo may belong, and the address of this computer in the network. No photo and no result is sent. Fetched tiles are kept on this computer.</source>
      <translation>Die Nummern der Kartenkacheln um die Orte, an die ein Foto gehören könnte, und die Netzwerkadresse dieses Rechners. Kein Foto und kein Ergebnis wird gesendet. Abgerufene Kacheln bleiben auf diesem Rechner gespeichert.</translation>
    </message>
    <message>
      <source>I agree that EarthLoc fetches tiles from this server</source>
      <translation>Ich bin einverstanden, dass EarthLoc Kacheln von diesem Server abruft</translation>
    </message>
    <message>
      <source>Use this imagery</source>
      <translation>Diese Bilddaten verwenden</translation>
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
      <source>There is no result to zoom to yet.</source>
      <translation>Es gibt noch kein Ergebnis, zu dem gezoomt werden kann.</translation>
    </message>
    <message>
      <source>The coordinate system of the map cannot show this position.</source>
      <translation>Das Koordinatensystem der Karte kann diese Position nicht darstellen.</translation>
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
      <source>Not found by the search, but among the most probable places</source>
      <translation>Nicht von der Suche gefunden, aber unter den wahrscheinlichsten Orten</translation>
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
      <source>Say where it could be</source>
      <translation>Angeben, wo es sein könnte</translation>
    </message>
    <message>
      <source>For photos that cannot be located: areas that hold them with 50, 90 and 99 %, to search in</source>
      <translation>Für Fotos, die nicht verortet werden können: Flächen, in denen sie mit 50, 90 und 99 % liegen, zum Absuchen</translation>
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
    <name>WhereMaps</name>
    <message>
      <source>It is not known where it could be. Tick “Say where it could be” and locate it again.</source>
      <translation>Es ist nicht bekannt, wo es sein könnte. Kreuzen Sie „Angeben, wo es sein könnte“ an, und verorten Sie es erneut.</translation>
    </message>
    <message>
      <source>{path}: cannot be opened as a raster.</source>
      <translation>{path}: kann nicht als Raster geöffnet werden.</translation>
    </message>
  </context>
  <context>
    <name>WhereView</name>
    <message>
      <source>Where it could be</source>
      <translation>Wo es sein könnte</translation>
    </message>
    <message>
      <source>Show where it could be</source>
      <translation>Zeigen, wo es sein könnte</translation>
    </message>
    <message>
      <source>Shows on the map where to search for this photo, with the areas of 50, 90 and 99 %</source>
      <translation>Zeigt auf der Karte, wo dieses Foto zu suchen ist, mit den Flächen der 50, 90 und 99 %</translation>
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
