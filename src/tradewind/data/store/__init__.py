"""The catalog: imports into partitioned Parquet, manifests, reading back, splits and the access ledger."""
