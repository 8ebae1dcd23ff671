"""Prints a features matrix as JSON: ENGINE FILE."""

import sys

from answer import answer

engine, path = sys.argv[1:3]
result = {}

if engine == "pandas":
    import pandas as pd

    frame = pd.read_parquet(path)
    result["columns_class"] = type(frame.columns).__name__
    result["column_names"] = list(frame.columns.names)
    result["index_class"] = type(frame.index).__name__
    result["index_name"] = frame.index.name
    result["zone"] = str(frame.index.tz)
    result["dtypes"] = sorted({str(dtype) for dtype in frame.dtypes})
    epoch = pd.Timestamp(0, tz="UTC")
    result["timestamps"] = [int((time - epoch).total_seconds()) for time in frame.index]
    result["columns"] = [
        [*key, [None if pd.isna(value) else value for value in frame[key].tolist()]] for key in frame.columns
    ]
    # The two ways in which people take a part of it.
    first = frame.columns[0]
    result["levels"] = [list(frame[first[0]].columns), list(frame.xs(first[1], axis=1, level="feature").columns)]
elif engine == "pyarrow":
    import pyarrow.parquet as pq

    file = pq.ParquetFile(path)
    table = file.read()
    result["types"] = sorted({str(field.type) for field in table.schema})
    result["keys"] = sorted(key.decode() for key in table.schema.metadata)
    result["footer_keys"] = sorted(key.decode() for key in file.metadata.metadata)
    result["timestamps"] = [int(time.timestamp()) for time in table["timestamp"].to_pylist()]
    result["columns"] = [
        [name, table[name].to_pylist()] for name in table.column_names if name != "timestamp"
    ]
else:
    import polars as pl

    frame = pl.read_parquet(path)
    result["index_type"] = str(frame.schema["timestamp"])
    result["timestamps"] = [int(time.timestamp()) for time in frame["timestamp"].to_list()]
    result["columns"] = [[name, frame[name].to_list()] for name in frame.columns if name != "timestamp"]

answer(result, allow_nan=False)
