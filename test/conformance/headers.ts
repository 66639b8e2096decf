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
