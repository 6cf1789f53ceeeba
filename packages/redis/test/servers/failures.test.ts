import { describe, expect, it } from 'vitest';
import { ConfigError, UnavailableError } from '../../../naru/src/base/errors.js';
import { cannotConnect, codeOf, isWrongServer, notReady, refused } from '../../src/servers/failures.js';

const address = { host: 'redis', port: 1, username: undefined, password: 'secret', database: 0, tls: false };
const reply = (message: string) => new Error(message);

describe('an error that Redis answers', () => {
  it.each([
    'NOSCRIPT No matching script.',
    'READONLY You cannot',
    'MOVED 1 a:1',
    'LOADING x',
    'CLUSTERDOWN x',
    'MASTERDOWN x',
  ])('ends the uplink if another server may be the right one: %s', (message) => {
    expect(isWrongServer(reply(message))).toBe(true);
    const error = notReady(reply(message), address);
    expect(error.code).toBe('CONNECT_FAILED');
    expect(error.message).toContain(`Redis at redis:1 cannot answer now: ${message.replace(/\.$/, '')}. `);
  });

  it.each([
    ['OOM command not allowed', 'NOT_KEPT', 'maxmemory'],
    ['MISCONF Redis is configured to save', 'NOT_KEPT', 'disk'],
    ['NOREPLICAS Not enough good replicas', 'NOT_KEPT', 'replicas'],
    ['WRONGTYPE Operation against a key', 'REFUSED', '"prefix"'],
    ['ERR The ID specified in XADD is equal or smaller than the target stream top item', 'REFUSED', '"prefix"'],
    ['NOPERM this user has no permissions', 'REFUSED', 'ACL SETUSER'],
    ['ERR anything else', 'REFUSED', 'anything else'],
  ])('names the remedy: %s', (message, code, remedy) => {
    expect(isWrongServer(reply(message))).toBe(false);
    const cause = reply(message);
    const error = refused(cause, address);
    expect(error).toMatchObject({ code, cause });
    expect(error.message).toContain('redis:1');
    expect(error.message).toContain(remedy);
  });

  it('has a code at the beginning of its text', () => {
    expect(['OOM x', 'Socket closed', 'ERRx'].map((text) => codeOf(reply(text)))).toEqual([
      'OOM',
      undefined,
      undefined,
    ]);
    expect(codeOf('OOM x')).toBeUndefined();
  });

  it('does not repeat the arguments of a command', () => {
    const text = "ERR unknown command 'EVALSHA', with args beginning with: 'abc' '1' 'secret' ";
    expect(refused(reply(text), address).message).toContain("unknown command 'EVALSHA'. Nothing was changed.");
  });
});

describe('an error while connecting', () => {
  it('says what to check', () => {
    expect(cannotConnect(reply('WRONGPASS invalid'), address).message).toContain('"username" and "password"');
    expect(cannotConnect(reply('connect ECONNREFUSED'), address)).toMatchObject({ code: 'CONNECT_FAILED' });
    expect(cannotConnect(reply("ERR unknown command 'HELLO'"), address)).toBeInstanceOf(ConfigError);
    expect(cannotConnect(reply('ERR DB index is out of range'), address).message).toContain('option "database"');
    for (const text of ['WRONGPASS x', 'x'])
      expect(cannotConnect(reply(text), address).message).not.toContain('secret');
  });

  it('stays what it is if it was explained before', () => {
    for (const error of [new ConfigError('WRONG_STATE', 'x'), new UnavailableError('REFUSED', 'x')])
      expect(cannotConnect(error, address)).toBe(error);
  });
});
