#!/usr/bin/env python3
"""Runs a vendor, and writes every line that goes in or out of it to a file: {"from": "hive" or "vendor", "line": …}."""
import json, subprocess, sys, threading

target, *command = sys.argv[1:]
record = open(target, "a")
lock = threading.Lock()
child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def pump(source, sink, name):
    for line in iter(source.readline, b""):
        with lock:
            record.write(json.dumps({"from": name, "line": line.decode()}) + "\n")
            record.flush()
        sink.write(line)
        sink.flush()
    sink.close()


# A daemon: one that waits for a hive's next line must not outlive its vendor.
threading.Thread(target=pump, args=(sys.stdin.buffer, child.stdin, "hive"), daemon=True).start()
pump(child.stdout, sys.stdout.buffer, "vendor")
sys.exit(child.wait())
