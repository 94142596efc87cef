"""A catalogue: a folder of Parquet files with one row for each photo, and what is made from it."""
