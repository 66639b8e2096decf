/**
 * Makes the Linux binaries of uWebSockets.js load on a glibc older than 2.38 (Debian 12 has 2.36).
 *
 * They were linked against glibc 2.38, but need it for three functions only: the C23 spellings of strtol, strtoul and
 * sscanf. Those differ from the old ones in accepting binary literals (`0b1`) where C23 asks for it; nothing that the
 * library reads is written so. This script rewrites, in the file's dynamic symbol table, `__isoc23_X` of version GLIBC_2.38
 * to `X` of the version that every glibc of the architecture has, and marks the need for GLIBC_2.38 as weak. No code byte
 * changes. Any other symbol of that version is refused.
 *
 *   node scripts/retarget-uws.mjs           retarget the installed files, where that is needed
 *   node scripts/retarget-uws.mjs --check   say what would be done; exit 1 if anything would be
 *
 * It acts on Linux with glibc < 2.38 alone, only on files whose SHA-256 it knows, and only if the result's SHA-256 is the
 * one it knows, too. It is a step of the set-up that one can see, not an install hook.
 */
import { createHash } from 'node:crypto';
import { readFileSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { argv, exit, platform, report } from 'node:process';
import { fileURLToPath } from 'node:url';

/** The version of the package that the table is about. */
export const VERSION = '20.56.0';
/** Functions that may be retargeted: same signature and, for what the library reads, same results. */
const RETARGETED = /^__isoc23_(strtol|strtoul|strtoll|strtoull|sscanf)$/;
const PREFIX = '__isoc23_'.length;
const TOO_NEW = 'GLIBC_2.38';
/** Versions that every glibc of x86-64 and of arm64 has. */
const BASE = new Set(['GLIBC_2.2.5', 'GLIBC_2.17']);

/** SHA-256 of each file as published and as retargeted. 115, 127, 137 are the ABI numbers of Node 20, 22, 24. */
export const FILES = new Map([
  [
    'uws_linux_x64_115.node',
    {
      published: '3c4cfd4f4673c591dbca82cdda94f7e0ad9bc298966c39a7bd259838c2b25d4f',
      retargeted: '35cad869817cdd371b41157849e606863126d49f311720e6a615080377a54dbb',
    },
  ],
  [
    'uws_linux_x64_127.node',
    {
      published: '0e0af5d0e486b67e25dd5c6686f8f05be4504629404d5c1972c808ab5d8e4cc2',
      retargeted: '87c413d1b1b1671ea81da757fa67199edd246453877083ab886fe1e7900f8cf4',
    },
  ],
  [
    'uws_linux_x64_137.node',
    {
      published: '9aa8b857ac4ab0bfb1245e948eeeacc904b13a3608c9a281d551c43c66bea66e',
      retargeted: '0ff425dfe92ab9aceb6c15d8ef8408435fe3bed076dca62e93f5e1c1d1345d9f',
    },
  ],
  [
    'uws_linux_arm64_115.node',
    {
      published: '5f179165f9ade910999ce8724d71ecdcc4f7e1b944053683d98bfda62665e081',
      retargeted: 'a194fa54418161f60dbb84c377a3cb273ca4cb11442bdd5624fdc39ea2c76c0c',
    },
  ],
  [
    'uws_linux_arm64_127.node',
    {
      published: 'db310856b4d36b2b6e83888c9faa87ccd65454e6157f457bf9cb4ebabaed7a65',
      retargeted: '7d92482a06e4746d172cdea39d925c33d0c6ee0de933b8d2a3e080a4037cfeda',
    },
  ],
  [
    'uws_linux_arm64_137.node',
    {
      published: 'ad0ffb42a119ee022ba1fc752d942e5a19b863ce47bfdc909cd1d5bc1363a7a6',
      retargeted: '7a8680f1e6d7055da30777f8417bf2b03378f04cb731055ad0f5ca0845ad9ab9',
    },
  ],
]);

const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

/** Whether a version string such as `2.36` is below 2.38. */
export function isOld(glibc) {
  const [major = 0, minor = 0] = glibc.split('.').map(Number);
  return major < 2 || (major === 2 && minor < 38);
}

/** The parts of an ELF file's dynamic section that tell symbols and versions. Offsets are file offsets. */
function dynamicTables(file) {
  // e_ident: magic, 64 bits, little-endian.
  if (file.readUInt32BE(0) !== 0x7f454c46 || file[4] !== 2 || file[5] !== 1)
    throw new Error('no 64-bit little-endian ELF file');
  const u64 = (offset) => Number(file.readBigUInt64LE(offset));
  const loads = [];
  let dynamic;
  for (let index = 0; index < file.readUInt16LE(56); index += 1) {
    const header = u64(32) + index * file.readUInt16LE(54);
    const segment = { offset: u64(header + 8), address: u64(header + 16), size: u64(header + 32) };
    const type = file.readUInt32LE(header);
    if (type === 1) loads.push(segment);
    if (type === 2) dynamic = segment;
  }
  if (dynamic === undefined) throw new Error('no dynamic section');
  const entries = new Map();
  for (let offset = dynamic.offset; u64(offset) !== 0; offset += 16) entries.set(u64(offset), u64(offset + 8));
  const at = (tag) => {
    const address = entries.get(tag);
    const segment = loads.find((load) => address >= load.address && address < load.address + load.size);
    if (segment === undefined) throw new Error(`dynamic entry ${tag.toString(16)} is not mapped`);
    return address - segment.address + segment.offset;
  };
  // DT_STRTAB, DT_SYMTAB, DT_VERSYM, DT_VERNEED, DT_VERNEEDNUM.
  return {
    strings: at(5),
    symbols: at(6),
    versions: at(0x6ffffff0),
    needs: at(0x6ffffffe),
    needCount: entries.get(0x6fffffff),
  };
}

/** Index of the base version of libc, and place and index of the need for GLIBC_2.38, which may be absent. */
function versionNeeds(file, tables, text) {
  let base;
  let tooNew;
  for (let index = 0, need = tables.needs; index < tables.needCount; index += 1) {
    const library = text(file.readUInt32LE(need + 4));
    let offset = need + file.readUInt32LE(need + 8);
    for (let aux = 0; aux < file.readUInt16LE(need + 2); aux += 1) {
      const name = text(file.readUInt32LE(offset + 8));
      const version = { offset, index: file.readUInt16LE(offset + 6) };
      if (library.startsWith('libc.so') && BASE.has(name)) base = version;
      if (/^GLIBC_2\.(3[7-9]|[4-9]\d)/.test(name)) {
        if (name !== TOO_NEW || !library.startsWith('libc.so')) throw new Error(`unexpected need: ${name} of ${library}`);
        tooNew = version;
      }
      offset += file.readUInt32LE(offset + 12);
    }
    need += file.readUInt32LE(need + 12);
  }
  if (base === undefined) throw new Error('no need of a base version of libc');
  return { base, tooNew };
}

/** Retargets a file in memory; returns what was changed, nothing where nothing needs it. */
export function retarget(file) {
  const tables = dynamicTables(file);
  const text = (offset) => file.toString('latin1', tables.strings + offset, file.indexOf(0, tables.strings + offset));
  const { base, tooNew } = versionNeeds(file, tables, text);
  if (tooNew === undefined) return [];
  // The linkers in use put the string table right behind the symbols, 24 bytes each.
  const count = Math.floor((tables.strings - tables.symbols) / 24);
  const changes = [];
  for (let index = 1; index < count; index += 1) {
    const version = tables.versions + index * 2;
    if ((file.readUInt16LE(version) & 0x7fff) !== tooNew.index) continue;
    const symbol = tables.symbols + index * 24;
    const name = text(file.readUInt32LE(symbol));
    if (!RETARGETED.test(name)) throw new Error(`unexpected symbol of ${TOO_NEW}: ${name}`);
    // The old name is a tail of the new one, so it is in the string table already.
    file.writeUInt32LE(file.readUInt32LE(symbol) + PREFIX, symbol);
    file.writeUInt16LE(base.index, version);
    changes.push(`${name} -> ${name.slice(PREFIX)}`);
  }
  // VER_FLG_WEAK: the loader does not insist on a version that no symbol asks for any more.
  file.writeUInt16LE(file.readUInt16LE(tooNew.offset + 4) | 2, tooNew.offset + 4);
  return changes;
}

/** Replaces a file by `bytes` as a whole: whoever opens it meanwhile sees the old or the new one. */
function replaceFile(path, bytes) {
  const temporary = `${path}.retarget-${process.pid}`;
  try {
    writeFileSync(temporary, bytes, { mode: statSync(path).mode, flag: 'wx', flush: true });
    renameSync(temporary, path);
  } finally {
    rmSync(temporary, { force: true });
  }
}

/** Retargets one file on disk. Returns `done`, `needed` (with `check`) or `already`. */
export function retargetFile(path, hashes, check) {
  const file = readFileSync(path);
  const before = sha256(file);
  if (before === hashes.retargeted) return 'already';
  if (before !== hashes.published)
    throw new Error(`${path} is neither the published nor the retargeted file: sha256 ${before}`);
  const changes = retarget(file);
  const after = sha256(file);
  if (after !== hashes.retargeted) throw new Error(`${path} would become a file that is not known: sha256 ${after}`);
  if (check) return 'needed';
  replaceFile(path, file);
  console.log(`retargeted ${path}: ${changes.join(', ')}`);
  return 'done';
}

function main(check) {
  const glibc = report.getReport().header.glibcVersionRuntime;
  if (platform !== 'linux' || glibc === undefined) return console.log('uWebSockets.js: no glibc here, nothing to do');
  if (!isOld(glibc)) return console.log(`uWebSockets.js: glibc ${glibc} has what it needs, nothing to do`);
  const folder = dirname(createRequire(import.meta.url).resolve('uWebSockets.js'));
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  if (version !== VERSION) throw new Error(`uWebSockets.js is ${version}, the table is about ${VERSION}`);
  const results = [...FILES].map(([name, hashes]) => retargetFile(join(folder, name), hashes, check));
  const number = (result) => results.filter((each) => each === result).length;
  console.log(
    `uWebSockets.js ${version}, glibc ${glibc}: ${number('done')} retargeted, ${number('needed')} to be retargeted, ` +
      `${number('already')} are already`,
  );
  if (number('needed') > 0) exit(1);
}

if (argv[1] !== undefined && realpathSync(argv[1]) === fileURLToPath(import.meta.url)) {
  try {
    main(argv.includes('--check'));
  } catch (error) {
    console.error(`retarget-uws: ${error.message}`);
    exit(1);
  }
}
