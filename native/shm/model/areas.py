"""What stands beside the ring: values in chunks, tables that belong to a place of the ring, the orderly end, a new generation.

Each scenario is a function of mutants that gives runs, a run being one program for each thread, and `AREAS` tells which
mutants must break it, and which ones alone change nothing, and why.
"""

from machine import ACQUIRE, RELAXED, RELEASE, Fence, Judge, Load, Stop, Store


def unless(mutant, mutants, steps):
    return [] if mutant in mutants else steps


def order(mutant, mutants):
    return RELAXED if mutant in mutants else RELEASE


def seqlock_write(update, stores, mutants):
    """The steps of seqlock::write around these stores."""
    return [
        *unless("no odd", mutants, [Store("version", 2 * update + 1)]),
        *unless("no release fence", mutants, [Fence(RELEASE)]),
        *stores,
        Store("version", 2 * update + 2, order("version relaxed", mutants)),
    ]


def seqlock_begin(mutants):
    """The first steps of seqlock::read: version `v`, where it is at rest."""
    odd_is_fine = "odd accepted" in mutants
    return [
        Load("version", "v"),
        Stop(lambda seen: seen["v"] == 0 or (seen["v"] % 2 == 1 and not odd_is_fine)),
        *unless("no acquire fence after version", mutants, [Fence(ACQUIRE)]),
    ]


def seqlock_end(mutants):
    """The last steps of seqlock::read: what was read counts if `again` is `v`."""
    return [
        *unless("no acquire fence before check", mutants, [Fence(ACQUIRE)]),
        *unless("no check", mutants, [Load("version", "again")]),
    ]


def stands(seen):
    return seen.get("again", seen["v"]) == seen["v"]


# ---------------------------------------------------------------------------------------------------- values in chunks
#
# ChainWriter, chains::copy and seqlock::read_with. A value of number u is u + 1 everywhere. Values of one and of two chunks in
# three chunks, so that the third value and the fourth one stand where the first two stood. A chunk is two places: word, and
# next (the number of the chunk behind it, plus 1).

CHAINS = [[0], [1, 2], [0], [2, 1]]
END = 9


def chunks(mutants):
    writer, held = [], []
    for update, chain in enumerate(CHAINS):
        if "chunks used again before the row is switched" in mutants and held:
            chain = [*held[: len(chain)], *chain][: len(chain)]
        fill = []
        for place, chunk in enumerate(chain):
            behind = chain[place + 1] + 1 if place + 1 < len(chain) else END
            fill += [Store(f"word{chunk}", update + 1), Store(f"next{chunk}", behind)]
        switch = seqlock_write(update, [Store("row_first", chain[0] + 1), Store("row_value", update + 1)], mutants)
        writer += switch + fill if "row switched before its chunks are written" in mutants else fill + switch
        held = chain

    def here(chunk):
        return lambda seen: seen["first"] == chunk + 1

    def behind(chunk):
        return lambda seen: len_of(seen) == 2 and seen.get("n") == chunk + 1

    def len_of(seen):
        return len(CHAINS[seen["value"] - 1]) if seen["value"] else 1

    reader = [*seqlock_begin(mutants), Load("row_value", "value"), Load("row_first", "first")]
    for chunk in range(3):
        reader += [Load(f"word{chunk}", "w0", here(chunk)), Load(f"next{chunk}", "n", here(chunk))]
    for chunk in range(3):
        reader += [Load(f"word{chunk}", "w1", behind(chunk))]
    reader += seqlock_end(mutants)

    def verdict(seen):
        if not stands(seen):
            return None
        words = [seen.get("w0"), seen.get("w1")][: len_of(seen)]
        return None if words == [seen["v"] // 2] * len(words) else f"TORN value {seen['v']}: {words} of {seen['value']}"

    return [[writer, [*reader, Judge(verdict)]]]


# ---------------------------------------------------------------------------------------------------- tables and the ring
#
# A latest slot, an instrument's row and a book's image say which record of the ring they contain: whoever reads them finds that
# record on the ring, or a later one in its place.


def stamped(mutants):
    writer = []
    for record in range(2):
        publish = [Store(f"commit{record}", 2 * record + 2, RELEASE)]
        table = seqlock_write(record, [Store("sequence", record + 1), Store("state", record + 1)], mutants)
        writer += table + publish if "table before its record" in mutants else publish + table
    reader = [*seqlock_begin(mutants), Load("sequence", "s"), Load("state", "w"), *seqlock_end(mutants)]
    reader.append(Stop(lambda seen: not stands(seen)))
    reader += [Load(f"commit{record}", "a", lambda seen, record=record: seen["s"] == record + 1) for record in range(2)]

    def verdict(seen):
        if seen["s"] != seen["w"]:
            return f"TORN: sequence {seen['s']}, state {seen['w']}"
        return None if seen.get("a") == 2 * seen["s"] else f"AHEAD OF THE RING: sequence {seen['s']}, commit {seen.get('a')}"

    return [[writer, [*reader, Judge(verdict)]]]


# ---------------------------------------------------------------------------------------------------- the orderly end


def closing(mutants):
    """Writer::close and Reader::liveness: whoever sees it closed sees the last sequence, and all records up to it."""
    writer = [Store("commit0", 2, RELEASE)]
    end = [Store("final", 1), Store("state", 1, order("state relaxed", mutants))]
    writer += end[::-1] if "last sequence behind the state" in mutants else end
    reader = [
        Load("state", "closed"),
        Stop(lambda seen: seen["closed"] == 0),
        *unless("no acquire fence after state", mutants, [Fence(ACQUIRE)]),
        Load("final", "f"),
        Load("commit0", "a"),
        Judge(lambda seen: None if (seen["f"], seen["a"]) == (1, 2) else f"CLOSED with sequence {seen['f']}, commit {seen['a']}"),
    ]
    return [[writer, reader]]


# ---------------------------------------------------------------------------------------------------- a new file
#
# Segment::create, Segment::name and Segment::open_current. The magic is stored last, and only then has the file a name: each of
# the two would do alone, where the kernel orders what was done before a name is set before what whoever finds it does.


def opening(mutants):
    magic = Store("magic", 1, order("magic relaxed", mutants))
    header = [Store("first_sequence", 7)]
    made = [magic, *header] if "magic stored first" in mutants else [*header, magic]
    name = Store("current", 2, order("naming orders nothing", mutants))
    writer = [name, *made] if "named before it is complete" in mutants else [*made, name]
    reader = [
        Load("current", "c"),
        Stop(lambda seen: seen["c"] != 2),
        *unless("naming orders nothing", mutants, [Fence(ACQUIRE)]),
        Load("magic", "m"),
        Stop(lambda seen: seen["m"] == 0),
        *unless("no acquire fence after magic", mutants, [Fence(ACQUIRE)]),
        Load("first_sequence", "f"),
        Judge(lambda seen: None if seen["f"] == 7 else "HALF BUILT: no first sequence"),
    ]
    return [[writer, reader]]


# ---------------------------------------------------------------------------------------------------- a new generation
#
# The first writer dies at any of its steps; the kernel frees its lock, and then a second writer makes a new file, which goes on
# from the last record of the old one, and names it. A reader reads the old file to its end and goes on in the new one.


def generation(mutants):
    first = []
    for record in range(2):
        first += [Store(f"commit{record}", 2 * record + 1), Fence(RELEASE), Store(f"word{record}", record + 1)]
        first += [Store(f"commit{record}", 2 * record + 2, RELEASE), Store("head", record + 1, RELEASE)]

    def begins(seen):
        """One more than Segment::last_sequence: from the head on, as far as records stand."""
        if "last sequence from the head alone" in mutants:
            return seen["head"] + 1
        return 3 if seen["b1"] == 4 else 2 if seen["b0"] == 2 else 1

    lock = [Load("free", "free"), Stop(lambda seen: seen["free"] == 0), Fence(ACQUIRE)]
    second = [
        *unless("lock not waited for", mutants, lock),
        *(Load("head", "head"), Load("commit0", "b0"), Load("commit1", "b1")),
        *(Store("first_sequence", begins), Store("current", 2, RELEASE)),
    ]
    old = [Load("commit0", "a0"), Load("commit1", "a1", lambda seen: seen["a0"] == 2)]
    current = [Load("current", "c"), Stop(lambda seen: seen["c"] != 2), Fence(ACQUIRE)]
    reader = old + current if "old file not read to its end" in mutants else current + old
    reader.append(Load("first_sequence", "f"))
    runs = []
    for end in range(len(first) + 1):
        done = first[:end]
        published = sum(step in COMMITS for step in done)
        runs.append([[*done, Store("free", 1, RELEASE)], second, [*reader, Judge(judge(published))]])
    return runs


COMMITS = [Store("commit0", 2, RELEASE), Store("commit1", 4, RELEASE)]


def judge(published):
    """What must come out where the first writer published so many records before it died."""

    def verdict(seen):
        read = (seen["a0"] == 2) + (seen.get("a1") == 4)
        if seen["f"] != published + 1:
            return f"WRONG COUNT: {published} records were published, the new file begins with {seen['f']}"
        return None if read == published else f"LOST for nothing: {read} of {published} read"

    return verdict


# ---------------------------------------------------------------------------------------------------- the table

SEQLOCK = [
    ["no odd"],
    ["no release fence"],
    ["no acquire fence after version"],
    ["no acquire fence before check"],
    ["no check"],
    ["version relaxed"],
]

# Title, scenario, mutants that must break it, mutants that change nothing with the reason.
AREAS = [
    (
        "books area",
        chunks,
        [*SEQLOCK, ["odd accepted"], ["row switched before its chunks are written"]]
        + [["chunks used again before the row is switched"]],
        [],
    ),
    ("table and ring", stamped, [*SEQLOCK, ["table before its record"]], []),
    ("closing", closing, [["state relaxed"], ["last sequence behind the state"], ["no acquire fence after state"]], []),
    (
        "a new file",
        opening,
        [
            ["named before it is complete", "magic stored first"],
            ["naming orders nothing", "magic relaxed"],
            ["naming orders nothing", "magic stored first"],
            ["naming orders nothing", "no acquire fence after magic"],
        ],
        [
            (["named before it is complete"], "the magic comes last"),
            (["naming orders nothing"], "the magic is Release"),
            (["magic relaxed"], "naming orders it"),
            (["magic stored first"], "the file has no name yet"),
            (["no acquire fence after magic"], "finding the name orders it"),
        ],
    ),
    (
        "a new generation",
        generation,
        [["last sequence from the head alone"], ["lock not waited for"], ["old file not read to its end"]],
        [],
    ),
]
