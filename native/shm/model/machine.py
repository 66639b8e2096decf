"""The machine on which the protocols of shared memory are tried: weak memory, every interleaving, every value that may be read.

Each place of shared memory keeps all values ever stored to it, in order. Each thread has a view: for every place, the oldest
value that it may still read. A load may read any value that is not older than its view, so stale reads happen wherever the
language allows them. A Release store (or a store behind a Release fence) carries the storing thread's view; an Acquire fence
behind a load takes over the view that came with the value read. This is the C11 model with relaxed accesses and fences,
without load buffering.
"""

from typing import Callable, NamedTuple

RELAXED, ACQUIRE, RELEASE = "relaxed", "acquire", "release"


# ---------------------------------------------------------------------------------------------------- instructions


class Store(NamedTuple):
    place: str
    value: "int | Callable[[dict], int]"  # or computed from what the thread has read
    order: str = RELAXED


class Load(NamedTuple):
    place: str
    register: str
    when: Callable[[dict], bool] = lambda _: True


class Fence(NamedTuple):
    order: str


class Stop(NamedTuple):
    """Ends the thread where the condition holds."""

    condition: Callable[[dict], bool]


class Judge(NamedTuple):
    """Looks at what the thread has read: a text says what is wrong, None that nothing is."""

    verdict: Callable[[dict], "str | None"]


# ---------------------------------------------------------------------------------------------------- the machine


class Thread(NamedTuple):
    step: int
    registers: tuple
    current: tuple  # what the thread may not read older than
    acquired: tuple  # what an Acquire fence would add to it
    released: tuple  # what a Release fence has fixed for later stores


def join(one, other):
    return tuple(max(a, b) for a, b in zip(one, other))


def raised(view, place, time):
    return view[:place] + (max(view[place], time),) + view[place + 1 :]


class Machine:
    """Runs programs over zeroed memory until something is wrong or every run has been seen."""

    def __init__(self, programs):
        self.programs = programs
        names = sorted({step.place for program in programs for step in program if isinstance(step, (Store, Load))})
        self.places = {name: index for index, name in enumerate(names)}

    def explore(self):
        """Returns (number of states, what is wrong or None, the run that shows it)."""
        nowhere = (0,) * len(self.places)
        memory = tuple(((0, nowhere),) for _ in self.places)
        thread = Thread(0, (), nowhere, nowhere, nowhere)
        stack = [(memory, (thread,) * len(self.programs), None)]
        seen = set()
        while stack:
            memory, threads, run = stack.pop()
            if (memory, threads) in seen:
                continue
            seen.add((memory, threads))
            for index, thread in enumerate(threads):
                program = self.programs[index]
                if thread.step >= len(program):
                    continue
                for outcome in self.successors(program[thread.step], thread, memory, len(program)):
                    next_memory, next_thread, text, wrong = outcome
                    next_run = (run, f"T{index} {text}")
                    if wrong:
                        return len(seen), wrong, unroll(next_run)
                    stack.append((next_memory, threads[:index] + (next_thread,) + threads[index + 1 :], next_run))
        return len(seen), None, []

    def successors(self, step, thread, memory, end):
        registers = dict(thread.registers)
        after = thread._replace(step=thread.step + 1)
        match step:
            case Store(name, value, order):
                yield self.store(name, value(registers) if callable(value) else value, order, after, memory)
            case Load(name, register, when):
                if when(registers):
                    yield from self.loads(name, register, registers, after, memory)
                else:
                    yield memory, after, f"skips {name}", None
            case Fence(order):
                if order == ACQUIRE:
                    after = after._replace(current=join(after.current, after.acquired))
                else:
                    after = after._replace(released=after.current)
                yield memory, after, f"{order} fence", None
            case Stop(condition):
                yield memory, after._replace(step=end) if condition(registers) else after, "decides", None
            case Judge(verdict):
                yield memory, after, f"judges {registers}", verdict(registers)

    def store(self, name, value, order, thread, memory):
        place = self.places[name]
        time = len(memory[place])
        current = raised(thread.current, place, time)
        carried = current if order == RELEASE else raised(thread.released, place, time)
        history = memory[place] + ((value, carried),)
        thread = thread._replace(current=current, acquired=raised(thread.acquired, place, time))
        return memory[:place] + (history,) + memory[place + 1 :], thread, f"{name} := {value} {order}", None

    def loads(self, name, register, registers, thread, memory):
        place = self.places[name]
        for time in range(thread.current[place], len(memory[place])):
            value, carried = memory[place][time]
            read = tuple(sorted({**registers, register: value}.items()))
            current = raised(thread.current, place, time)
            acquired = join(raised(thread.acquired, place, time), carried)
            yield memory, thread._replace(registers=read, current=current, acquired=acquired), f"{name} is {value}", None


def unroll(run):
    steps = []
    while run:
        run, text = run
        steps.append(text)
    return steps[::-1]
