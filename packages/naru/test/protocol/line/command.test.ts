import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../../../src/base/errors.js';
import { readLine } from '../../../src/protocol/line/command.js';

const rules = { textEvent: 'message', depthMax: 100 };
const read = (line: string) => readLine(line, rules);
const event = (name: string, args: unknown[], more: object = {}) => ({
  type: 'event',
  event: name,
  args,
  room: undefined,
  id: undefined,
  isQuestion: false,
  ...more,
});

describe('readLine', () => {
  it.each([
    ['say "hi" {"a":1} 2', event('say', ['hi', { a: 1 }, 2])],
    ['chat:say.all-1 true', event('chat:say.all-1', [true])],
    ['move\t[1,2]', event('move', [[1, 2]])],
    ['말하기 "안녕"', event('말하기', ['안녕'])],
  ])('reads %j as an event: a name, followed only by JSON', (line, command) => {
    expect(read(line)).toEqual(command);
  });

  it.each(['hello', 'hello everybody', 'I have 3', '2 3', '"quoted" 5', ':-) 5', 'say "hi" there', '[1]', 'a  '])(
    'reads %j as text, which becomes the configured event',
    (line) => {
      expect(read(line)).toEqual(event('message', [line]));
    },
  );

  it('reads anything after a space or a second slash as text', () => {
    expect(read(' say "hi"')).toEqual(event('message', ['say "hi"']));
    expect(read(' /quit')).toEqual(event('message', ['/quit']));
    expect(read('//quit')).toEqual(event('message', ['/quit']));
  });

  it('ignores an empty line', () => {
    expect(read('')).toEqual({ type: 'nothing' });
    expect(read('\t')).toEqual({ type: 'nothing' });
  });

  it('knows the commands', () => {
    expect(read('/help')).toEqual({ type: 'help' });
    expect(read('/rooms')).toEqual({ type: 'rooms' });
    const history = { type: 'history', room: 'lobby', id: undefined };
    expect(read('/history lobby')).toEqual({ ...history, query: {} });
    expect(read('/history lobby 20')).toEqual({ ...history, query: { limit: 20 } });
    expect(read('/history "lobby"  20 0000a')).toEqual({ ...history, query: { limit: 20, before: '0000a' } });
    expect(read('/who lobby')).toEqual({ type: 'presence', room: 'lobby', id: undefined });
    expect(read('/quit')).toEqual({ type: 'quit' });
    expect(read('/json')).toEqual({ type: 'json', isOn: true });
    expect(read('/json off')).toEqual({ type: 'json', isOn: false });
    expect(read('/join lobby')).toEqual({ type: 'join', room: 'lobby', id: undefined });
    expect(read('/leave "my room" ')).toEqual({ type: 'leave', room: 'my room', id: undefined });
    expect(read('/emit say hi there')).toEqual(event('say', ['hi there']));
    expect(read('/emit "my event"')).toEqual(event('my event', []));
    expect(read('/ask time 1')).toEqual(event('time', [1], { isQuestion: true }));
    expect(read('/to lobby say "hi"')).toEqual(event('say', ['hi'], { room: 'lobby' }));
    expect(read('/to "my room" say hi all')).toEqual(event('say', ['hi all'], { room: 'my room' }));
    expect(read('/ack 7 "yes" 1')).toEqual({ type: 'ack', id: 7, args: ['yes', 1] });
    expect(read('/ack 7 of course')).toEqual({ type: 'ack', id: 7, args: ['of course'] });
    expect(read('/ack 7')).toEqual({ type: 'ack', id: 7, args: [] });
    expect(read('/auth {"token":"x"}')).toEqual({ type: 'enter', namespace: '/', auth: { token: 'x' } });
    expect(read('/auth')).toEqual({ type: 'enter', namespace: '/', auth: {} });
    expect(read('/in chat')).toEqual({ type: 'enter', namespace: '/chat', auth: {} });
    expect(read('/in /chat {"token":"x"}')).toEqual({ type: 'enter', namespace: '/chat', auth: { token: 'x' } });
  });

  it('reads the JSON of one message', () => {
    expect(read('{"event":"say","args":["hi"],"room":"lobby","id":7}')).toEqual(
      event('say', ['hi'], { room: 'lobby', id: 7 }),
    );
    expect(read('{"ack":7,"args":[1]}')).toEqual({ type: 'ack', id: 7, args: [1] });
    expect(read('{"join":"lobby","id":1}')).toEqual({ type: 'join', room: 'lobby', id: 1 });
  });

  it.each([
    ['/nonsense', 'no command /nonsense'],
    ['/', 'no command /'],
    ['/join', 'a room is missing'],
    ['/join my room', 'in quotes'],
    ['/join "open', 'a quote is not closed'],
    ['/to lobby', 'an event is missing'],
    ['/to', 'a room and an event are missing'],
    ['/emit', 'an event is missing'],
    ['/ack yes', 'the number'],
    ['/ack 9999999999999999', 'the number'],
    ['/auth token', 'one JSON object'],
    ['/auth [1]', 'one JSON object'],
    ['/auth {} {}', 'one JSON object'],
    ['/in', 'a namespace is missing'],
    ['{"event":1}', 'an event in JSON'],
    ['{"event":"a","args":1}', '"args" must be an array'],
    ['{open', 'not valid JSON'],
  ])('names the error in %j', (line, message) => {
    expect(() => read(line)).toThrow(ProtocolError);
    expect(() => read(line)).toThrow(message);
  });
});
