/** Counting the tests of several runners. */

/** `names` are the tests that failed, where the runner tells. */
export function nothing(name) {
  return { name, passed: 0, failed: 0, skipped: 0, names: [] };
}

/** Something that could not even be counted: one failure. */
export function failure(name) {
  return { ...nothing(name), failed: 1 };
}

/** A line for each failure: by its name where there is one, else by the part. */
export function failures(results) {
  return results
    .filter(({ failed }) => failed > 0)
    .flatMap(({ name, names }) => (names.length > 0 ? names.map((test) => `${name}: ${test}`) : [name]));
}

export function sum(results) {
  const total = nothing('all');
  for (const { passed, failed, skipped } of results) {
    total.passed += passed;
    total.failed += failed;
    total.skipped += skipped;
  }
  return total;
}

export function format({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}

/** Adds up lines such as `test result: ok. 10 passed; 0 failed; 1 ignored; …` of a text that comes in pieces. */
export class CargoCounts {
  #total = nothing('cargo');
  #rest = '';

  push(text) {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#count(line);
  }

  /** A crate that does not compile, or a test process that dies, has no line of its own: then `status` alone tells. */
  result(name, status) {
    this.#count(this.#rest);
    this.#rest = '';
    const failed = status === 0 ? this.#total.failed : Math.max(1, this.#total.failed);
    return { ...this.#total, name, failed };
  }

  #count(line) {
    const name = /^test (.+) \.\.\. FAILED$/.exec(line)?.[1];
    if (name !== undefined) this.#total.names.push(name);
    const found = /^test result: .* (\d+) passed; (\d+) failed; (\d+) ignored/.exec(line);
    if (found === null) return;
    this.#total.passed += Number(found[1]);
    this.#total.failed += Number(found[2]);
    this.#total.skipped += Number(found[3]);
  }
}
