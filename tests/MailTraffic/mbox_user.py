"""A deliverer that is Python's own mailbox module: mailbox.mbox with lock(), add(), flush(), unlock(). Until standard input closes; then one line of JSON,
a TrafficReport. Arguments: STORE WITNESS ID."""
import json, mailbox, os, random, sys, threading

store, witness, me = sys.argv[1], sys.argv[2], int(sys.argv[3])
stop = threading.Event()
threading.Thread(target=lambda: (sys.stdin.buffer.read(), stop.set()), daemon=True).start()
boxes = sorted(n for n in os.listdir(store) if "." not in n and os.path.isfile(os.path.join(store, n)))
random.seed(me)
messages, busy, problems = 0, 0, []
print("pid %d ready" % os.getpid(), flush=True)
while not stop.is_set():
    name = random.choice(boxes)
    box = mailbox.mbox(os.path.join(store, name), create=False)
    try:
        try:
            box.lock()
        except mailbox.ExternalClashError:
            busy += 1
            continue
        try:
            token = os.path.join(witness, name)
            try:
                os.close(os.open(token, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            except FileExistsError:
                token = None
                problems.append("%s: user %d has the lock, and so has another" % (name, me))
            number = messages + 1
            box.add("From user%d@example.org Thu Jan  1 00:00:00 1970\nMessage-ID: <%d.%d@example.org>\n\nnumber %d of user %d\n" % (me, me, number, number, me))
            box.flush()
            messages = number
            if token:
                os.unlink(token)
        finally:
            box.unlock()
    finally:
        box.close()
print(json.dumps({"Id": me, "Messages": messages, "Displaced": 0, "Busy": busy, "Problems": problems[:20]}), flush=True)
