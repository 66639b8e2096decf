/** HTTP as bytes: for requests that no proper client sends. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export interface RawAnswer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

export async function openSocket(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

/** Sends `request` as it is and reads until the server closes or the announced body is complete. */
export async function rawRequest(port: number, request: string): Promise<RawAnswer> {
  const socket = await openSocket(port);
  let received = '';
  const answer = new Promise<RawAnswer>((resolve, reject) => {
    const finish = (): void => {
      const parsed = parse(received);
      if (parsed === undefined) return;
      resolve(parsed);
      socket.destroy();
    };
    socket.on('data', (bytes: Buffer) => {
      received += bytes.toString('latin1');
      finish();
    });
    socket.on('close', () => {
      finish();
      reject(new Error(`no answer, got ${JSON.stringify(received)}`));
    });
  });
  socket.write(request);
  return answer;
}

function parse(text: string): RawAnswer | undefined {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const [first = '', ...lines] = text.slice(0, end).split('\r\n');
  const headers = new Map(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  );
  const body = text.slice(end + 4);
  const status = Number(first.split(' ')[1]);
  const length = Number(headers.get('content-length') ?? '0');
  return body.length >= length || status === 304 ? { status, headers, body } : undefined;
}

/** The request that opens a WebSocket, with these headers changed; undefined leaves one out. */
export function upgradeRequest(port: number, changes: Readonly<Record<string, string | undefined>> = {}): string {
  const headers: Record<string, string | undefined> = {
    Host: `127.0.0.1:${port}`,
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
    ...changes,
  };
  const lines = Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}`]));
  return `GET /ws HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`;
}
