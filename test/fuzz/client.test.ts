/** Sends the client what a hostile server could send. FUZZ_MINUTES sets how long; a failure prints its seed. */

import { describe, expect, it } from 'vitest';
import { createClient } from '../../packages/naru/src/client/create-client.js';
import { Polling } from '../../packages/naru/src/client/engine/polling.js';
import { parseSetCookie } from '../../packages/naru/src/client/node/cookies.js';
import { ClientDecoder } from '../../packages/naru/src/client/socket/packet-codec.js';
import { PacketDecoder } from '../../packages/naru/src/protocol/socket-io/decoder.js';
import { createFakeClock } from '../../packages/naru/test/client/fake-clock.js';
import { createFakeLink } from '../../packages/naru/test/client/fake-link.js';
import { fc } from '../kit/fast-check.js';
import { fuzzTimeMs, fuzzTimeoutMs } from '../kit/fuzz-time.js';

const PROPERTIES = 4;
const options = {
  numRuns: Number.MAX_SAFE_INTEGER,
  interruptAfterTimeLimit: fuzzTimeMs / PROPERTIES,
  markInterruptAsFailure: false,
};

const place = (num: unknown): string => JSON.stringify({ _placeholder: true, num });
const SEEDS = [
  '0{"sid":"a","pid":"p"}',
  '0/n,{"sid":"b"}',
  '1',
  '1/n,',
  '2["foo",1,{"a":[null,true]}]',
  '2["n","0000000000a"]',
  '2/n,12["bar"]',
  '30[1]',
  '3/n,1[]',
  '4{"message":"m","data":{}}',
  '4"no"',
  `51-["a",${place(0)}]`,
  `62-/n,7[{"x":${place(1)}},[${place(0)}]]`,
  `52-["a",{"__proto__":${place(0)},"constructor":{"prototype":${place(1)}}}]`,
];
// Spaces are left out: before an array the server's decoder refuses one, while the client's takes it, as JSON.parse
// does.
const TOKENS = [
  ...'[]{}"\\,:-/?019.e',
  'null',
  '\ud800',
  '__proto__',
  '"num":0',
  place(0),
  place(1),
  place(-1),
  place('0'),
  place(1e9),
  '9007199254740993',
  'disconnect',
  '51-',
];

const edit = fc.tuple(fc.nat(), fc.nat(3), fc.constantFrom(...TOKENS, ''));
const packet = fc.tuple(fc.constantFrom(...SEEDS), fc.array(edit, { maxLength: 4 })).map(([seed, edits]) =>
  edits.reduce((text, [at, cut, token]) => {
    const start = at % (text.length + 1);
    return text.slice(0, start) + token + text.slice(start + cut);
  }, seed),
);
const bytes = fc.uint8Array({ maxLength: 4 });
const handshake = fc
  .record(
    {
      sid: fc.oneof(fc.constant('s'), fc.jsonValue({ maxDepth: 1 })),
      upgrades: fc.oneof(fc.array(fc.constantFrom('websocket', 'x', '__proto__')), fc.jsonValue({ maxDepth: 1 })),
      pingInterval: fc.oneof(fc.integer(), fc.constantFrom(1e300, '1', null)),
      pingTimeout: fc.oneof(fc.integer(), fc.constantFrom(-1, 1e300)),
      maxPayload: fc.oneof(fc.integer(), fc.constantFrom(0, -5, '9')),
    },
    { requiredKeys: ['sid', 'pingInterval', 'pingTimeout'] },
  )
  .map((value) => `0${JSON.stringify(value)}`);
const unit = fc.oneof(
  { weight: 6, arbitrary: packet.map((text) => `4${text}`) },
  { weight: 2, arbitrary: bytes },
  { weight: 1, arbitrary: handshake },
  { weight: 1, arbitrary: fc.constantFrom('', '1', '2', '2probe', '3', '3probe', '5', '6', '7', 'b', 'bAQ==', 'b!') },
);

describe('a hostile server', () => {
  it("gets the same answers from the client's decoder as from the server's", {
    timeout: fuzzTimeoutMs(),
  }, () => {
    const run = fc.property(fc.array(fc.oneof(packet, bytes), { minLength: 1, maxLength: 6 }), (units) => {
      const [mine, theirs] = [new ClientDecoder(), new PacketDecoder()];
      for (const each of units) expect(outcomeOf(() => mine.add(each))).toEqual(outcomeOf(() => theirs.add(each)));
    });
    fc.assert(run, options);
  });

  it('cannot crash a manager, and leaves no timer behind', { timeout: fuzzTimeoutMs() }, async () => {
    const step = fc.oneof(
      { weight: 8, arbitrary: unit },
      { weight: 1, arbitrary: fc.constantFrom('accept', 'fail', 'close', 'pause', 'wait') },
    );
    const run = fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const clock = createFakeClock();
      const link = createFakeLink(clock);
      const manager = new (createClient(link.platform).Manager)('http://h', {
        ...link.options,
        reconnectionDelayMax: 10,
      });
      for (const name of ['/', '/n']) manager.socket(name, { ackTimeout: 50, bufferCountMax: 5 });
      link.last.accept({ upgrades: ['websocket'] });
      for (const each of steps) {
        const target = link.transports.at(-1 - (steps.length % 2)) ?? link.last;
        if (each === 'accept') link.last.accept();
        else if (each === 'fail') target.onError('fail');
        else if (each === 'close') target.onClose();
        else if (each === 'pause') link.transports.at(-2)?.onPaused?.();
        else if (each === 'wait') await clock.advance(20);
        else {
          // A WebSocket delivers nothing until it is open.
          if (!target.writable && target.readyState === 'opening') target.onOpen();
          target.receive(each);
        }
        if (manager.socket('/').connected) manager.socket('/').emit('x', () => {});
      }
      manager.disconnect();
      // A session that is changing its transport closes after the change.
      for (const transport of link.transports) transport.onPaused?.();
      await clock.advance(100);
      expect([manager.readyState, clock.pendingCount]).toEqual(['closed', 0]);
    });
    await fc.assert(run, options);
  });

  it('cannot crash polling', { timeout: fuzzTimeoutMs() }, () => {
    class Answered extends Polling {
      protected override readonly labels = ['poll', 'post'] as const;
      answer: ((text: string) => void) | undefined;
      protected request(_body: string | undefined, outcome: { onText(text: string): void }): () => void {
        this.answer = (text) => outcome.onText(text);
        return () => {};
      }
    }
    const text = fc.array(fc.oneof(unit, fc.string()), { maxLength: 5 }).map((units) => units.join('\x1e'));
    const run = fc.property(fc.array(text, { maxLength: 5 }), (bodies) => {
      const polling = new Answered({ query: {} });
      polling.on('error', () => polling.close());
      polling.open();
      for (const body of bodies) polling.answer?.(body);
      polling.close();
      expect(polling.readyState).toBe('closed');
    });
    fc.assert(run, options);
  });

  it('cannot pass off invalid text as a cookie', { timeout: fuzzTimeoutMs() }, () => {
    const part = fc.constantFrom(
      'a',
      '=',
      ';',
      '"',
      ' ',
      'Max-Age',
      'Expires',
      '-',
      '1',
      '99999999999999999999',
      'GMT',
    );
    const header = fc.oneof(
      fc.string(),
      fc.array(part).map((parts) => parts.join('')),
    );
    const run = fc.property(header, (text) => {
      const cookie = parseSetCookie(text, 0);
      if (cookie) expect(cookie.name + cookie.value).not.toMatch(/;/);
      expect(cookie?.name).not.toBe('');
    });
    fc.assert(run, options);
  });
});

function outcomeOf(act: () => unknown): unknown {
  try {
    return act();
  } catch {
    return 'refused';
  }
}
