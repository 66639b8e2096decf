import { generateKeyPairSync, sign } from 'node:crypto';

/** A self-signed certificate and its key, in PEM: it is its own authority. */
export interface Certificate {
  readonly key: string;
  readonly cert: string;
}

export interface CertificateOptions {
  /** DNS name and IPv4 address that it stands for; default `localhost` and 127.0.0.1. */
  readonly name?: string;
  readonly address?: readonly number[];
  /** Days from now at which it begins and ends; default −1 and 30. */
  readonly fromDays?: number;
  readonly toDays?: number;
}

const SEQUENCE = 0x30;
const DAY_MS = 86_400_000;
/** ecdsa-with-SHA256, commonName, subjectAltName, basicConstraints. */
const ECDSA_SHA256 = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02];
const COMMON_NAME = [0x55, 0x04, 0x03];
const ALTERNATIVE_NAME = [0x55, 0x1d, 0x11];
const BASIC_CONSTRAINTS = [0x55, 0x1d, 0x13];

/** One DER value: tag, length, content. */
function der(tag: number, ...parts: readonly (Buffer | readonly number[])[]): Buffer {
  const content = Buffer.concat(parts.map((part) => Buffer.from(part)));
  const size = content.length;
  const length = size < 128 ? [size] : size < 256 ? [0x81, size] : [0x82, size >> 8, size & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), content]);
}

function extension(oid: readonly number[], value: Buffer): Buffer {
  return der(SEQUENCE, der(0x06, oid), der(0x04, value));
}

function time(days: number): Buffer {
  const text = new Date(Date.now() + days * DAY_MS).toISOString().replace(/[-:T]|\.\d+/g, '');
  return der(0x18, Buffer.from(text));
}

/** X.509 v3 on P-256, as RFC 5280 §4.1 lays it out; Node can use certificates but not make them. */
export function certificate(options: CertificateOptions = {}): Certificate {
  const { name = 'localhost', address = [127, 0, 0, 1], fromDays = -1, toDays = 30 } = options;
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const algorithm = der(SEQUENCE, der(0x06, ECDSA_SHA256));
  const who = der(SEQUENCE, der(0x31, der(SEQUENCE, der(0x06, COMMON_NAME), der(0x0c, Buffer.from(name)))));
  const names = der(SEQUENCE, der(0x82, Buffer.from(name)), der(0x87, address));
  const extensions = [
    extension(ALTERNATIVE_NAME, names),
    // It is its own authority.
    extension(BASIC_CONSTRAINTS, der(SEQUENCE, der(0x01, [0xff]))),
  ];
  const body = der(
    SEQUENCE,
    der(0xa0, der(0x02, [2])),
    der(0x02, [1]),
    algorithm,
    who,
    der(SEQUENCE, time(fromDays), time(toDays)),
    who,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, der(SEQUENCE, ...extensions)),
  );
  const whole = der(SEQUENCE, body, algorithm, der(0x03, [0], sign('sha256', body, privateKey)));
  const lines = whole.toString('base64').match(/.{1,64}/g) ?? [];
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`,
  };
}
