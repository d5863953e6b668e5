#!/usr/bin/env python3
"""Validates recorded lines against the protocol's schema; prints what does not conform, a line each.

With --wrong, every line of the second file is a message that must not conform."""
import json, sys
import jsonschema

schema = json.load(open(sys.argv[1]))
jsonschema.Draft202012Validator.check_schema(schema)


def problems(message, definition):
    part = {"$schema": schema["$schema"], "$defs": schema["$defs"], "$ref": f"#/$defs/{definition}"}
    found = jsonschema.Draft202012Validator(part).iter_errors(message)
    return [f"{definition}: {error.message[:300]} at {error.json_path}" for error in found]


if "--wrong" in sys.argv:
    for line in open(sys.argv[2]):
        definition, message = json.loads(line)
        if not problems(message, definition):
            print(f"conforms to {definition}: {line.strip()}")
    sys.exit(0)

methods = {}
counts = {"hive": 0, "vendor": 0}
for line in open(sys.argv[2]):
    entry = json.loads(line)
    message = json.loads(entry["line"])
    counts[entry["from"]] += 1
    for problem in problems(message, "fromHive" if entry["from"] == "hive" else "fromVendor"):
        print(problem)
    if entry["from"] == "hive" and "id" in message:
        methods[message["id"]] = message["method"]
    elif "result" in message:
        for problem in problems(message["result"], methods[message["id"]] + "Result"):
            print(problem)
print(f"{counts['hive']} from the hive, {counts['vendor']} from the vendor", file=sys.stderr)
