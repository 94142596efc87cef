"""What catalogues say about photos: NASA's, ISS EarthKAM's, lists of ids; and photos fetched by their ids."""
