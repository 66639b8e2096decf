/** A DNS server on loopback that says of each name what it is told to. */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIP } from 'node:net';

const HEAD_BYTES = 12;
const TYPES = { 4: 1, 6: 28 } as const;
const CLASS_IN = 1;
const TTL_S = 1;
/** Response, recursion available. */
const ANSWER = 0x8180;
const CODES = { served: 0, fails: 2, unknown: 3 } as const;

/** What is said of a name: its addresses, of either family; that the server cannot say; nothing at all. */
export type Said = readonly string[] | 'fails' | 'silent';

export class DnsServer {
  /** By name; others do not exist. */
  readonly names = new Map<string, Said>();
  /** Questions so far. */
  asked = 0;
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('message', (question, from) => this.#answer(question, from));
  }

  static async start(): Promise<DnsServer> {
    const socket = createSocket('udp4').bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return new DnsServer(socket);
  }

  /** As a server is configured. */
  get address(): string {
    return `127.0.0.1:${this.#socket.address().port}`;
  }

  async stop(): Promise<void> {
    this.#socket.close();
    await once(this.#socket, 'close');
  }

  #answer(question: Buffer, { port, address }: RemoteInfo): void {
    this.asked += 1;
    const { name, end } = nameAt(question);
    const type = question.readUInt16BE(end);
    const said = this.names.get(name);
    if (said === 'silent') return;
    const served = said === 'fails' ? [] : (said ?? []).filter((one) => type === TYPES[isIP(one) === 6 ? 6 : 4]);
    const head = Buffer.alloc(HEAD_BYTES);
    question.copy(head, 0, 0, 2);
    head.writeUInt16BE(ANSWER | CODES[said === 'fails' ? 'fails' : said === undefined ? 'unknown' : 'served'], 2);
    head.writeUInt16BE(1, 4);
    head.writeUInt16BE(served.length, 6);
    const asked = question.subarray(HEAD_BYTES, end + 4);
    this.#socket.send(Buffer.concat([head, asked, ...served.map((one) => record(type, one))]), port, address);
  }
}

function nameAt(question: Buffer): { readonly name: string; readonly end: number } {
  const labels: string[] = [];
  let at = HEAD_BYTES;
  for (let size = question[at] ?? 0; size !== 0; size = question[at] ?? 0) {
    labels.push(question.toString('latin1', at + 1, at + 1 + size));
    at += 1 + size;
  }
  return { name: labels.join('.').toLowerCase(), end: at + 1 };
}

/** The name is the question's. */
function record(type: number, address: string): Buffer {
  const data = bytesOf(address);
  const head = Buffer.alloc(12);
  head.writeUInt16BE(0xc000 | HEAD_BYTES, 0);
  head.writeUInt16BE(type, 2);
  head.writeUInt16BE(CLASS_IN, 4);
  head.writeUInt32BE(TTL_S, 6);
  head.writeUInt16BE(data.length, 10);
  return Buffer.concat([head, data]);
}

function bytesOf(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split('.').map(Number));
  const [left = '', right] = address.split('::');
  const words = (text: string): number[] => (text === '' ? [] : text.split(':').map((word) => Number.parseInt(word, 16)));
  const [first, last] = [words(left), words(right ?? '')];
  const all = [...first, ...Array<number>(8 - first.length - last.length).fill(0), ...last];
  return Buffer.from(all.flatMap((word) => [word >> 8, word & 0xff]));
}
