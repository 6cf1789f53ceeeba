import { describe, expect, it } from 'vitest';
import { bodyTypeOf, charsetOf, readPublications, whyUnreadable } from '../../../src/wires/events/publication.js';

const LIMITS = { depthMax: 100, eventsMax: 3 };
const read = (contentType: string, body: string, event?: string) =>
  readPublications(Buffer.from(body), { contentType, event, ...LIMITS });

describe('bodyTypeOf', () => {
  it('ignores parameters and case, and takes a missing type for text', () => {
    expect(bodyTypeOf('Application/JSON; charset=utf-8')).toBe('application/json');
    expect(bodyTypeOf(undefined)).toBe('text/plain');
  });
});

describe('whyUnreadable', () => {
  it('returns nothing for readable bodies', () => {
    for (const headers of [
      {},
      { 'content-type': 'application/ld+json' },
      { 'content-type': 'text/plain; Charset="ISO-8859-1"' },
      { 'content-type': 'application/octet-stream; charset=none', 'content-encoding': 'Identity' },
    ]) {
      expect(whyUnreadable(headers)).toBeUndefined();
    }
  });

  it('names an unknown type, charset or coding', () => {
    expect(whyUnreadable({ 'content-type': 'multipart/form-data' })).toMatch(/a form \(urlencoded\)/);
    expect(whyUnreadable({ 'content-type': 'text/plain; charset=none' })).toMatch(
      /the charset "none" is not supported/,
    );
    for (const coding of ['gzip', 'br', 'identity, gzip']) {
      expect(whyUnreadable({ 'content-encoding': coding })).toMatch(/without a Content-Encoding/);
    }
  });
});

describe('charsetOf', () => {
  it('returns the charset of the parameter, or UTF-8', () => {
    expect(charsetOf('text/plain; format=flowed;charset="Latin1"; x=y')).toBe('latin1');
    expect(charsetOf('text/plain')).toBe('utf-8');
    expect(charsetOf(undefined)).toBe('utf-8');
  });
});

describe('readPublications', () => {
  it('reads a JSON event, or else a message with the JSON', () => {
    expect(read('application/json', '{"event":"say","args":["hi",{"$bytes":"AQ=="}]}')).toEqual([
      { event: 'say', args: ['hi', Buffer.of(1)] },
    ]);
    for (const body of ['5', '[1]', '{"a":1}', '{"event":5}', 'null'])
      expect(read('application/json', body)).toEqual([{ event: 'message', args: [JSON.parse(body)] }]);
  });

  it('takes the whole body for the argument if the query names the event', () => {
    expect(read('application/json', '{"event":"buy","price":3}', 'shop')).toEqual([
      { event: 'shop', args: [{ event: 'buy', price: 3 }] },
    ]);
  });

  it('refuses an event with members that nobody would see', () => {
    expect(() => read('application/json', '{"event":"buy","price":3}')).toThrow(
      /only event, args, room, id are allowed/,
    );
    expect(() => read('application/json', '{"event":"a","room":"b"}')).toThrow(/the URL names the room/);
    expect(() => read('application/json', '{')).toThrow(/not valid JSON/);
  });

  it('reads lines, up to a limit', () => {
    expect(read('application/x-ndjson', '{"event":"a"}\r\n\n 5 \n')).toEqual([
      { event: 'a', args: [] },
      { event: 'message', args: [5] },
    ]);
    expect(read('application/jsonl', '')).toEqual([]);
    expect(() => read('application/ndjson', '1\n2\n3\n4')).toThrow(/more than 3 events/);
  });

  it('reads a form, whose field "event" is the name', () => {
    const form = 'application/x-www-form-urlencoded';
    expect(read(form, 'event=say&a=1+2&b=%C3%A9&b=2&b=3')).toEqual([
      { event: 'say', args: [{ a: '1 2', b: ['\u00e9', '2', '3'] }] },
    ]);
    expect(read(form, 'a=1')).toEqual([{ event: 'message', args: [{ a: '1' }] }]);
    expect(read(form, 'event=1', 'say')).toEqual([{ event: 'say', args: [{ event: '1' }] }]);
    const [{ args } = { args: [] }] = read(form, '__proto__=1');
    expect(Object.getOwnPropertyNames(args[0])).toEqual(['__proto__']);
    expect(() => read(form, 'a&'.repeat(1001))).toThrow(/more than 1000 fields/);
  });

  it('reads text in its charset, and refuses text in another', () => {
    const readIn = (charset: string, bytes: number[]) =>
      readPublications(Buffer.from(bytes), {
        contentType: `text/plain;charset=${charset}`,
        event: undefined,
        ...LIMITS,
      })[0]?.args[0];
    expect(readIn('iso-8859-1', [0xe9])).toBe('\u00e9');
    expect(readIn('utf-16le', [0xe9, 0])).toBe('\u00e9');
    expect(readIn('utf-8', [0xef, 0xbb, 0xbf, 0x61])).toBe('a');
    expect(() => readIn('utf-8', [0x61, 0xe9])).toThrow('the body is not valid UTF-8');
    expect(() => read('application/json', '"').at(0)).toThrow(/not valid JSON/);
    const json = { contentType: 'application/json', event: undefined, ...LIMITS };
    expect(() => readPublications(Buffer.from('"\xe9"', 'latin1'), json)).toThrow(/not valid UTF-8/);
  });

  it('reads text and bytes unchanged', () => {
    expect(read('text/plain', '{"event":"say"}')).toEqual([{ event: 'message', args: ['{"event":"say"}'] }]);
    expect(read('application/octet-stream', '\x01', 'raw')).toEqual([{ event: 'raw', args: [Buffer.of(1)] }]);
  });
});
