"""`earthloc run`: many photos into a catalogue, with a ledger, on this computer or on a Dask cluster."""
