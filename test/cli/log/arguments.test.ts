import { describe, expect, it } from 'vitest';
import { readArguments } from '../../../src/cli/arguments.js';
import { readLogArguments } from '../../../src/cli/log/arguments.js';

describe('readLogArguments', () => {
  it.each([
    [['data'], { verb: 'list', folder: 'data', isJson: false }],
    [['data', '--json'], { verb: 'list', folder: 'data', isJson: true }],
    [
      ['data', 'read', '/'],
      { verb: 'read', folder: 'data', namespace: '/', after: undefined, limit: 100, isJson: false },
    ],
    [
      ['data', 'read', 'chat', '--after', '0000000000a', '--limit', '7', '--json'],
      { verb: 'read', folder: 'data', namespace: '/chat', after: '0000000000a', limit: 7, isJson: true },
    ],
    [['data', 'verify'], { verb: 'verify', folder: 'data' }],
    [['data', 'copy', 'saved'], { verb: 'copy', folder: 'data', target: 'saved' }],
    [['data', 'compact', '--age', '7d'], { verb: 'compact', folder: 'data', ageMs: 604_800_000, bytes: undefined }],
    [
      ['data', 'compact', '--bytes', '100M', '--age', '30m'],
      { verb: 'compact', folder: 'data', ageMs: 1_800_000, bytes: 104_857_600 },
    ],
  ])('reads %j', (args, command) => {
    expect(readLogArguments(args)).toEqual({ type: 'log', ...command });
  });

  it.each([
    [[], "'naru log' needs the folder of a log"],
    [['data', 'sing'], "Unknown command 'sing' of 'naru log'; there are read, verify, copy and compact"],
    [['data', 'read'], "'naru log read' needs a namespace, as '/'"],
    [['data', 'read', '/', 'more'], "Unexpected argument 'more'"],
    [['data', 'verify', '/'], "Unexpected argument '/'"],
    [['data', 'read', '/', '--after', '1'], "--after is '1'; it has to be an offset, as '00000000001'"],
    [['data', 'read', '/', '--limit', '0'], "--limit is '0'; it has to be a number of 1 or more"],
    [['data', 'verify', '--json'], "--json says nothing to 'naru log verify'"],
    [['data', 'copy'], "'naru log copy' needs a folder to copy to"],
    [['data', 'copy', ''], "'naru log copy' needs a folder to copy to"],
    [['data', 'copy', 'one', 'two'], "Unexpected argument 'two'"],
    [['data', 'copy', 'saved', '--json'], "--json says nothing to 'naru log copy'"],
    [['data', 'compact'], "'naru log compact' needs --age, as '7d', or --bytes, as '100m'"],
    [['data', 'compact', '--age', 'old'], "--age is 'old'; it has to be a time, as '30m', '12h' or '7d'"],
    [['data', 'compact', '--age', '0d'], "--age is '0d'; it has to be a time, as '30m', '12h' or '7d'"],
    [['data', 'compact', '--bytes', '1x'], "--bytes is '1x'; it has to be a size, as '500k', '100m' or '2g'"],
    [['data', '--what'], "Unknown option '--what'"],
  ])('says what is wrong with %j', (args, message) => {
    expect(readArguments(['log', ...args], {})).toEqual({ type: 'mistake', message });
  });
});
