"""Writes a features matrix with pandas: FILE; or writes one anew with pyarrow: FILE SOURCE."""

import sys

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from answer import answer

if len(sys.argv) > 2:
    pq.write_table(pq.ParquetFile(sys.argv[2]).read(), sys.argv[1])
    answer(None)

columns = pd.MultiIndex.from_tuples(
    [("X:O'NEIL", "recommend_all"), ('X:A"B', "rsi"), ("BINANCE:BTCUSDT", "recommend_all"), ("T\tab\u00a0\\", "x")],
    names=["symbol", "feature"],
)
index = pd.date_range("2024-01-01", periods=9, freq="D", tz="UTC")
values = np.linspace(-1, 1, 36).reshape(9, 4)
values[2, 0] = np.nan
values[5, 3] = np.nan
frame = pd.DataFrame(values, index=index, columns=columns)
frame.to_parquet(sys.argv[1])
answer([None if np.isnan(value) else value for value in values.T.flatten().tolist()])
