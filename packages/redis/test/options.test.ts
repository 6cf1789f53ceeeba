import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../naru/src/base/errors.js';
import { readOptions } from '../../naru/src/base/options/table.js';
import { walkOptions } from '../../naru/test/base/options/walk.js';
import { nameOf, type RedisOptions, readWay, redisCredentialsTable, redisTable } from '../src/options.js';
import { redis } from '../src/redis.js';

const target = (address: unknown, options: RedisOptions = {}) =>
  readWay(address, readOptions(redisTable, options)).target;

describe('the options of redis', () => {
  walkOptions(redisTable, (given) => readOptions(redisTable, given));
  walkOptions(redisCredentialsTable, (given) => readOptions(redisCredentialsTable, given));
});

describe('an address of redis', () => {
  it('has a host, a port, a login and a database', () => {
    expect(target('rediss://ann:p%40ss@example.org:7000/3')).toEqual({
      addresses: [{ host: 'example.org', port: 7_000, username: 'ann', password: 'p@ss', database: 3, tls: true }],
      master: undefined,
    });
    expect(target('redis://[::1]').addresses).toEqual([
      { host: '::1', port: 6_379, username: undefined, password: undefined, database: 0, tls: false },
    ]);
  });

  it('yields to the options', () => {
    const options = { username: 'bob', password: 'x', database: 4, tls: { servername: 'a' } };
    expect(target('redis://ann:y@a/1', options).addresses).toEqual([{ host: 'a', port: 6_379, ...options }]);
  });

  it('can be that of Sentinels, which have a login of their own', () => {
    const options = { username: 'ann', password: 'x', sentinelPassword: 's' };
    expect(target(['redis+sentinel://a/main', 'redis+sentinel://b:7000/main'], options)).toEqual({
      addresses: ['a', 'b'].map((host, at) => ({
        host,
        port: [26_379, 7_000][at],
        username: undefined,
        password: 's',
        database: 0,
        tls: false,
      })),
      master: 'main',
    });
  });

  it.each([
    [undefined],
    [''],
    [[]],
    [[7]],
    ['localhost:6379'],
    ['http://localhost'],
    ['redis://'],
    ['redis://a/first'],
    ['redis+sentinel://a'],
    [['redis://a', 'redis+sentinel://b/main']],
    [['redis+sentinel://a/one', 'redis+sentinel://b/two']],
  ])('cannot be %j', (address) => {
    expect(() => target(address)).toThrow(ConfigError);
    expect(() => redis(address as string)).toThrow(ConfigError);
  });

  it('is shown without its password', () => {
    expect(() => target('http://ann:secret@a')).toThrow(/^(?!.*secret).*"http:\/\/\.\.\.@a"/);
    expect(nameOf({ host: '::1', port: 1 })).toBe('[::1]:1');
  });
});
