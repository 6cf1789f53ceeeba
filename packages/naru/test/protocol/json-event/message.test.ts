import { describe, expect, it } from 'vitest';
import {
  decodeMessage,
  decodeValue,
  encodeAckMessage,
  encodeEventMessage,
  encodeRoomAnswer,
  encodeValue,
  readMessage,
} from '../../../src/protocol/json-event/message.js';

const code = (name: string): unknown => expect.objectContaining({ code: name });

describe('encoding', () => {
  it('writes an event with its meaningful members only', () => {
    expect(encodeEventMessage('say', encodeValue(['hi']))).toBe('{"event":"say","args":["hi"]}');
    expect(encodeEventMessage('a"b', '[]', { room: 'lobby', id: 0, offset: '7' })).toBe(
      '{"event":"a\\"b","args":[],"room":"lobby","id":0,"offset":"7"}',
    );
  });

  it('writes an acknowledgement, bytes included', () => {
    expect(encodeAckMessage(7, [Uint8Array.of(1)])).toBe('{"ack":7,"args":[{"$bytes":"AQ=="}]}');
  });

  it('refuses data that JSON cannot hold', () => {
    expect(() => encodeValue([1n])).toThrow(code('NOT_ENCODABLE'));
    expect(encodeValue(undefined)).toBe('null');
  });
});

describe('decodeMessage', () => {
  it('reads events, with defaults for missing members', () => {
    expect(decodeMessage('{"event":"say"}')).toEqual({
      type: 'event',
      event: 'say',
      args: [],
      room: undefined,
      id: undefined,
    });
    expect(decodeMessage('{"id":7,"args":[{"\\u0024bytes":"AQ=="}],"room":"","event":""}')).toEqual({
      type: 'event',
      event: '',
      args: [Buffer.of(1)],
      room: '',
      id: 7,
    });
  });

  it('reads acknowledgements and requests about rooms', () => {
    expect(decodeMessage('{"ack":7,"args":[1]}')).toEqual({ type: 'ack', id: 7, args: [1] });
    expect(decodeMessage('{"join":"a"}')).toEqual({ type: 'join', room: 'a', id: undefined });
    expect(decodeMessage('{"leave":"a","id":1}')).toEqual({ type: 'leave', room: 'a', id: 1 });
  });

  it('refuses invalid messages, with a reason', () => {
    for (const text of ['5', 'null', '[]', '"a"', '{}', '{"event":5}', '{"args":[]}'])
      expect(() => decodeMessage(text)).toThrow(/a message is/);
    expect(() => decodeMessage('{"event":"a","data":1}')).toThrow(
      /only event, args, room, id are allowed; put the data/,
    );
    expect(() => decodeMessage('{"event":"a","args":{}}')).toThrow(/"args" must be an array/);
    expect(() => decodeMessage('{"event":"a","room":1}')).toThrow(/"room" must be a string/);
    expect(() => decodeMessage('{"join":1}')).toThrow(/"join" must be a string/);
    for (const id of ['-1', '1.5', '"1"', '1e99', 'null'])
      expect(() => decodeMessage(`{"ack":${id}}`)).toThrow(code('JSON_BAD_EVENT'));
    expect(() => decodeMessage('{"event"')).toThrow(code('JSON_BAD_TEXT'));
  });

  it('refuses data that is nested too deeply, before anybody walks it', () => {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    expect(() => decodeMessage(`{"event":"a","args":${deep}}`)).toThrow(code('JSON_TOO_DEEP'));
    expect(() => decodeValue('[[[]]]', 2)).toThrow(code('JSON_TOO_DEEP'));
    expect(decodeValue('[[]]', 2)).toEqual([[]]);
  });
});

describe('requests to look into a room', () => {
  it('name the room, and the part of its history', () => {
    expect(decodeMessage('{"history":"lobby","before":"b","after":"a","limit":5,"id":7}')).toEqual({
      type: 'history',
      room: 'lobby',
      query: { before: 'b', after: 'a', limit: 5 },
      id: 7,
    });
    expect(decodeMessage('{"history":"lobby"}')).toEqual({ type: 'history', room: 'lobby', query: {}, id: undefined });
    expect(decodeMessage('{"presence":"lobby","id":1}')).toEqual({ type: 'presence', room: 'lobby', id: 1 });
    expect(() => decodeMessage('{"history":1}')).toThrow(/"history" must be a string/);
    expect(() => decodeMessage('{"presence":"lobby","limit":1}')).toThrow(/only presence, id are allowed/);
  });

  it('are answered like an acknowledgement if they have an id', () => {
    expect(encodeRoomAnswer('history', 'a', { events: [Uint8Array.of(1)] }, undefined)).toBe(
      '{"history":"a","events":[{"$bytes":"AQ=="}]}',
    );
    expect(encodeRoomAnswer('presence', 'a', { count: 1 }, 7)).toBe('{"ack":7,"args":[{"count":1}]}');
  });
});

describe('readMessage', () => {
  it('returns nothing for data that does not claim to be a message', () => {
    expect(readMessage({ price: 3 })).toBeUndefined();
    expect(readMessage(['event'])).toBeUndefined();
  });
});
