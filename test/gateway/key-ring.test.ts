import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { KeyRing } from '../../src/gateway/key-ring.js';
import { KeyChain } from './access-harness.js';
import { memoryLogger } from './harness.js';

const files = vi.hoisted(() => ({ failure: undefined as string | undefined }));
vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>();
  const openSync: typeof fs.openSync = (path, ...rest) => {
    const { failure } = files;
    if (failure !== undefined && String(path).endsWith('keys.json')) throw Object.assign(new Error(failure), { code: failure });
    return fs.openSync(path, ...rest);
  };
  return { ...fs, openSync };
});

let keys: KeyChain;
beforeEach(() => {
  keys = new KeyChain();
});
afterEach(() => {
  files.failure = undefined;
  keys.close();
});

it('a key that is revoked while no file can be opened ends as soon as one can be', () => {
  const logger = memoryLogger();
  const { key, id } = keys.add(['read']);
  const ring = new KeyRing(keys.stateDir, false, logger);
  keys.revoke(id);
  files.failure = 'EMFILE';
  for (let look = 0; look < 3; look += 1) ring.look();
  expect(ring.find(key, Date.now())?.id).toBe(id);
  expect(logger.lines.filter(({ message }) => message.includes('keys cannot be read'))).toHaveLength(1);
  files.failure = undefined;
  ring.look();
  expect(ring.find(key, Date.now())).toBeUndefined();
});
