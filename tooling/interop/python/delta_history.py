"""Prints what delta-rs says of a table: TABLE."""

import sys

from answer import answer
from deltalake import DeltaTable

table = DeltaTable(sys.argv[1])
history = sorted(table.history(), key=lambda entry: entry["version"])
metadata = table.metadata()
protocol = table.protocol()
answer(
    {
        "version": table.version(),
        "operations": [entry.get("operation") for entry in history],
        "configuration": metadata.configuration,
        "readerVersion": protocol.min_reader_version,
        "writerVersion": protocol.min_writer_version,
        "files": len(table.file_uris()),
        "rows": table.to_pyarrow_table(columns=["symbol"]).num_rows,
    }
)
