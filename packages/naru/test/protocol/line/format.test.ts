import { describe, expect, it } from 'vitest';
import { readLine } from '../../../src/protocol/line/command.js';
import { JSON_FORMAT, TEXT_FORMAT } from '../../../src/protocol/line/format.js';

const SAY = { name: 'say', args: ['hi', { a: 1 }], rooms: [], id: undefined };

describe('lines for people', () => {
  it('show an event, its rooms, and whether it wants an answer', () => {
    expect(TEXT_FORMAT.event(SAY)).toBe('say "hi" {"a":1}\n');
    expect(TEXT_FORMAT.event({ ...SAY, rooms: ['lobby', 'my room'] })).toBe('#lobby #"my room" say "hi" {"a":1}\n');
    expect(TEXT_FORMAT.event({ ...SAY, id: 7 })).toBe('?7 say "hi" {"a":1}\n');
    expect(TEXT_FORMAT.event({ ...SAY, name: '! not an error', args: [] })).toBe('"! not an error"\n');
  });

  it('show answers, errors and completed actions', () => {
    expect(TEXT_FORMAT.ack(7, ['yes', 1])).toBe('= 7 "yes" 1\n');
    expect(TEXT_FORMAT.error('FORBIDDEN', 'clients may not join "a"')).toBe('! clients may not join "a"\n');
    expect(TEXT_FORMAT.done('joined', 'my room')).toBe('* joined "my room"\n');
    expect(TEXT_FORMAT.done('entered', '/chat')).toBe('* entered /chat\n');
    expect(TEXT_FORMAT.rooms(['a', 'b c'])).toBe('* rooms a "b c"\n');
    expect(TEXT_FORMAT.note('hello')).toBe('* hello\n');
  });

  it('are one line each, with any content', () => {
    const evil = 'a\nb\u001b[2J\u2028\r';
    for (const line of [
      TEXT_FORMAT.event({ name: evil, args: [evil], rooms: [evil], id: 1 }),
      TEXT_FORMAT.error('X', evil),
      TEXT_FORMAT.done('joined', evil),
      TEXT_FORMAT.rooms([evil]),
      JSON_FORMAT.event({ name: evil, args: [evil], rooms: [evil], id: 1 }),
      JSON_FORMAT.error('X', evil),
    ]) {
      expect(line).toMatch(/^[\x20-\x7e]*\n$/);
    }
  });
});

describe('lines for programs', () => {
  it('are the JSON of one object', () => {
    expect(JSON_FORMAT.event({ ...SAY, rooms: ['lobby'], id: 7 })).toBe(
      '{"event":"say","args":["hi",{"a":1}],"room":"lobby","id":7}\n',
    );
    expect(JSON_FORMAT.event({ ...SAY, args: [Uint8Array.of(1)] })).toBe(
      '{"event":"say","args":[{"$bytes":"AQ=="}]}\n',
    );
    expect(JSON_FORMAT.ack(7, [1])).toBe('{"ack":7,"args":[1]}\n');
    expect(JSON_FORMAT.error('FORBIDDEN', 'no')).toBe('{"error":{"code":"FORBIDDEN","message":"no"}}\n');
    expect(JSON_FORMAT.done('joined', 'lobby')).toBe('{"joined":"lobby"}\n');
    expect(JSON_FORMAT.rooms(['a'])).toBe('{"rooms":["a"]}\n');
    expect(JSON_FORMAT.note('hello')).toBe('{"note":"hello"}\n');
    expect(JSON_FORMAT.error('REFUSED', 'no', { id: 7, room: 'lobby', data: { a: 1 } })).toBe(
      '{"error":{"code":"REFUSED","message":"no","room":"lobby","data":{"a":1}},"id":7}\n',
    );
    expect(TEXT_FORMAT.error('REFUSED', 'no', { id: 7, data: { a: 1 } })).toBe('! no {"a":1}\n');
  });

  it('of events are read back by the other end', () => {
    const line = JSON_FORMAT.event({ ...SAY, rooms: ['lobby'], id: 7 });
    expect(readLine(line.trim(), { textEvent: 'message', depthMax: 10 })).toMatchObject({
      event: 'say',
      args: SAY.args,
      room: 'lobby',
      id: 7,
    });
  });
});

describe('the content of a room', () => {
  const page = {
    events: [{ offset: 'o1', at: 0, event: 'say', args: ['hi\n'] }],
    hasMore: true,
    hasGap: true,
    next: 'o1',
  };
  const list = {
    members: [
      { id: 'ann b', state: { mood: 1 } },
      { id: 'ben', state: null },
    ],
    count: 7,
  };

  it('is one line each for people', () => {
    expect(TEXT_FORMAT.history('my room', page)).toBe(
      '~ 1970-01-01T00:00:00.000Z #"my room" say "hi\\n"\n' +
        '* history "my room" 1 older ones are gone older: /history "my room" 1 o1\n',
    );
    expect(TEXT_FORMAT.history('a', { ...page, events: [], hasGap: false, next: undefined })).toBe('* history a 0\n');
    expect(TEXT_FORMAT.presence('a', list)).toBe('@ "ann b" {"mood":1}\n@ ben\n* present a 7\n');
  });

  it('is one object for programs', () => {
    expect(JSON.parse(JSON_FORMAT.history('a', page))).toEqual({ history: 'a', ...page });
    expect(JSON_FORMAT.presence('a', list)).toBe(
      '{"presence":"a","members":[{"id":"ann b","state":{"mood":1}},{"id":"ben","state":null}],"count":7}\n',
    );
  });
});
