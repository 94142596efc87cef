"""What the astronaut gives: pixels, EXIF, photo id."""
