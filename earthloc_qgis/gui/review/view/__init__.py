"""What a review shows: the photo, the map, the queue, the candidates, the buttons."""
