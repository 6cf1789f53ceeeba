import { describe, expect, it } from 'vitest';
import type { HomeMethod, HomeMethods } from '../../../broker/src/home.js';
import { numbered, openUplink, startRedis, whyNoRedis } from '../servers-and-uplinks.js';

/** A command that makes a foreign key, the request that meets it, and what the error says of the key. */
const CASES: readonly {
  readonly [Method in HomeMethod]: readonly [string, Method, Parameters<HomeMethods[Method]>, string];
}[HomeMethod][] = [
  ['SET naru:{texts}:t:talk x', 'tablePut', [undefined, 'talk', 'k', 'v', 1_000], 'a string, and Naru keeps a hash'],
  ['SET naru:{texts}:x:other x', 'tableGet', [undefined, 'other', 'k'], 'a string, and Naru keeps a zset'],
  ['RPUSH naru:{%2Fa}:meta x', 'append', ['/a', numbered(1)], 'a list, and Naru keeps a hash'],
  ['SET naru:{%2Fb}:log x', 'append', ['/b', numbered(1)], 'a string, and Naru keeps a stream'],
  ['SADD naru:{%2Fc}:s:k x', 'get', ['/c', 'k'], 'a set, and Naru keeps a string'],
  ['XADD naru:{%2Fd}:log 9999999999999999-0 a b', 'append', ['/d', numbered(1)], 'a stream, and Naru keeps a stream'],
];

describe.skipIf(whyNoRedis)('a key of another program in Redis', () => {
  it('is named in the error of each request that meets it, with what to do', async () => {
    const server = await startRedis(['--appendonly', 'no']);
    const { call } = await openUplink(server.url);
    for (const [command, method, args, kinds] of CASES) {
      await server.say(command);
      const [, key] = command.split(' ');
      await expect(call(method, ...args)).rejects.toMatchObject({
        name: 'UnavailableError',
        code: 'REFUSED',
        message: `The key "${key}" of Redis at 127.0.0.1:${server.port} belongs to another program: it has ${kinds} of its own there. Delete the key, or set the option "prefix" to another text.`,
      });
      await server.say(`DEL ${key}`);
      await expect(call(method, ...args)).resolves.not.toThrow();
    }
  });
});
