import { describe, expect, it } from 'vitest';
import { readShown } from '../../../src/cli/connect/shown-message.js';
import { decodeValue } from '../../../src/protocol/json-event/message.js';

const decodeShown = (text: string) => readShown(decodeValue(text));

describe('what a server shows', () => {
  it('is an event, wherever it stands in the log', () => {
    const event = { type: 'event', event: 'say', args: ['hi'], room: 'lobby', id: undefined };
    expect(decodeShown('{"event":"say","args":["hi"],"room":"lobby","offset":"0001"}')).toEqual(event);
    expect(decodeShown('{"event":"say","args":["hi"],"room":"lobby"}')).toEqual(event);
  });

  it('is an acknowledgement', () => {
    expect(decodeShown('{"ack":7,"args":[1]}')).toEqual({ type: 'ack', id: 7, args: [1] });
  });

  it('is no message where it has none of its members, or is no object', () => {
    for (const value of [{}, { hello: 1 }, { offset: '1' }, [], null, 'event', 5]) {
      expect(readShown(value)).toBeUndefined();
    }
  });

  it('throws for a message that is wrong', () => {
    expect(() => readShown({ event: 'say', args: 5 })).toThrow('"args" must be an array');
  });
});
