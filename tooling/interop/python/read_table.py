"""Prints a Delta table as columns of JSON, sorted as the package sorts rows: ENGINE TABLE [VERSION] [SYMBOL]."""

import math
import sys

from answer import answer

engine, path = sys.argv[1:3]
version = int(sys.argv[3]) if len(sys.argv) > 3 and sys.argv[3] else None
symbol = sys.argv[4] if len(sys.argv) > 4 else None

if engine == "polars":
    import polars as pl

    frame = pl.scan_delta(path, version=version)
    if symbol is not None:
        frame = frame.filter(pl.col("symbol") == symbol)
    frame = frame.collect()
    types = {name: str(kind) for name, kind in frame.schema.items()}
    columns = frame.to_dict(as_series=False)
else:
    from deltalake import DeltaTable

    table = DeltaTable(path, version=version)
    filters = None if symbol is None else [("symbol", "=", symbol)]
    arrow = table.to_pyarrow_table(filters=filters)
    types = {field.name: str(field.type) for field in arrow.schema}
    if engine == "pandas":
        import pandas as pd

        frame = arrow.to_pandas()
        columns = {
            name: [None if pd.isna(value) else value for value in frame[name].tolist()] for name in frame
        }
    else:
        columns = arrow.to_pydict()

order = [name for name in ("symbol", "timestamp", "valid_from", "known_at", "source") if name in columns]
rows = sorted(
    range(len(columns["symbol"])),
    key=lambda row: [columns[name][row] for name in order],
)


def plain(value):
    return None if isinstance(value, float) and math.isnan(value) else value


sorted_columns = {name: [plain(values[row]) for row in rows] for name, values in columns.items()}
answer({"types": types, "columns": sorted_columns})
