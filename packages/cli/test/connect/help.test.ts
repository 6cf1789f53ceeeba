import { expect, it } from 'vitest';
import { readLine } from '../../../naru/src/protocol/line/command.js';
import { COMMANDS, HELP } from '../../src/connect/help.js';

const RULES = { textEvent: 'message', depthMax: 100 };
const REST: Record<string, string> = { '/ack': ' 1', '/to': ' lobby say', '/rooms': '', '/help': '', '/quit': '' };

it.each(Object.keys(COMMANDS))('explains %s, a command of line mode', (name) => {
  expect(() => readLine(`${name}${REST[name] ?? ' word'}`, RULES)).not.toThrow();
  expect(HELP.filter((line) => line.startsWith(`${name} `))).toHaveLength(1);
});

it('fits a terminal of 100 columns', () => {
  expect(HELP.filter((line) => line.length > 100)).toEqual([]);
});
