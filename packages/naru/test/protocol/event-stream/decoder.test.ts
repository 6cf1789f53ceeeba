import { describe, expect, it } from 'vitest';
import { EventStreamDecoder, type ReceivedEvent } from '../../../src/protocol/event-stream/decoder.js';

const utf8 = (text: string): Buffer => Buffer.from(text);

function read(stream: Buffer, size = stream.byteLength): ReceivedEvent[] {
  const decoder = new EventStreamDecoder();
  const events: ReceivedEvent[] = [];
  for (let at = 0; at < stream.byteLength; at += size) events.push(...decoder.add(stream.subarray(at, at + size)));
  return events;
}

const EXAMPLES: readonly (readonly [claim: string, stream: string, events: ReceivedEvent[]])[] = [
  [
    'joins lines of data',
    'data: YHOO\ndata: +2\ndata: 10\n\n',
    [{ event: 'message', data: 'YHOO\n+2\n10', lastEventId: '' }],
  ],
  [
    'keeps the id until another comes, an empty one too, and takes one leading space off',
    ': test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n',
    [
      { event: 'message', data: 'first event', lastEventId: '1' },
      { event: 'message', data: 'second event', lastEventId: '' },
      { event: 'message', data: ' third event', lastEventId: '' },
    ],
  ],
  [
    'takes data without a colon for an empty line, and drops what no blank line ends',
    'data\n\ndata\ndata\n\ndata:',
    [
      { event: 'message', data: '', lastEventId: '' },
      { event: 'message', data: '\n', lastEventId: '' },
    ],
  ],
  [
    'ends lines with CR, LF or both',
    'event: a\rdata: 1\r\r\nevent: b\r\ndata: 2\r\n\r\ndata: 3\n\n',
    [
      { event: 'a', data: '1', lastEventId: '' },
      { event: 'b', data: '2', lastEventId: '' },
      { event: 'message', data: '3', lastEventId: '' },
    ],
  ],
  [
    'forgets the type with each blank line, and knows the id of an event without data',
    'event: lost\nid: 4\n\ndata: x\n\n',
    [{ event: 'message', data: 'x', lastEventId: '4' }],
  ],
  [
    'ignores unknown fields, ids with NUL and a byte order mark',
    '\ufeffdata: \u20ac\nother: 1\nid: a\0b\n:\n\n',
    [{ event: 'message', data: '\u20ac', lastEventId: '' }],
  ],
];

describe('EventStreamDecoder', () => {
  for (const [claim, stream, events] of EXAMPLES) {
    it(`${claim}, whole and cut anywhere`, () => {
      const bytes = utf8(stream);
      for (let size = 1; size <= bytes.byteLength; size += 1) expect(read(bytes, size)).toEqual(events);
    });
  }

  it('knows the newest id and the requested delay, which must be digits', () => {
    const decoder = new EventStreamDecoder();
    decoder.add(utf8('retry: 250\nretry: 1s\nid: 9\n\n'));
    expect(decoder.retryMs).toBe(250);
    expect(decoder.lastEventId).toBe('9');
  });

  it('refuses a line, and an event, above the limit', () => {
    const within = new EventStreamDecoder(10);
    expect(within.add(utf8('data: 1234\ndata: 5678\n\n'))).toHaveLength(1);
    for (const stream of ['data: 123456', 'data: 123456\n', `${'data: 12\n'.repeat(4)}\n`, `${'x'.repeat(11)}`]) {
      expect(() => new EventStreamDecoder(10).add(utf8(stream))).toThrow(/limit of 10 characters/);
    }
  });

  it('replaces bytes that are not UTF-8', () => {
    expect(read(Buffer.from([0x64, 0x61, 0x74, 0x61, 0x3a, 0xff, 0x0a, 0x0a]))[0]?.data).toBe('\ufffd');
  });
});
