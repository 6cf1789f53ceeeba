import { describe, expect, it } from 'vitest';
import { readOptions } from '../../naru/src/base/options/table.js';
import { walkOptions } from '../../naru/test/base/options/walk.js';
import { completeStomp, type StompOptions, stompTable } from '../src/options.js';

const stompOf = (options: StompOptions = {}) => completeStomp(readOptions(stompTable, options), 77);

describe('the options of STOMP', () => {
  walkOptions(stompTable, (given) => readOptions(stompTable, given));

  it('have defaults, with the size of a message for the size of a body', () => {
    expect(stompOf()).toMatchObject({ path: '/stomp', bodyBytesMax: 77, heartBeatMin: 1_000, deliveriesMax: 10 });
  });

  it('keep given values, and are frozen', () => {
    const settings = stompOf({ path: false, prefetchMax: 1, bodyBytesMax: 5 });
    expect(settings).toMatchObject({ path: false, prefetchMax: 1, bodyBytesMax: 5 });
    expect(Object.isFrozen(settings)).toBe(true);
  });

  it.each(['stomp', '/', '/stomp/', '/a?'])('refuse the path "%s"', (path) => {
    expect(() => readOptions(stompTable, { path })).toThrow(
      `Option "stomp.path" must be false, or a path such as "/stomp", without a slash at its end, got "${path}".`,
    );
  });
});
