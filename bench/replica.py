#!/usr/bin/env python3
"""What a comparison of two hosts costs: processor seconds, and bytes of the digests.

replica.py OPS... -- DIRECTORY [MESSAGES]     makes two stores of Cyrus indexes there (1,000 messages in each mailbox, no message files)

One message in 100,000 differs; each of them has to be found. The directory must not exist, or be empty; it is not removed.
"""
import hashlib, json, os, struct, subprocess, sys, tempfile, time, zlib

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
    begun = time.monotonic()
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as remarks:
        process = subprocess.Popen(command, stdout=output, stderr=remarks)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        remarks.seek(0)
        # 5: something differs.
        if process.returncode not in (0, 5):
            raise SystemExit(f"{name} ended with {process.returncode}: {remarks.read()}")
        print(f"| {name} | {used.ru_utime + used.ru_stime:.1f} s | {time.monotonic() - begun:.1f} s | {used.ru_maxrss // 1024} MiB |", flush=True)
        return output.read()


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
    print("| | processor | time | most memory |\n| --- | ---: | ---: | ---: |")
    audit, here, there = [*ops, "audit-store", "--root"], f"{home}/here", f"{home}/there"
    measured("`--digest`", *audit, there, "--digest", f"{home}/digest")
    measured("`--digest --brief`", *audit, there, "--digest", f"{home}/brief", "--brief")
    found = json.loads(measured("`--against` the digest", *audit, here, "--against", f"{home}/digest", "--json"))
    measured("`--against` the brief one, with an answer", *audit, here, "--against", f"{home}/brief", "--digest", f"{home}/answer", "--json")
    answered = json.loads(measured("`--against` the answer", *audit, there, "--against", f"{home}/answer", "--json"))
    sizes = {name: os.path.getsize(f"{home}/{name}") for name in ("digest", "brief", "answer")}
    print(f"on the wire: {sizes['digest']:,} bytes with a whole digest; {sizes['brief'] + sizes['answer']:,} bytes with hashes first ({sizes['brief']:,} and the answer of {sizes['answer']:,})")
    for way, result in (("the digest", found), ("the answer", answered)):
        if len(result["differences"]) != expected:
            raise SystemExit(f"{len(result['differences'])} differences of {expected} found with {way}")
    print(f"{expected} differences of {expected} found both ways")


main()
