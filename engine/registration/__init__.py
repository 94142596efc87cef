"""Where exactly: tie points between photo and imagery, the camera, the footprint, and how sure that is."""
