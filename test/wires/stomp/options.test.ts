import { describe, expect, it } from 'vitest';
import { readOptions } from '../../../src/base/options/table.js';
import { stompTable } from '../../../src/wires/stomp/options.js';

describe('the options of STOMP', () => {
  it.each(['stomp', '/', '/stomp/', '/a?'])('refuse the path "%s"', (path) => {
    expect(() => readOptions(stompTable, { path })).toThrow(
      `Option "stomp.path" must be a path such as "/stomp", without a slash at its end, got "${path}".`,
    );
  });
});
