import { describe, expect, it } from 'vitest';
import { OutgoingEvent } from '../../../src/namespace/event/outgoing-event.js';
import { PacketType } from '../../../src/protocol/socket-io/packet.js';
import {
  chooseWire,
  EVENT_STREAM,
  encodeAckText,
  LINES,
  MESSAGES,
  packetsFor,
  TEXTS,
} from '../../../src/wires/events/wire.js';

function eventOf(data: unknown[], rooms: string[] = [], offset?: string, id?: number): OutgoingEvent {
  return OutgoingEvent.of({ type: PacketType.EVENT, nsp: '/', data, id }, { rooms: new Set(rooms), offset });
}

describe('the forms of an event', () => {
  const event = eventOf(['say', 'hi', { $a: Uint8Array.of(1) }], ['lobby'], '7', 3);

  it('is a type and a list of arguments in an event stream', () => {
    expect(EVENT_STREAM.encode(event, 'lobby', '7')).toBe(
      'event: say\nid: 7\ndata: ["hi",{"$$a":{"$bytes":"AQ=="}}]\n\n',
    );
  });

  it('is a message with the whole event if a client asks for that', () => {
    expect(MESSAGES.encode(event, 'lobby', '7')).toBe(
      'id: 7\ndata: {"event":"say","args":["hi",{"$$a":{"$bytes":"AQ=="}}],"room":"lobby","offset":"7"}\n\n',
    );
  });

  it('is a line, or a text that may ask for an acknowledgement', () => {
    const json = '{"event":"say","args":["hi",{"$$a":{"$bytes":"AQ=="}}],"room":"lobby"';
    expect(LINES.encode(event, 'lobby', '7')).toBe(`${json},"offset":"7"}\n`);
    expect(TEXTS.encode(event, 'lobby', '7')).toBe(`${json},"id":3,"offset":"7"}`);
    expect(encodeAckText(3, ['ok']).unit).toBe('{"ack":3,"args":["ok"]}');
  });

  it('is wrapped in an event stream when its name has another meaning there', () => {
    expect(EVENT_STREAM.encode(eventOf(['message', 1]), undefined, undefined)).toBe('data: [1]\n\n');
    for (const name of ['error', 'open', 'a\nb', '', 'naru:event']) {
      const data = `{"event":${JSON.stringify(name)},"args":[1]}`;
      expect(EVENT_STREAM.encode(eventOf([name, 1]), undefined, undefined)).toBe(
        `event: naru:event\ndata: ${data}\n\n`,
      );
    }
  });

  it("is defined for Naru's own events", () => {
    expect(EVENT_STREAM.encodeOwn('naru:gap', [{ after: '7' }])).toBe('event: naru:gap\ndata: [{"after":"7"}]\n\n');
    expect(MESSAGES.encodeOwn('naru:gap', [])).toBe('data: {"event":"naru:gap","args":[]}\n\n');
    expect(LINES.encodeOwn('naru:gap', [])).toBe('{"event":"naru:gap","args":[]}\n');
    expect(TEXTS.encodeOwn('naru:gap', [])).toBe('{"event":"naru:gap","args":[]}');
  });
});

describe('packetsFor', () => {
  it('gives everybody the same packet', () => {
    const event = eventOf(['a'], ['lobby']);
    expect(packetsFor(LINES, event, 'id-1')).toBe(packetsFor(LINES, event, 'id-2'));
    expect(packetsFor(LINES, event, 'id-1')).not.toBe(packetsFor(TEXTS, event, 'id-1'));
  });

  it('gives the place of an event, and the life of the log', () => {
    expect(packetsFor(LINES, eventOf(['a'], [], '7'), 'me', 'now')[0]?.unit).toBe(
      '{"event":"a","args":[],"offset":"7.now"}\n',
    );
    expect(packetsFor(LINES, eventOf(['a'], [], '7'), 'me')[0]?.unit).toBe('{"event":"a","args":[],"offset":"7"}\n');
  });

  it("names a room only if it is the only one, and not the client's own", () => {
    const unitOf = (rooms: string[]): unknown => packetsFor(TEXTS, eventOf(['a'], rooms), 'me')[0]?.unit;
    expect(unitOf(['lobby'])).toBe('{"event":"a","args":[],"room":"lobby"}');
    for (const rooms of [[], ['me'], ['lobby', 'secret']]) expect(unitOf(rooms)).toBe('{"event":"a","args":[]}');
  });
});

describe('chooseWire', () => {
  it('chooses an event stream by default', () => {
    for (const accept of [undefined, '', '*/*', 'text/*', 'text/html, */*;q=0.1', 'text/event-stream'])
      expect(chooseWire(accept, null)).toBe(EVENT_STREAM);
  });

  it('chooses lines for clients that prefer them', () => {
    for (const accept of [
      'application/x-ndjson',
      'application/jsonl',
      'text/event-stream;q=0.5, application/ndjson',
      'application/*',
    ])
      expect(chooseWire(accept, null)).toBe(LINES);
  });

  it('refuses clients that accept neither', () => {
    for (const accept of ['text/html', 'application/json', '*/*;q=0', 'text/event-stream;q=0', 'text/event-stream;q=x'])
      expect(chooseWire(accept, null)).toBeUndefined();
  });

  it('chooses messages if the query asks for them', () => {
    expect(chooseWire('text/event-stream', 'message')).toBe(MESSAGES);
    expect(chooseWire('application/x-ndjson', 'message')).toBe(LINES);
    expect(chooseWire(undefined, 'other')).toBe(EVENT_STREAM);
  });
});
