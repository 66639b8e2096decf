"""Databases as logs, for ../../journal.ts: `main.py sqlite|rocksdb append|each|batch FOLDER`; words and works as in bench/native/src/logs.rs."""

import json
import sqlite3
import sys
import time
from pathlib import Path

RECORD_BYTES = 1_200
BATCH = 1_000
# Before the first block, so that the log's files have grown and are written over, as they are in a steady state.
FILL = 30_000
REST = bytes(32 + index % 64 for index in range(RECORD_BYTES))[8:]


def record(number):
    return number.to_bytes(8, "little") + REST


class Sqlite:
    """One row a record, by its number."""

    def __init__(self, folder, is_synced):
        self.database = sqlite3.connect(folder / "log.sqlite", isolation_level=None)
        self.database.execute("pragma journal_mode = wal")
        self.database.execute(f"pragma synchronous = {'full' if is_synced else 'normal'}")
        self.database.execute("create table if not exists log (number integer primary key, record blob not null)")
        self.version = sqlite3.sqlite_version

    def append(self, number, data):
        self.database.execute("insert into log values (?, ?)", (number, data))

    def batch(self, first, records):
        self.database.execute("begin")
        self.database.executemany("insert into log values (?, ?)", enumerate(records, first))
        self.database.execute("commit")

    def records(self):
        for (data,) in self.database.execute("select record from log order by number"):
            yield data

    def close(self):
        self.database.close()


class RocksDb:
    """One pair a record, by its number, which sorts as bytes."""

    def __init__(self, folder, is_synced):
        from rocksdict import DBCompressionType, Options, Rdict, WriteBatch, WriteOptions

        options = Options(raw_mode=True)
        options.create_if_missing(True)
        # The fastest of what was tried: no compression, logs that are written over, which many small ones are sooner.
        options.set_compression_type(DBCompressionType.none())
        options.set_recycle_log_file_num(4)
        options.set_write_buffer_size(8 << 20)
        options.set_max_write_buffer_number(4)
        self.database = Rdict(str(folder), options)
        self.write_options = WriteOptions()
        self.write_options.sync = is_synced
        self.database.set_write_options(self.write_options)
        self.new_batch = lambda: WriteBatch(raw_mode=True)
        self.version = None

    def append(self, number, data):
        self.database.put(number.to_bytes(8, "big"), data)

    def batch(self, first, records):
        batch = self.new_batch()
        for number, data in enumerate(records, first):
            batch.put(number.to_bytes(8, "big"), data)
        self.database.write(batch, self.write_options)

    def records(self):
        return self.database.values()

    def close(self):
        self.database.close()


class Contender:
    def __init__(self, name, work, folder):
        kind = {"sqlite": Sqlite, "rocksdb": RocksDb}[name]
        self.open = lambda: kind(folder, work != "append")
        self.run = self.batch if work == "batch" else self.each
        self.log = self.open()
        self.given = 0
        self.batch(FILL)

    def each(self, count):
        """Times each record, from one reading of the clock to the next."""
        records = [record(number) for number in range(self.given, self.given + count)]
        times = []
        cpu = time.process_time_ns()
        before = time.perf_counter_ns()
        for number, data in enumerate(records, self.given):
            self.log.append(number, data)
            now = time.perf_counter_ns()
            times.append(now - before)
            before = now
        cpu = time.process_time_ns() - cpu
        self.given += count
        mean = sum(times) / count
        times.sort()
        return {"p50": times[count // 2], "p99": times[count * 99 // 100], "mean": mean, "cpu": cpu / count}

    def batch(self, count):
        records = [record(number) for number in range(self.given, self.given + count)]
        cpu, start = time.process_time_ns(), time.perf_counter_ns()
        for at in range(0, count, BATCH):
            self.log.batch(self.given + at, records[at : at + BATCH])
        ns = time.perf_counter_ns() - start
        self.given += count
        return {"mean": ns / count, "cpu": (time.process_time_ns() - cpu) / count}

    def check(self):
        """Closes the log, opens it anew and compares every record."""
        self.log.close()
        self.log = self.open()
        found = 0
        for data in self.log.records():
            if data != record(found):
                raise ValueError(f"record {found} is not what was appended")
            found += 1
        # The driver knows of its own blocks alone.
        return {"records": found - FILL}


def main(name, work, folder):
    def say(value):
        print(json.dumps(value), flush=True)

    Path(folder).mkdir(parents=True, exist_ok=True)
    contender = Contender(name, work, Path(folder))
    version = contender.log.version
    say({"names": [name], "versions": {name: version} if version else {}})
    for line in sys.stdin:
        word, *rest = line.split()
        try:
            say(contender.run(int(rest[0])) if word == "block" else contender.check())
        except Exception as error:  # Whatever a peer throws is the reason of its row.
            say({"error": f"{type(error).__name__}: {error}"})


main(*sys.argv[1:])
