import { describe, expect, it } from 'vitest';
import { encodeUtf8 } from '../../naru/src/base/bytes.js';
import { OutgoingEvent } from '../../naru/src/namespace/event/outgoing-event.js';
import { PacketType } from '../../naru/src/protocol/socket-io/packet.js';
import { decodeArgs, encodeArgs, encodeBody, originOf, ownHeaders } from '../src/message-body.js';

const headers = (entries: Record<string, string>) => new Map(Object.entries(entries));
const args = (body: string, type?: string, version: '1.0' | '1.2' = '1.2') =>
  decodeArgs(encodeUtf8(body), headers(type === undefined ? {} : { 'content-type': type }), version, 10);
const event = (...data: unknown[]) => OutgoingEvent.of({ type: PacketType.EVENT, nsp: '/', data: ['say', ...data] });

describe('decodeArgs', () => {
  it.each([
    ['application/json', '["a",{"b":[1]}]', ['a', { b: [1] }]],
    ['application/json', '{"a":1}', [{ a: 1 }]],
    ['application/json;charset=UTF-8', '"x"', ['x']],
    ['Application/JSON', 'null', [null]],
    ['application/json', '', []],
    ['application/vnd.x+json', '[1]', [1]],
    ['application/json', '[{"$bytes":"AQI="},{"$$a":1}]', [Buffer.of(1, 2), { $a: 1 }]],
    ['text/plain', 'hé', ['hé']],
    ['text/html; charset="utf-8"', '<p>', ['<p>']],
    ['text/plain;charset=iso-8859-1', 'x', [Buffer.from('x')]],
    ['application/octet-stream', '[1]', [Buffer.from('[1]')]],
    [undefined, '[1]', [Buffer.from('[1]')]],
  ])('of %s: %s', (type, body, expected) => expect(args(body, type)).toEqual(expected));

  it('reads a body without type and size as text in 1.0', () => {
    expect(args('x', undefined, '1.0')).toEqual(['x']);
    expect(decodeArgs(encodeUtf8('x'), headers({ 'content-length': '1' }), '1.0', 10)).toEqual([Buffer.from('x')]);
  });

  it('refuses JSON with too many levels', () => {
    expect(() => args(`${'['.repeat(20)}${']'.repeat(20)}`, 'application/json')).toThrow('more than 10 levels');
  });

  it('refuses invalid JSON, and text that is not UTF-8', () => {
    expect(() => args('[', 'application/json')).toThrow(expect.objectContaining({ code: 'JSON_BAD_TEXT' }));
    expect(() => decodeArgs(Uint8Array.of(255), headers({ 'content-type': 'text/plain' }), '1.2', 10)).toThrow('UTF-8');
  });
});

describe('originOf', () => {
  it("keeps the sender's headers, and the body unchanged unless it is JSON", () => {
    const own = { destination: '/topic/a', receipt: '1', event: 'x', 'content-length': '1', priority: '9' };
    const text = originOf(encodeUtf8('x'), headers({ ...own, 'content-type': 'text/plain' }), '1.2');
    expect(text).toEqual({ headers: [['priority', '9']], body: { contentType: 'text/plain', body: 'x' } });
    expect(originOf(encodeUtf8('[]'), headers({ 'content-type': 'application/json' }), '1.2').body).toBeUndefined();
    expect(originOf(encodeUtf8('é'), headers({}), '1.2').body).toEqual({ contentType: undefined, body: 'é' });
    expect(originOf(Uint8Array.of(255), headers({}), '1.2').body?.body).toEqual(Uint8Array.of(255));
    const bytes = originOf(encodeUtf8('x'), headers({ 'content-type': 'application/octet-stream' }), '1.2');
    expect(bytes.body?.body).toEqual(encodeUtf8('x'));
  });
});

describe('ownHeaders', () => {
  it("excludes the server's headers, however a subscriber may read their names", () => {
    const forged = ['content-length', 'subscription', 'message-id', 'ack', 'offset', 'redelivered', 'destination'];
    const names = forged.flatMap((name) => [name, `${name} `, ` ${name}`, `${name}\r`, `\r${name}\t`]);
    expect(ownHeaders(headers(Object.fromEntries(names.map((name) => [name, '5']))))).toEqual([]);
  });

  it('may contain the destination of an answer, but not the one where the server waits', () => {
    expect(ownHeaders(headers({ 'reply-to': '/topic/answers' }))).toEqual([['reply-to', '/topic/answers']]);
    expect(ownHeaders(headers({ 'reply-to': '/ack/5', 'reply-to ': ' /ack/5' }))).toEqual([]);
  });
});

describe('encodeBody', () => {
  it('writes the list of arguments', () => {
    expect(encodeBody(event('a', 1))).toEqual({ contentType: 'application/json', body: '["a",1]' });
    expect(encodeBody(event()).body).toBe('[]');
  });

  it('marks bytes, and values that look like a mark', () => {
    expect(encodeBody(event(1, Buffer.of(1))).body).toBe('[1,{"$bytes":"AQ=="}]');
    expect(encodeBody(event({ $bytes: 'x' })).body).toBe('[{"$$bytes":"x"}]');
  });

  it('writes the bytes of a single argument unchanged', () => {
    expect(encodeBody(event(Buffer.of(1, 2)))).toEqual({
      contentType: 'application/octet-stream',
      body: Buffer.of(1, 2),
    });
  });
});

describe('encodeArgs', () => {
  it('writes answers in the same way', () => {
    expect(encodeArgs([5, { a: Uint8Array.of(1) }]).body).toBe('[5,{"a":{"$bytes":"AQ=="}}]');
    expect(encodeArgs([Uint8Array.of(1, 2).buffer])).toEqual({
      contentType: 'application/octet-stream',
      body: Buffer.of(1, 2),
    });
    expect(() => encodeArgs([1n])).toThrow(expect.objectContaining({ code: 'NOT_ENCODABLE' }));
  });
});
