#!/usr/bin/env python3
"""What a comparison of two hosts costs: processor seconds, and bytes of the digests.

replica.py OPS... -- DIRECTORY [MESSAGES]     makes two stores of Cyrus indexes there (1,000 messages in each mailbox, no message files)

One message in 100,000 differs; each of them has to be found.
"""
import hashlib, json, os, resource, struct, subprocess, sys, time, zlib

IN_A_MAILBOX = 1000
HEADER, RECORD, VERSION = 160, 112, 17


def closed(part):
    struct.pack_into(">I", part, len(part) - 4, zlib.crc32(bytes(part[:-4])))
    return part


def write_mailbox(root, number, differing):
    directory = f"{root}/user/u{number}"
    os.makedirs(directory)
    with open(f"{directory}/cyrus.header", "wb") as f:
        f.write(b'\xa1\x02\x8b\x0dCyrus mailbox header\n"The best thing"\n\n' + b"%%(I %08x-bench N user.u%d)\n" % (number, number))
    header = bytearray(HEADER)
    for at, value in ((0, 41), (8, VERSION), (12, HEADER), (16, RECORD), (20, IN_A_MAILBOX), (28, IN_A_MAILBOX), (44, 7)):
        struct.pack_into(">I", header, at, value)
    with open(f"{directory}/cyrus.index", "wb") as f:
        f.write(closed(header))
        for uid in range(1, IN_A_MAILBOX + 1):
            record = bytearray(RECORD)
            arrived = 1_700_000_000 + number * IN_A_MAILBOX + uid
            for at, value in ((0, uid), (4, arrived), (12, 2000 + uid * 7 % 5000), (28, arrived + 1)):
                struct.pack_into(">I", record, at, value)
            what = f"{number}.{uid}.{uid == 500 and differing}"
            record[60:80] = hashlib.sha1(what.encode()).digest()
            f.write(closed(record))


def measured(name, *command):
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    process = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if process.returncode not in (0, 5):
        raise SystemExit(f"{name} ended with {process.returncode}: {process.stderr}")
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(f"| {name} | {seconds:.1f} s | {time.monotonic() - begun:.1f} s | {after.ru_maxrss // 1024} MB |", flush=True)
    return process.stdout


def main():
    at = sys.argv.index("--")
    ops, home = sys.argv[1:at], sys.argv[at + 1]
    messages = int(sys.argv[at + 2]) if len(sys.argv) > at + 2 else 1_000_000
    expected = 0
    for number in range(messages // IN_A_MAILBOX):
        differs = number % 100 == 50
        expected += differs
        write_mailbox(f"{home}/here", number, differs)
        write_mailbox(f"{home}/there", number, False)
    print("| | processor | time | most memory so far |\n| --- | --- | --- | --- |")
    audit, here, there = [*ops, "audit-store", "--root"], f"{home}/here", f"{home}/there"
    measured("`--digest`", *audit, there, "--digest", f"{home}/digest")
    measured("`--digest --brief`", *audit, there, "--digest", f"{home}/brief", "--brief")
    found = json.loads(measured("`--against` the digest", *audit, here, "--against", f"{home}/digest", "--json"))
    measured("`--against` the brief one, with an answer", *audit, here, "--against", f"{home}/brief", "--digest", f"{home}/answer", "--json")
    measured("`--against` the answer", *audit, there, "--against", f"{home}/answer", "--json")
    for name in ("digest", "brief", "answer"):
        print(f"{name}: {os.path.getsize(f'{home}/{name}'):,} bytes")
    if len(found["differences"]) != expected:
        raise SystemExit(f"{len(found['differences'])} differences of {expected} found")


main()
