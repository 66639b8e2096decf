#!/usr/bin/env python3
"""Exhaustive check of the ring, the tables, the books area and the change of generations under weak memory, with a mutant for
every order that they rely on. The machine is that of `machine.py`; what is not the ring or a seqlock stands in `areas.py`.

Run      python3 native/shm/model/ring_model.py [-v]     prints a table; -v adds the run that breaks each mutant.
Exit     0 if the protocols hold everywhere and every mutant breaks, else 1.
"""

import sys

sys.dont_write_bytecode = True

from areas import AREAS
from machine import ACQUIRE, RELAXED, RELEASE, Fence, Judge, Load, Machine, Stop, Store


# ---------------------------------------------------------------------------------------------------- the ring
#
# A slot is three places: commit, span (of the record that begins there) and word (all other words stand for one another).

TAIL = 1_000
EPOCH = 10_000


def odd(position, tail, epoch):
    return epoch * EPOCH + tail * TAIL + 2 * position + 1


def even(position, tail, epoch):
    return odd(position, tail, epoch) + 1


def number(commit):
    return commit % TAIL


def places(spans):
    """Position at which each record begins."""
    return [sum(spans[:record]) for record in range(len(spans))]


def word(record, offset):
    return 100 * (record + 1) + offset


def write_record(slots, position, span, record, epoch, mutants):
    """The steps of RingWriter::publish, without the head line."""
    offsets = range(span)
    slot = lambda offset: (position + offset) % slots
    epoch = 0 if "no epoch" in mutants else epoch
    commit = lambda offset, order: Store(f"commit{slot(offset)}", even(position + offset, offset > 0, epoch), order)
    mark = lambda offset: Store(f"commit{slot(offset)}", odd(position + offset, offset > 0, epoch))
    fill = lambda offset: Store(f"word{slot(offset)}", word(record, offset))
    marked = [o for o in offsets if not ("no odd" in mutants or (o > 0 and "no odd on tail" in mutants))]
    fence = [] if "no release fence" in mutants else [Fence(RELEASE)]
    span_store = Store(f"span{slot(0)}", span)
    if "tail filled before first is marked" in mutants:
        steps = [mark(1), *fence, fill(1)] if span > 1 else []
        steps += [mark(0), *fence, span_store, fill(0)]
    else:
        steps = [mark(offset) for offset in marked] + fence + [span_store] + [fill(offset) for offset in offsets]
    order = lambda offset: RELAXED if f"{'tail' if offset else 'first'} commit relaxed" in mutants else RELEASE
    sequence = offsets if "first committed before tail" in mutants else reversed(offsets)
    return steps + [commit(offset, order(offset)) for offset in sequence]


def read_record(slots, spans, record, mutants, rewritten=False):
    """The steps of RingReader::read at the position of a record, polling the slot alone."""
    position, true_span = places(spans)[record], spans[record]
    first, tail = position % slots, (position + 1) % slots
    epoch = 0 if "no epoch" in mutants else 1
    expected = [even(position, False, epoch), even(position + 1, True, epoch)]
    two = lambda seen: seen["span"] == 2
    steps = [Load(f"commit{first}", "a"), Stop(lambda seen: seen["a"] != expected[0])]
    if "no acquire fence after poll" not in mutants:
        steps.append(Fence(ACQUIRE))
    steps += [
        Load(f"span{first}", "span"),
        Stop(lambda seen: not 1 <= seen["span"] <= slots),
        Load(f"word{first}", "w0"),
        Load(f"word{tail}", "w1", two),
    ]
    if "no acquire fence before check" not in mutants:
        steps.append(Fence(ACQUIRE))
    if "no check of first" not in mutants:
        steps.append(Load(f"commit{first}", "c0"))
    if "no check of tail" not in mutants:
        steps.append(Load(f"commit{tail}", "c1", two))
    if "span read twice" in mutants:
        steps.append(Load(f"span{first}", "span"))

    def verdict(seen):
        checks = [(seen[name], want) for name, want in zip(("c0", "c1"), expected) if name in seen]
        if any(got != want for got, want in checks):
            newer = any(number(got) > number(want) for got, want in checks)
            return None if newer or rewritten else f"FALSE LAP of record {record}: nothing newer was written"
        words = [seen["w0"]] + ([seen.get("w1")] if two(seen) else [])
        if seen["span"] == true_span and words == [word(record, offset) for offset in range(true_span)]:
            return None
        return f"TORN record {record}: span {seen['span']}, words {words}"

    return steps + [Judge(verdict)]


def ring(slots, spans, mutants):
    """One writer of all records; one run for each record that a reader may want."""
    writer = []
    for record, (position, span) in enumerate(zip(places(spans), spans)):
        writer += write_record(slots, position, span, record, 1, mutants)
    return [[writer, read_record(slots, spans, record, mutants)] for record in range(len(spans))]


def restart(mutants):
    """A writer dies; another writes the same position of the same memory again. New files rule this out; the epoch does too."""
    writer = write_record(1, 0, 1, 0, 1, mutants) + write_record(1, 0, 1, 1, 2, mutants)
    return [[writer, read_record(1, [1], 0, mutants, rewritten=True)]]


def joining(mutants):
    """The head line: whoever reads a position finds the slots below it, and a sequence that is not older."""
    writer = []
    for record in range(2):
        position = record + 1
        publish = write_record(2, record, 1, record, 1, mutants)
        order = RELAXED if "head relaxed" in mutants else RELEASE
        line = [Store("head_sequence", position), Store("head", position, order)]
        if "sequence behind head" in mutants:
            line.reverse()
        writer += line + publish if "head before commit" in mutants else publish + line
    fence = [] if "no acquire fence on join" in mutants else [Fence(ACQUIRE)]

    def reader(record):
        def verdict(seen):
            if number(seen["a"]) < number(even(record, False, 1)):
                return f"HEAD AHEAD of slot {record}: commit word {seen['a']}"
            return f"OLD SEQUENCE {seen['s']} with head {seen['h']}" if seen["s"] < seen["h"] else None

        steps = [Load("head", "h"), Stop(lambda seen: seen["h"] <= record), *fence]
        return steps + [Load("head_sequence", "s"), Load(f"commit{record}", "a"), Judge(verdict)]

    return [[writer, reader(record)] for record in range(2)]


# ---------------------------------------------------------------------------------------------------- the seqlock


def seqlock(mutants):
    """The steps of seqlock::write, three times, and of seqlock::read."""
    writer = []
    for update in range(3):
        if "no odd" not in mutants:
            writer.append(Store("version", 2 * update + 1))
        if "no release fence" not in mutants:
            writer.append(Fence(RELEASE))
        writer += [Store("word0", word(update, 0)), Store("word1", word(update, 1))]
        writer.append(Store("version", 2 * update + 2, RELAXED if "version relaxed" in mutants else RELEASE))
    at_rest = lambda seen: seen["v"] != 0 and ("odd accepted" in mutants or seen["v"] % 2 == 0)
    reader = [Load("version", "v"), Stop(lambda seen: not at_rest(seen))]
    reader += [] if "no acquire fence after version" in mutants else [Fence(ACQUIRE)]
    reader += [Load("word0", "w0"), Load("word1", "w1")]
    reader += [] if "no acquire fence before check" in mutants else [Fence(ACQUIRE)]
    reader += [] if "no check" in mutants else [Load("version", "again")]

    def verdict(seen):
        if seen.get("again", seen["v"]) != seen["v"]:
            return None
        update = (seen["v"] - 1) // 2
        words = [seen["w0"], seen["w1"]]
        return None if words == [word(update, 0), word(update, 1)] else f"TORN value {seen['v']}: {words}"

    return [[writer, reader + [Judge(verdict)]]]


# ---------------------------------------------------------------------------------------------------- the table

RING_SHAPES = {
    "one slot": (1, [1, 1, 1]),
    "groups of two": (2, [2, 2]),
    "two, one, two": (2, [2, 1, 2]),
    "one, two, one": (2, [1, 2, 1]),
}

RING_MUTANTS = [
    ["no odd"],
    ["no odd on tail"],
    ["no release fence"],
    ["no acquire fence after poll"],
    ["no acquire fence before check"],
    ["no check of first"],
    ["no check of first", "no check of tail"],
    ["first commit relaxed"],
    ["first commit relaxed", "tail commit relaxed"],
    ["first committed before tail"],
    ["span read twice"],
    ["tail filled before first is marked", "no check of tail"],
]

# Each of these alone changes nothing, for the reason given; above, each stands together with a change that takes it away.
RING_MASKED = [
    (["no check of tail"], "the first slot is marked before its tail is filled"),
    (["tail commit relaxed"], "first commit is Release, and later"),
    (["tail filled before first is marked"], "every slot is checked"),
]

JOIN_MUTANTS = [["head relaxed"], ["head before commit"], ["sequence behind head"], ["no acquire fence on join"]]

SEQLOCK_MUTANTS = [
    ["no odd"],
    ["no release fence"],
    ["no acquire fence after version"],
    ["no acquire fence before check"],
    ["no check"],
    ["version relaxed"],
    ["odd accepted"],
]


def check(title, runs, must_break, note, verbose):
    """Explores the runs, prints a line, and tells whether the outcome is the required one."""
    states, wrong, steps = 0, None, []
    for programs in runs:
        count, wrong, steps = Machine(programs).explore()
        states += count
        if wrong:
            break
    good = bool(wrong) == must_break
    outcome = wrong or "holds" + (f" ({note})" if note else "")
    print(f"{'ok  ' if good else 'FAIL'} {title:70s} {states:8d} states  {outcome}")
    if wrong and (verbose or not good):
        print("      " + "\n      ".join(steps))
    return good


def ring_runs(mutants):
    return [programs for slots, spans in RING_SHAPES.values() for programs in ring(slots, spans, mutants)]


def main():
    verbose = "-v" in sys.argv[1:]
    results = []

    def case(title, runs, must_break=False, note=""):
        results.append(check(title, runs, must_break, note, verbose))

    for name, (slots, spans) in RING_SHAPES.items():
        case(f"ring, {name}", ring(slots, spans, []))
    one = ring(1, [1, 1], [])
    case("ring, one slot, two readers", [[one[0][0], one[0][1], one[1][1]]])
    for mutants in RING_MUTANTS:
        case(f"ring, {' + '.join(mutants)}", ring_runs(mutants), True)
    for mutants, note in RING_MASKED:
        case(f"ring, {' + '.join(mutants)}", ring_runs(mutants), False, note)
    case("ring, rewritten by another writer, epoch in the commit word", restart([]))
    case("ring, rewritten by another writer, no epoch", restart(["no epoch"]), True)
    case("join", joining([]))
    for mutants in JOIN_MUTANTS:
        case(f"join, {' + '.join(mutants)}", joining(mutants), True)
    case("seqlock", seqlock([]))
    for mutants in SEQLOCK_MUTANTS:
        case(f"seqlock, {' + '.join(mutants)}", seqlock(mutants), True)

    for title, scenario, broken, masked in AREAS:
        case(title, scenario([]))
        for mutants in broken:
            case(f"{title}, {' + '.join(mutants)}", scenario(mutants), True)
        for mutants, note in masked:
            case(f"{title}, {' + '.join(mutants)}", scenario(mutants), False, note)

    failed = results.count(False)
    print(f"{len(results)} cases, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
