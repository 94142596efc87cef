# The stubs of PyQGIS leave out qgis.PyQt, which is PyQt5 or PyQt6.
