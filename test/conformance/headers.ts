/** Segments with something wrong in their header, each as an engine of its own. */
import { mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../cli/program.js';

/** Words of the header page; see native/shm/README.md. */
const WORD = { version: 1, endian: 2, fileBytes: 6, generation: 9, mustUnderstand: 19, crc: 62 } as const;

function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0);
  }
  return ~crc >>> 0;
}

function seal(file: Buffer): void {
  file.writeBigUInt64LE(BigInt(crc32c(file.subarray(0, WORD.crc * 8))), WORD.crc * 8);
}

/** Every case by its engine's name, and what it does to a good segment. The checksum fits unless it is the case. */
const CASES: Readonly<Record<string, (file: Buffer) => void>> = {
  same: () => {},
  'minor-1': (file) => file.writeUInt16LE(file.readUInt16LE(WORD.version * 8 + 2) + 1, WORD.version * 8 + 2),
  'major-1': (file) => file.writeUInt16LE(file.readUInt16LE(WORD.version * 8) + 1, WORD.version * 8),
  endian: (file) => file.subarray(WORD.endian * 8, WORD.endian * 8 + 8).reverse(),
  'must-understand': (file) => file.writeBigUInt64LE(1n << 63n, WORD.mustUnderstand * 8),
  magic: (file) => file.writeUInt8(0, 0),
  generation: (file) => file.writeUInt8(99, WORD.generation * 8),
};

/** Publishes a file as generation `number` of shard 0. */
function publish(root: string, name: string, file: Buffer, number: bigint): string {
  const shard = join(root, name, 'shard-0');
  mkdirSync(shard, { recursive: true, mode: 0o750 });
  const generation = `ring.${String(number).padStart(16, '0')}`;
  writeFileSync(join(shard, generation), file, { mode: 0o640 });
  writeFileSync(join(shard, 'current'), `${generation}\n`, { mode: 0o640 });
  return join(shard, generation);
}

/** Publishes every case beside the good segment of engine `test`; returns their names. */
export function publishHeaders(root: string): string[] {
  const good = readFileSync(join(root, 'test/shard-0/ring.0000000000000001'));
  for (const [name, change] of Object.entries(CASES)) {
    const file = Buffer.from(good);
    change(file);
    seal(file);
    publish(root, name, file, 1n);
  }
  for (const bytes of [0, 4_095, 4_096, good.length - 1]) truncateSync(publish(root, `cut-${bytes}`, good, 1n), bytes);
  // What version 1.0 was when it was frozen, with a file as long as it says behind it.
  const page = readFileSync(join(ROOT, 'native/shm/golden/header-1.0.bin'));
  const frozen = Buffer.alloc(Number(page.readBigUInt64LE(WORD.fileBytes * 8)));
  page.copy(frozen);
  const number = page.readBigUInt64LE(WORD.generation * 8);
  publish(root, 'frozen', frozen, number);
  for (const bit of [0, 31]) {
    const file = Buffer.from(frozen);
    file.writeUInt32LE((file.readUInt32LE(WORD.crc * 8) ^ (1 << bit)) >>> 0, WORD.crc * 8);
    publish(root, `crc-${bit}`, file, number);
  }
  return [...Object.keys(CASES), 'crc-0', 'crc-31', 'cut-0', 'cut-4095', 'cut-4096', `cut-${good.length - 1}`, 'frozen'];
}
