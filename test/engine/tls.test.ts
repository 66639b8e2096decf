/** The same over TLS, whose certificates are always verified. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { DISCONNECT_REASONS } from '#dist/model/codes.js';
import type { TransportName } from '#dist/model/config.js';
import { type Certificate, type CertificateOptions, certificate } from '../../bench/certificate.js';
import { accepted, closeFrame, FRAME, frame, RawVenue } from './raw-venue.js';
import { TRANSPORTS } from './rig.js';
import { digestOf } from './socket-log.js';

const CLIENT = fileURLToPath(new URL('./tls-client.mjs', import.meta.url));
const run = promisify(execFile);

let folder: string;
let venue: RawVenue | undefined;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tickring-tls-'));
});
afterEach(async () => {
  await venue?.stop();
  venue = undefined;
});
afterAll(() => rmSync(folder, { recursive: true }));

interface Outcome {
  readonly frames: number;
  readonly bytes: number;
  readonly digest: string;
  readonly closing: { readonly reason: number; readonly text: string } | null;
}

/** What a client gets that trusts `authority`. */
async function outcome(
  url: string,
  transport: TransportName,
  count: number,
  { cert }: Certificate,
  env: Record<string, string> = {},
): Promise<Outcome> {
  const authority = join(folder, 'authority.pem');
  writeFileSync(authority, cert);
  const { stdout } = await run(process.execPath, [CLIENT, url, transport, String(count)], {
    env: { ...process.env, NODE_EXTRA_CA_CERTS: authority, NODE_NO_WARNINGS: '1', ...env },
  });
  return JSON.parse(stdout) as Outcome;
}

async function start(options: CertificateOptions = {}): Promise<[RawVenue, Certificate]> {
  const made = certificate(options);
  venue = await RawVenue.start(made);
  return [venue, made];
}

describe.each(TRANSPORTS)('over %s', (transport) => {
  it('frames arrive as sent, in records of one byte and of many frames, by name and by address', async () => {
    const [server, made] = await start();
    const messages = [
      ...Array.from({ length: 300 }, (_, index) => Buffer.from(`{"index":${index},"text":"κόσμε"}`)),
      Buffer.alloc(200_000, 'l'),
      Buffer.from('last'),
    ];
    for (const [index, host] of ['127.0.0.1', 'localhost'].entries()) {
      const got = outcome(server.url.replace('127.0.0.1', host), transport, messages.length, made);
      const client = await server.client(index);
      const [first = Buffer.alloc(0), ...rest] = messages.map((text) => frame(FRAME.text, text));
      const slow = Buffer.concat([Buffer.from(accepted(client.key)), first]);
      for (const byte of slow) client.send(Buffer.from([byte]));
      client.send(Buffer.concat(rest));
      expect(await got).toEqual({ ...digestOf(messages), closing: null });
      expect(client.request).toMatch(new RegExp(`^host: ${host}:`, 'im'));
    }
  });

  it('a close is answered, and an end without one is a closed connection', async () => {
    const [server, made] = await start();
    const closed = outcome(server.url, transport, 9, made);
    const one = await server.client(0);
    one.send(Buffer.concat([Buffer.from(accepted(one.key)), closeFrame(1012, 'restart')]));
    one.socket.once('end', () => one.socket.end());
    expect((await closed).closing).toMatchObject({ reason: DISCONNECT_REASONS.closed, text: 'closed 1012 restart' });
    expect(one.closeCode).toBe(1012);
    const cut = outcome(server.url, transport, 9, made);
    const two = await server.client(1);
    two.send(Buffer.concat([Buffer.from(accepted(two.key)), frame(FRAME.text, 'half').subarray(0, 3)]));
    setTimeout(() => two.socket.end(), 20);
    expect(await cut).toMatchObject({ frames: 0, closing: { reason: DISCONNECT_REASONS.closed, text: 'closed 1006' } });
  });

  it('a refusal or a violation amid much data ends it, and what is still on its way harms nobody', async () => {
    const [server, made] = await start();
    const much = Buffer.concat(Array.from({ length: 2_000 }, () => frame(FRAME.text, 'x'.repeat(1_000))));
    const refused = outcome(server.url, transport, 1, made);
    const one = await server.client(0);
    one.send(Buffer.concat([Buffer.from('HTTP/1.1 429 Slower\r\nRetry-After: 3\r\n\r\n'), much]));
    expect((await refused).closing).toMatchObject({
      reason: DISCONNECT_REASONS.refused,
      refusal: { retryAfterMs: 3_000 },
      text: 'handshake answered 429',
    });
    const broken = outcome(server.url, transport, 9_999, made);
    const two = await server.client(1);
    two.send(Buffer.concat([Buffer.from(accepted(two.key)), much, frame(0x83, ''), much]));
    expect(await broken).toMatchObject({ frames: 2_000, closing: { reason: DISCONNECT_REASONS.error } });
  });

  it.each([
    ['nobody vouches for', {}, false, /self.signed/i],
    ['has expired', { fromDays: -20, toDays: -10 }, true, /expired/],
    ['is not valid yet', { fromDays: 10, toDays: 20 }, true, /not yet valid/],
    ['is made out to another host', { name: 'other.example', address: [127, 0, 0, 2] }, true, /does not match|not in the cert/],
  ] as const)('a certificate that %s is refused, whatever the environment allows', async (_, options, isTrusted, text) => {
    const [server, made] = await start(options);
    const authority = isTrusted ? made : certificate();
    for (const env of [{}, { NODE_TLS_REJECT_UNAUTHORIZED: '0' }]) {
      const { frames, closing } = await outcome(server.url, transport, 1, authority, env);
      expect({ frames, reason: closing?.reason }).toEqual({ frames: 0, reason: DISCONNECT_REASONS.error });
      expect(closing?.text).toMatch(text);
    }
    expect(server.clients.map(({ request }) => request).filter((request) => request !== '')).toEqual([]);
  });
});
