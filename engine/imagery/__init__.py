"""What the satellites give: reference imagery and the land mask."""
