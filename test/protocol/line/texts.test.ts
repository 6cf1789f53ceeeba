import { describe, expect, it } from 'vitest';
import { GREETING, helpLines } from '../../../src/protocol/line/texts.js';

describe('what is said to people', () => {
  it('names every command', () => {
    const help = [...GREETING, ...helpLines('message')].join('\n');
    for (const name of ['help', 'join', 'leave', 'rooms', 'to', 'in', 'auth', 'ack', 'ask', 'emit', 'json', 'quit'])
      expect(help).toContain(`/${name}`);
  });
});
