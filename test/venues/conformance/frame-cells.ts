/** F10–F12, F20, F25, F31, F32: bytes, sizes and speeds. */
import { deflateRawSync } from 'node:zlib';
import { FRAME, frame } from '../../engine/raw-venue.js';
import { eventually } from '../../engine/rig.js';
import { BOOKS, type Cell, hold, none, PROMISED } from './cell.js';
import { byNumbers, UNNUMBERED_LOSS } from './message-cells.js';
import { Stage } from './stage.js';
import { accept, bytewise, fragments } from './wire.js';

const FRAME_SIZE_MAX = 8 << 20;
/** What a bomb may cost while it is refused: all engines of the run share the process, so this is no small number. */
const BOMB_BYTES = 256 << 20;

/** All connections are lost and made anew. */
export async function reconnected(stage: Stage, cause: () => void): Promise<void> {
  const open = (await stage.status()).connections.length;
  cause();
  await stage.until('disconnects', open);
  await stage.until('connects', open);
  await stage.recovered('covering');
}

const bytes: Cell = {
  id: 'F10',
  fault: 'text that is no UTF-8, messages with the other opcode, a reserved opcode, a reserved bit, a masked frame',
  promise: 'text is kept with its bytes and a code; a violation of RFC 6455 ends the connection, which is replaced',
  standing: byNumbers,
  async run(stage) {
    stage.inject('malformed', { kind: 'invalid_utf8', n: stage.subject.ids === 'none' ? UNNUMBERED_LOSS : 1 });
    const both = stage.subject.ids === 'connection' ? 1 : stage.subject.ids === 'none' ? BOOKS * UNNUMBERED_LOSS : BOOKS;
    for (const { code } of await stage.kept(both)) hold(code === 'FRAME_NOT_UTF8', `code ${code}`);
    await stage.recovered();
    await stage.begin();
    stage.inject('malformed', { kind: 'binary', n: 2 });
    await eventually('they were sent', () => stage.records().filter(({ fate }) => fate === 'malformed:binary').length >= 2);
    await stage.recovered();
    hold((await stage.grown('quarantined')) === 0, 'messages with the other opcode were refused');
    for (const violation of [frame(0x83, 'x'), frame(FRAME.text | 0x40, 'x'), Buffer.from([FRAME.text, 0x81, 1, 2, 3, 4, 5])]) {
      await stage.begin();
      await reconnected(stage, () => stage.wire.insert(violation));
      hold(
        stage.lines().some(({ fields }) => /\(1002\)/.test(String(fields['reason']))),
        'no line names 1002',
      );
    }
  },
};

const sizes: Cell = {
  id: 'F11',
  fault: 'a message of 8 MiB, and one byte more',
  promise: 'the first is read; the second ends its connection (1009), which is replaced; what was lost is in a gap',
  async run(stage) {
    const symbol = stage.subject.symbols[0];
    // The number of a connection's message is written last.
    const most = stage.subject.ids === 'connection' ? FRAME_SIZE_MAX - 64 : FRAME_SIZE_MAX;
    stage.inject('malformed', { kind: 'huge', symbol, size: most });
    await eventually('it was sent', () => stage.records().some(({ fate }) => fate === 'malformed:huge'));
    await stage.recovered();
    for (const name of ['disconnects', 'quarantined', 'resyncs']) hold((await stage.grown(name)) === 0, `${name} grew`);
    await stage.begin();
    stage.inject('malformed', { kind: 'huge', symbol, size: FRAME_SIZE_MAX + 1 });
    await stage.logged(/exceeds 8388608 \(1009\)/);
    await stage.until('connects', 1);
    await stage.recovered('covering');
  },
};

const levels: Cell = {
  id: 'F12',
  fault: 'a book message of 50,000 levels',
  promise: 'applied whole, or refused with a code and rebuilt; the other book goes on',
  standing: ({ dialect }) => (dialect.tellsChanges === true ? none('a message of its books has one level') : PROMISED),
  async run(stage) {
    stage.inject('malformed', { kind: 'levels', symbol: stage.subject.symbols[0] });
    await eventually('it was sent', () => stage.records().some(({ fate }) => fate === 'malformed:levels'));
    await stage.recovered();
    hold((await stage.grown('disconnects')) === 0, 'a connection was lost');
  },
};

const burst: Cell = {
  id: 'F20',
  fault: '30 times the messages for a while',
  promise: 'nothing is lost, or it is in a gap; the books are the venue’s afterwards',
  async run(stage) {
    const before = stage.records().length;
    stage.inject('burst', { factor: 30, ms: 500 });
    await eventually('the burst', () => stage.records().length > before + 2_000);
    await stage.recovered();
    for (const name of ['resyncs', 'disconnects']) hold((await stage.grown(name)) === 0, `${name} grew`);
  },
};

const pieces: Cell = {
  id: 'F25',
  isQuick: true,
  fault: 'a reset within a frame; messages byte by byte, and in fragments, empty ones among them',
  promise: 'the reset is a lost connection and its hole a gap; pieces change nothing',
  async run(stage) {
    await reconnected(stage, () => stage.wire.cut());
    for (const act of [bytewise, fragments]) {
      await stage.begin();
      const before = stage.wire.bewitched;
      stage.wire.bewitch(20, act);
      await eventually('twenty messages in pieces', () => stage.wire.bewitched >= before + 20);
      await stage.recovered();
      for (const name of ['disconnects', 'quarantined', 'resyncs']) hold((await stage.grown(name)) === 0, `${name} grew`);
    }
  },
};

const slow: Cell = {
  id: 'F31',
  fault: 'all bytes 300 ms late, each way, for a connection’s life',
  promise: 'nothing is lost or rebuilt; the books are those of then',
  async run(stage) {
    stage.wire.delayMs = 300;
    try {
      await reconnected(stage, () => stage.inject('disconnect'));
      await stage.begin();
      await stage.until('frames', 100);
      await stage.recovered();
      for (const name of ['disconnects', 'resyncs']) hold((await stage.grown(name)) === 0, `${name} grew`);
    } finally {
      await reconnected(stage, () => {
        stage.wire.delayMs = 0;
        stage.inject('disconnect');
      });
    }
  },
};

const bomb: Cell = {
  id: 'F32',
  fault: 'a compressed message of 64 MiB in 64 KiB; compression that nobody offered',
  promise: 'the connection ends and is replaced; what it would inflate to is never held',
  async alone(subject) {
    const message = frame(FRAME.text | 0x40, deflateRawSync(Buffer.alloc(64 << 20)));
    for (const transport of ['ws-deflate', 'native'] as const) {
      const stage = await Stage.start(subject, { transport });
      try {
        const before = process.memoryUsage.rss();
        const open = (await stage.status()).connections.length;
        stage.wire.answer(open, accept(message));
        stage.inject('disconnect');
        await eventually('all were bombed', () => stage.wire.answered >= open);
        await stage.until('connects', open);
        await stage.recovered('covering');
        hold(
          stage.lines().some(({ message }) => message === 'disconnected'),
          'no line tells of it',
        );
        hold(process.memoryUsage.rss() - before < BOMB_BYTES, 'the message was held');
      } finally {
        await stage.stop();
      }
    }
  },
};

export const frameCells: readonly Cell[] = [bytes, sizes, levels, burst, pieces, slow, bomb];
