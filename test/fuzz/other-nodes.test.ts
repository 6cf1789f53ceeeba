/**
 * Gives the readers of what other processes write nearly valid texts, records, frames and messages. FUZZ_MINUTES sets
 * how long; a failure prints its seed.
 */
import { crc32 } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { encodeFrame, FrameReader } from '../../packages/local/src/frames.js';
import { decodeRecord, encodeRecord, isLaterRecord } from '../../packages/local/src/records/record.js';
import { TOLD_ROOM } from '../../packages/naru/src/backplane/own-records.js';
import { ProtocolError, UnavailableError } from '../../packages/naru/src/base/errors.js';
import { decodeEntry } from '../../packages/naru/src/namespace/presence/shared-keys.js';
import { decodeSession } from '../../packages/naru/src/namespace/recovery/written-session.js';
import {
  readAction,
  readEvent,
  readFacts,
  readHint,
  readTarget,
} from '../../packages/naru/src/namespace/remote/incoming.js';
import { readSlowReport } from '../../packages/naru/src/namespace/remote/server-calls.js';
import { encodeValue } from '../../packages/naru/src/protocol/json-event/message.js';
import { FakeClock, TestServer } from '../../packages/testing/src/index.js';
import { RawClient } from '../kit/clients/raw-client.js';
import { fc } from '../kit/fast-check.js';
import { fuzzTimeMs, fuzzTimeoutMs } from '../kit/fuzz-time.js';
import { sharedMemory } from '../kit/servers/shared-memory.js';

const options = {
  numRuns: Number.MAX_SAFE_INTEGER,
  interruptAfterTimeLimit: fuzzTimeMs / 4,
  markInterruptAsFailure: false,
};
const TIMEOUT = { timeout: fuzzTimeoutMs() };

// The texts are those of later versions, too.
const warn = vi.spyOn(process, 'emitWarning');
beforeAll(() => void warn.mockReturnValue(undefined));
afterAll(() => warn.mockRestore());

const NAMES =
  'v id startedAfter rooms leaving present owner foreign endedAt node state at takenAt since changes topics room'.split(
    ' ',
  );
const WORDS = [...NAMES, 'act', 'ask', 'taken', 'join', 'leave', 'disconnect', 'connect', 'emit', 'volatile', 'answer'];
const leaf = fc.oneof(
  fc.constantFrom(0, 1, 2, -1, 1.5, 1e300, true, false, null, '', '00000000001', '{}', '{', '\0naru', '__proto__'),
  fc.constantFrom(...WORDS),
  fc.string({ maxLength: 3 }),
);
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    leaf,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(
      fc.constantFrom(...NAMES, 'rooms', 'handshake', 'count', 'readers', 'totals', 'bytes', '$bytes'),
      tie('value'),
    ),
  ),
}));
const message = fc.array(fc.oneof(leaf, value), { maxLength: 6 });
/** A message that is nearly one of those that nodes send. */
const nearMessage = fc
  .tuple(fc.constantFrom('act', 'ask', 'taken', 'emit', 'volatile', 'answer', 'sockets', 'asked'), message)
  .chain(([name, rest]) => {
    const target = fc.oneof(fc.constant([['r'], [], true]), value);
    return fc.tuple(fc.constant(name), leaf, target, ...rest.map((each) => fc.oneof(fc.constant(each), value)));
  });

describe('the writing of another process', () => {
  it('is read as texts of the store, or not at all', TIMEOUT, () => {
    const text = fc.oneof(
      value.map((each) => JSON.stringify(each)),
      fc.string(),
    );
    fc.assert(
      fc.property(text, (written) => {
        const session = decodeSession(written);
        if (session) expect([typeof session.id, Array.isArray(session.rooms)]).toEqual(['string', true]);
        const entry = decodeEntry(written, 's');
        if (entry) JSON.parse(entry.state);
      }),
      options,
    );
  });

  it('is read as a record of the log, or not at all, also with a checksum that fits', TIMEOUT, () => {
    const record = { rooms: ['r'], except: [], event: '["x"]', attachments: [Uint8Array.of(1, 2)], at: 1, key: 'k' };
    const whole = encodeRecord(record);
    const change = fc.record({ at: fc.nat({ max: whole.length - 1 }), byte: fc.nat({ max: 255 }) });
    fc.assert(
      fc.property(
        fc.array(change, { maxLength: 4 }),
        fc.nat({ max: whole.length }),
        fc.boolean(),
        (changes, cut, fits) => {
          const bytes = Buffer.from(whole.subarray(0, cut < 5 ? cut : whole.length - cut + 5));
          for (const { at, byte } of changes) if (at < bytes.length) bytes[at] = byte;
          if (fits && bytes.length > 5) bytes.writeUInt32BE(crc32(bytes.subarray(5)), 1);
          const read = decodeRecord(bytes);
          if (read)
            expect([typeof read.event, typeof read.at, isLaterRecord(bytes)]).toEqual(['string', 'number', false]);
        },
      ),
      options,
    );
  });

  it('is refused by the readers of talk with errors of their own', TIMEOUT, () => {
    fc.assert(
      fc.property(value, message, (one, list) => {
        for (const read of [() => readTarget(one), () => readEvent(one), () => readHint(one), () => readAction(list)]) {
          try {
            read();
          } catch (error) {
            expect(error).toBeInstanceOf(UnavailableError);
          }
        }
        for (const facts of readFacts(one) ?? []) expect(typeof facts.id).toBe('string');
        for (const { bytes } of readSlowReport(one)?.readers ?? []) expect(typeof bytes).toBe('number');
      }),
      options,
    );
  });

  it('is read as frames, or ends the link', TIMEOUT, () => {
    const head = fc.record(
      {
        kind: fc.constantFrom('nodes', 'talk', 'x'),
        version: leaf,
        name: leaf,
        nodes: value,
        to: leaf,
        envelope: value,
      },
      { requiredKeys: [] },
    );
    const part = fc.oneof(
      head.map((each) => Buffer.concat([...encodeFrame(each as never, Buffer.from('body'))])),
      fc.uint8Array({ maxLength: 12 }).map((bytes) => Buffer.from(bytes)),
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 4 }), fc.integer({ min: 1, max: 50 }), (parts, size) => {
        const reader = new FrameReader();
        const bytes = Buffer.concat(parts);
        try {
          for (let at = 0; at < bytes.length; at += size) reader.read(bytes.subarray(at, at + size), () => undefined);
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
          expect((error as ProtocolError).code).toBe('LINK_BAD_FRAME');
        }
      }),
      options,
    );
  });

  it('does not stop a server, whose clients still get the events after it', TIMEOUT, async () => {
    const clock = new FakeClock();
    const backplane = sharedMemory(clock);
    const server = new TestServer({ clock, server: { backplane, connectionStateRecovery: {}, pingInterval: 1e6 } });
    const other = new TestServer({ seed: 2, clock, server: { backplane, connectionStateRecovery: {} } });
    const stranger = backplane.talk?.join({ onMessage: () => undefined, onQuestion: () => Buffer.from('[1]') });
    server.io.engine.on('log_error', () => undefined);
    const told: unknown[] = [];
    server.io.on('now', (n: unknown) => told.push(n));
    const enter = async (): Promise<RawClient> => {
      const opened = await RawClient.open(server);
      opened.send('40');
      await clock.settle();
      return opened;
    };
    let client = await enter();
    let n = 0;
    const check = async (written: string): Promise<void> => {
      const head = { rooms: [TOLD_ROOM], except: [TOLD_ROOM], attachments: [], at: clock.now() };
      const bytes = Buffer.from(written.replace('[', '[1,'));
      await backplane.log.append('/', [{ ...head, event: written }]);
      for (const namespace of ['/', 'server']) stranger?.publish(namespace, bytes);
      const asking = stranger?.ask('/', bytes, 1_000);
      await clock.settle();
      // The message may have told the server to let the client go.
      if (client.ended || client.texts.includes('41')) client = await enter();
      n += 1;
      stranger?.publish('/', Buffer.from(`[1,"emit","now",${n}]`));
      other.io.emit('now', n);
      await clock.advance(1_000);
      await asking;
      expect([told.at(-1), client.texts.some((text) => text.startsWith(`42["now",${n},`))]).toEqual([n, true]);
      client.received.length = 0;
    };
    const text = fc.oneof(nearMessage, message, value).map((each) => encodeValue(each));
    await fc.assert(fc.asyncProperty(text, check), options);
    await Promise.all([server.close(), other.close()]);
  });
});
