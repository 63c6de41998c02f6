"""Jobs on a cluster of dask.distributed, in place of worker processes here."""
