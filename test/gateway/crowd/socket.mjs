/**
 * A WebSocket client for crowds: thousands share one buffer and one parser, since the program that counts must cost less than the
 * gateway that it looks at. It knows text frames, ping and close, unfragmented: what the gateway sends.
 */
import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';

const chunk = Buffer.allocUnsafe(1 << 16);
const [TEXT, CLOSE, PING, PONG] = [1, 8, 9, 10];

/** A client's frame with the mask 0. */
function frame(opcode, payload) {
  const head = payload.length < 126 ? [0x80 | opcode, 0x80 | payload.length] : undefined;
  if (head !== undefined) return Buffer.concat([Buffer.from([...head, 0, 0, 0, 0]), payload]);
  const long = Buffer.from([0x80 | opcode, 0x80 | 126, payload.length >> 8, payload.length & 255, 0, 0, 0, 0]);
  return Buffer.concat([long, payload]);
}

export class CrowdSocket {
  #socket;
  #head = '';
  #isOpen = false;
  /** What a chunk ended with: the beginning of a frame. */
  #rest = Buffer.alloc(0);
  #on;

  /** `on`: `open()`, `text(latin1)`, `close(code)` with 1006 where no close frame came, or the HTTP status that refused it. */
  constructor(port, on, protocol = 'tickring.json.v1') {
    this.#on = on;
    let code = 1006;
    const callback = (size) => {
      const closed = this.#take(chunk.subarray(0, size));
      if (closed !== undefined) {
        code = closed;
        this.#socket.destroy();
      }
      return true;
    };
    this.#socket = connect({ host: '127.0.0.1', port, onread: { buffer: chunk, callback } });
    this.#socket.setNoDelay(true);
    this.#socket.on('error', () => undefined);
    this.#socket.on('close', () => on.close(code));
    this.#socket.write(
      `GET /ws HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n` +
        `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\nSec-WebSocket-Protocol: ${protocol}\r\n\r\n`,
    );
  }

  send(message) {
    this.#socket.write(frame(TEXT, Buffer.from(JSON.stringify(message))));
  }

  pause() {
    this.#socket.pause();
  }

  resume() {
    this.#socket.resume();
  }

  /** Vanishes: with a reset, or in order as far as TCP is concerned. */
  cut(isHard) {
    if (isHard) this.#socket.resetAndDestroy();
    else this.#socket.destroy();
  }

  /** Returns the code with which it ends, if it ends. */
  #take(bytes) {
    let at = 0;
    if (!this.#isOpen) {
      const text = this.#head + bytes.toString('latin1');
      const end = text.indexOf('\r\n\r\n');
      if (end < 0) {
        this.#head = text;
        return undefined;
      }
      const status = Number(text.slice(9, 12));
      if (status !== 101) return status;
      at = end + 4 - this.#head.length;
      this.#head = '';
      this.#isOpen = true;
      this.#on.open();
    }
    const whole = this.#rest.length === 0 ? bytes.subarray(at) : Buffer.concat([this.#rest, bytes.subarray(at)]);
    return this.#frames(whole);
  }

  #frames(bytes) {
    let at = 0;
    while (bytes.length - at >= 2) {
      const short = bytes[at + 1];
      const headBytes = short < 126 ? 2 : short === 126 ? 4 : 10;
      if (bytes.length - at < headBytes) break;
      const length = short < 126 ? short : short === 126 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2));
      const end = at + headBytes + length;
      if (end > bytes.length) break;
      const opcode = bytes[at] & 15;
      const from = at + headBytes;
      if (opcode === TEXT) this.#on.text(bytes.latin1Slice(from, end));
      else if (opcode === CLOSE) return length >= 2 ? bytes.readUInt16BE(from) : 1005;
      else if (opcode === PING) this.#socket.write(frame(PONG, Buffer.from(bytes.subarray(from, end))));
      at = end;
    }
    this.#rest = at === bytes.length ? Buffer.alloc(0) : Buffer.from(bytes.subarray(at));
    return undefined;
  }
}
