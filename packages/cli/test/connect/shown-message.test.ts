import { describe, expect, it } from 'vitest';
import { decodeValue } from '../../../naru/src/protocol/json-event/message.js';
import { readShown } from '../../src/connect/shown-message.js';

const decodeShown = (text: string) => readShown(decodeValue(text));

describe('a message that a server shows', () => {
  it('is an event, with or without a place in the log', () => {
    const event = { type: 'event', event: 'say', args: ['hi'], room: 'lobby', id: undefined };
    expect(decodeShown('{"event":"say","args":["hi"],"room":"lobby","offset":"0001"}')).toEqual(event);
    expect(decodeShown('{"event":"say","args":["hi"],"room":"lobby"}')).toEqual(event);
  });

  it('is an acknowledgement', () => {
    expect(decodeShown('{"ack":7,"args":[1]}')).toEqual({ type: 'ack', id: 7, args: [1] });
  });

  it('is invalid without any of its members, or if it is not an object', () => {
    for (const value of [{}, { hello: 1 }, { offset: '1' }, [], null, 'event', 5]) {
      expect(readShown(value)).toBeUndefined();
    }
  });

  it('throws if it is wrong', () => {
    expect(() => readShown({ event: 'say', args: 5 })).toThrow('"args" must be an array');
  });
});
