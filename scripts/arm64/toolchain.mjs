/**
 * Compiler, linker and emulator for ARM64 on another processor. What the machine has is used: rustup's target (`rustup target
 * add aarch64-unknown-linux-gnu`), the cross compiler, qemu. What it lacks comes as Debian packages into the cache: rustc
 * from `rustc-web`, the one compiler of Debian 12 that is new enough, with its own standard library for both processors.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cached } from '../setup/cache.mjs';
import { SetUpError, step, ToolsMissingError } from '../setup/console.mjs';
import { hasProgram, isAtLeast, RUST_MIN, versionOf } from '../setup/tools.mjs';
import { DebianArchive, hasApt } from './debian.mjs';

export const TARGET = 'aarch64-unknown-linux-gnu';
const CROSS = 'aarch64-linux-gnu';
const QEMU = ['qemu-aarch64-static', 'qemu-aarch64'];
const CROSS_PACKAGES = [`gcc-${CROSS}`, 'libc6-dev-arm64-cross', 'libstdc++6-arm64-cross', 'qemu-user-static'];
const HOW = `rustup target add ${TARGET}, and as root apt-get install ${CROSS_PACKAGES.join(' ')}`;

function needApt(missing) {
  if (hasApt()) return;
  throw new ToolsMissingError(`${missing} was not found, nor apt to fetch it: ${HOW}`);
}

/** Different releases of one distribution do not share unpacked programs. */
function release() {
  const text = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '';
  return /^VERSION_CODENAME=(\w+)$/m.exec(text)?.[1] ?? 'unknown';
}

/** Scripts that run unpacked programs with the libraries that were unpacked with them: name → program and first arguments. */
function writeWrappers(folder, wrappers) {
  mkdirSync(join(folder, 'bin'));
  for (const [name, words] of Object.entries(wrappers)) {
    const script = `#!/bin/sh\nroot=\${0%/*}/..\nLD_LIBRARY_PATH=$root/usr/lib/x86_64-linux-gnu exec $root/usr/bin/${words} "$@"\n`;
    writeFileSync(join(folder, 'bin', name), script, { mode: 0o755 });
  }
}

async function unpack(folder, architectures, choose) {
  const apt = join(folder, 'apt');
  const archive = new DebianArchive(apt, architectures);
  await archive.update();
  const { packages, dependents } = await choose(archive);
  await archive.download(packages, dependents);
  await archive.unpack(folder);
  rmSync(apt, { recursive: true });
}

/** Linker, C library and emulator, unpacked. */
function fetchCross(folder) {
  return unpack(folder, ['amd64'], async (archive) => {
    const names = await Promise.all(
      CROSS_PACKAGES.map((name) => archive.closure(name, /aarch64|arm64-cross|-cross-base|^qemu-user/)),
    );
    // The C library is found through the root of the system, since its linker script has paths from there.
    writeWrappers(folder, { cc: `${CROSS}-gcc --sysroot=$root`, ar: `${CROSS}-ar` });
    return { packages: [...new Set(names.flat())], dependents: CROSS_PACKAGES };
  });
}

function fetchRust(folder) {
  return unpack(folder, ['amd64', 'arm64'], async (archive) => {
    const libraries = await archive.closure('libstd-rust-web-dev', /^libstd-rust-web-[0-9.]+$|^libllvm[0-9]+$/);
    writeWrappers(folder, { rustc: 'rustc', rustdoc: 'rustdoc' });
    const packages = ['rustc-web', 'libstd-rust-web-dev', 'libstd-rust-web-dev:arm64', ...libraries];
    return { packages, dependents: libraries };
  });
}

async function cross() {
  const qemu = QEMU.find(hasProgram);
  if (hasProgram(`${CROSS}-gcc`) && qemu !== undefined && existsSync(`/usr/${CROSS}/lib/ld-linux-aarch64.so.1`))
    return { cc: `${CROSS}-gcc`, ar: `${CROSS}-ar`, emulator: [qemu, '-L', `/usr/${CROSS}`] };
  needApt('a cross compiler or qemu for ARM64');
  const folder = await cached(`arm64/${release()}-cross`, (path) =>
    step('linker and emulator for ARM64', () => fetchCross(path)),
  );
  const emulator = [join(folder, 'usr/bin', QEMU[0]), '-L', join(folder, 'usr', CROSS)];
  return { cc: join(folder, 'bin/cc'), ar: join(folder, 'bin/ar'), emulator };
}

/** Variables that choose the compiler; none when the ordinary one has the target. */
async function rust() {
  const { status, stdout } = spawnSync('rustc', ['--print', 'target-libdir', '--target', TARGET], { encoding: 'utf8' });
  if (status === 0 && existsSync(stdout.trim())) return {};
  needApt(`Rust's standard library for ${TARGET}`);
  const folder = await cached(`arm64/${release()}-rust`, (path) => step('rustc for ARM64', () => fetchRust(path)));
  const RUSTC = join(folder, 'bin/rustc');
  const version = versionOf(RUSTC);
  if (version === undefined || !isAtLeast(version, RUST_MIN))
    throw new SetUpError(`${RUSTC} is ${version ?? 'not running'}, ${RUST_MIN} is needed: ${HOW}`);
  return { RUSTC, RUSTDOC: join(folder, 'bin/rustdoc') };
}

/** `env` for cargo, and the command line that runs a program for ARM64. */
export async function arm64Toolchain() {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new SetUpError(`the check of ARM64 is for linux on x64 or arm64, not ${process.platform} ${process.arch}`);
  const { cc, ar, emulator } = await cross();
  const runner = emulator.join(' ');
  const name = TARGET.toUpperCase().replaceAll('-', '_');
  const env = {
    ...(await rust()),
    [`CARGO_TARGET_${name}_LINKER`]: cc,
    [`CARGO_TARGET_${name}_RUNNER`]: runner,
    [`CC_${TARGET.replaceAll('-', '_')}`]: cc,
    [`AR_${TARGET.replaceAll('-', '_')}`]: ar,
    // Tests that start themselves again have to be emulated as well: the kernel would not know what to do with the file.
    TICKRING_TEST_RUNNER: runner,
    TICKRING_TEST_EMULATED: '1',
  };
  return { env, emulator };
}
