"""Changes a Delta table with delta-rs: TABLE append|compact|checkpoint|create|delete."""

import sys

import pyarrow as pa
from answer import answer
from deltalake import DeltaTable, write_deltalake

path, action = sys.argv[1:3]

if action == "append":
    schema = DeltaTable(path).to_pyarrow_table(filters=[("symbol", "=", "nobody")]).schema
    rows = {
        "symbol": ["ZZZ:NEW", "AAA:NEW", "AAA:NEW"],
        "timestamp": [172_800, 172_800, 86_400],
        "known_at": [259_260, 259_260, 172_860],
        "open": [1.0, 2.0, 3.0],
        "high": [1.5, 2.5, 3.5],
        "low": [0.5, 1.5, 2.5],
        "close": [1.25, 2.25, 3.25],
        "volume": [None, 5.0, 6.0],
        "run_id": ["elsewhere", "elsewhere", "elsewhere"],
    }
    write_deltalake(path, pa.table({name: rows[name] for name in schema.names}, schema=schema), mode="append")
elif action == "compact":
    DeltaTable(path).optimize.compact()
elif action == "checkpoint":
    DeltaTable(path).create_checkpoint()
elif action == "delete":
    DeltaTable(path).delete("symbol = 'ZZZ:NEW'")
elif action == "create":
    table = pa.table(
        {
            "close": pa.array([3.0, 1.0, None, float("nan")], pa.float64()),
            "symbol": pa.array(["B", "A", "B", "\U0001f600"]).dictionary_encode(),
            "active": pa.array([True, None, False, True]),
            "known_at": pa.array([130, 70, 70, 70], pa.int32()),
            "small": pa.array([0.5, None, 0.25, 1.0], pa.float32()),
            "timestamp": pa.array([120, 60, 60, 60], pa.int64()),
        }
    )
    write_deltalake(path, table)

table = DeltaTable(path)
answer({"version": table.version()})
