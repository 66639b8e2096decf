/** A minimal 64-bit ELF library as far as the retargeting script reads one: dynamic section, symbols and their versions. */

interface Need {
  readonly library: string;
  readonly versions: readonly { readonly name: string; readonly index: number }[];
}

const SYMBOL_BYTES = 24;

/** `symbols`: name and index of the version that it needs. */
export function elfLibrary(symbols: readonly (readonly [name: string, version: number])[], needs: readonly Need[]): Buffer {
  let strings = '\0';
  const text = (name: string): number => {
    strings += `${name}\0`;
    return strings.length - name.length - 1;
  };
  const symbolTable = Buffer.alloc(SYMBOL_BYTES * (symbols.length + 1));
  const versions = Buffer.alloc(2 * (symbols.length + 1));
  symbols.forEach(([name, version], index) => {
    symbolTable.writeUInt32LE(text(name), SYMBOL_BYTES * (index + 1));
    versions.writeUInt16LE(version, 2 * (index + 1));
  });
  const needTable = Buffer.concat(needs.map((need, index) => needEntry(need, text, index === needs.length - 1)));
  const dynamicAt = 64 + 2 * 56;
  const symbolsAt = dynamicAt + 6 * 16;
  const stringsAt = symbolsAt + symbolTable.length;
  const versionsAt = stringsAt + Math.ceil(strings.length / 8) * 8;
  const needsAt = versionsAt + Math.ceil(versions.length / 8) * 8;
  const file = Buffer.alloc(needsAt + needTable.length);
  file.writeUInt32BE(0x7f454c46, 0);
  file.set([2, 1, 1], 4);
  file.writeBigUInt64LE(64n, 32);
  file.writeUInt16LE(56, 54);
  file.writeUInt16LE(2, 56);
  segment(file, 64, 1, 0, file.length);
  segment(file, 64 + 56, 2, dynamicAt, 6 * 16);
  const dynamic = [5, stringsAt, 6, symbolsAt, 0x6ffffff0, versionsAt, 0x6ffffffe, needsAt, 0x6fffffff, needs.length, 0, 0];
  for (const [index, word] of dynamic.entries()) file.writeBigUInt64LE(BigInt(word), dynamicAt + index * 8);
  symbolTable.copy(file, symbolsAt);
  file.write(strings, stringsAt, 'latin1');
  versions.copy(file, versionsAt);
  needTable.copy(file, needsAt);
  return file;
}

function segment(file: Buffer, at: number, type: number, offset: number, size: number): void {
  file.writeUInt32LE(type, at);
  for (const [index, word] of [offset, offset, offset, size, size].entries())
    file.writeBigUInt64LE(BigInt(word), at + 8 + index * 8);
}

function needEntry({ library, versions }: Need, text: (name: string) => number, isLast: boolean): Buffer {
  const entry = Buffer.alloc(16 * (versions.length + 1));
  entry.writeUInt16LE(1, 0);
  entry.writeUInt16LE(versions.length, 2);
  entry.writeUInt32LE(text(library), 4);
  entry.writeUInt32LE(16, 8);
  entry.writeUInt32LE(isLast ? 0 : entry.length, 12);
  versions.forEach(({ name, index }, position) => {
    const at = 16 * (position + 1);
    entry.writeUInt16LE(index, at + 6);
    entry.writeUInt32LE(text(name), at + 8);
    entry.writeUInt32LE(position === versions.length - 1 ? 0 : 16, at + 12);
  });
  return entry;
}
