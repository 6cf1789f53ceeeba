import { writeFileSync } from 'node:fs';
import { createServer as createHttp } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { certificate } from '../../../../test/conformance/peers/certificate.js';
import { fixedPort } from '../../../../test/kit/ports.mjs';
import { ZERO_OFFSET } from '../../../naru/src/backplane/backplane.js';
import { redis } from '../../src/redis.js';
import { folderOfTest, numbered, openUplink, startRedis, until, whyNoRedis } from '../servers-and-uplinks.js';

const PLAIN = ['--appendonly', 'no'];
/** The permissions of docs/clusters.md. */
const ADVISED = '~naru:* &naru:* +@all -@admin -@dangerous +info +config|get +client';

describe.skipIf(whyNoRedis)('a Redis with users', () => {
  it('needs no more permissions than the documents name, and says which one is missing', async () => {
    const server = await startRedis(PLAIN);
    await server.say(`ACL SETUSER ann on >pw ${ADVISED}`);
    await server.say(`ACL SETUSER bob on >pw ${ADVISED.replace('~naru:*', '~other:*')}`);
    const { call, uplink } = await openUplink(`redis://ann:pw@127.0.0.1:${server.port}`);
    await call('follow', '/');
    await uplink.hear('/');
    const { offsets } = await call('append', '/', numbered(1, 2));
    await call('set', undefined, 'a b', '1');
    await call('tablePut', '/', 'members', 'ann', 'here', 1_000);
    expect(await call('list', 'a ', 9)).toEqual([['a b', '1']]);
    expect(await call('erase', '/', { offset: offsets[0] as string })).toBe(1);
    expect(await call('namespaces')).toEqual(['/']);
    expect((await call('read', '/', ZERO_OFFSET, 9)).records).toHaveLength(2);
    await server.say('ACL SETUSER default off');
    const other = await openUplink(`redis://bob:pw@127.0.0.1:${server.port}`);
    await expect(other.call('append', '/', numbered(1))).rejects.toMatchObject({
      code: 'REFUSED',
      message: expect.stringMatching(/NOPERM .*Allow it in Redis: ACL SETUSER/s),
    });
    await expect(openUplink(server.url)).rejects.toMatchObject({
      message: expect.stringContaining('Check the options "username" and "password"'),
    });
  });
});

describe.skipIf(whyNoRedis)('a user without the channels of the log', () => {
  it.each([
    ['all of them', '~naru:* +@all'],
    ['those of another prefix', '~naru:* &other:* +@all'],
    ['the right to publish', '~naru:* &naru:* +@all -spublish -publish'],
    ['the right to subscribe', '~naru:* &naru:* +@all -ssubscribe -subscribe'],
  ])('is refused at the start, with the remedy: %s', async (_, rights) => {
    const server = await startRedis(PLAIN);
    await server.say(`ACL SETUSER ann reset on >pw ${rights}`);
    const url = `redis://ann:pw@127.0.0.1:${server.port}`;
    for (const log of [true, false]) {
      const backplane = redis(url, { log });
      onTestFinished(() => backplane.close());
      await expect(backplane.ready()).rejects.toMatchObject({
        code: 'REFUSED',
        message: expect.stringMatching(/publish and subscribe: NOPERM .*ACL SETUSER <user> &naru:\* \+@pubsub$/),
      });
      expect(backplane.state).toBe('unusable');
    }
    await server.say('ACL SETUSER ann &naru:* +@pubsub');
    const { call } = await openUplink(url);
    expect((await call('append', '/', numbered(1))).offsets).toHaveLength(1);
  });

  it('keeps appending where a script may not ask for the run of the server', async () => {
    const server = await startRedis(PLAIN);
    await server.say(`ACL SETUSER ann on >pw ${ADVISED}`);
    const { call } = await openUplink(`redis://ann:pw@127.0.0.1:${server.port}`);
    await call('append', '/', numbered(1));
    // The log is of another run than the connection.
    await server.say('HSET naru:{%2F}:meta run other');
    await server.say('ACL SETUSER ann -info');
    for (const n of [2, 3]) await call('append', '/', numbered(n));
    expect((await call('read', '/', ZERO_OFFSET, 9)).records).toHaveLength(3);
  });

  it('leaves the log whole when the right to publish ends', async () => {
    const server = await startRedis(PLAIN);
    await server.say(`ACL SETUSER ann on >pw ${ADVISED}`);
    const ann = await openUplink(`redis://ann:pw@127.0.0.1:${server.port}`);
    const other = await openUplink(server.url, {}, 'writer-2');
    await ann.call('append', '/', numbered(1));
    await server.say('ACL SETUSER ann -spublish');
    const { offsets } = await ann.call('append', '/', numbered(2));
    expect((await other.call('append', '/', numbered(3))).previous).toBe(offsets[0]);
    expect((await other.call('read', '/', ZERO_OFFSET, 9)).records.map(({ event }) => event)).toEqual([
      '["n",1]',
      '["n",2]',
      '["n",3]',
    ]);
  });

  it('hears of a namespace when it may, after a refusal, and is told of the refusal of other channels', async () => {
    const server = await startRedis(PLAIN);
    await server.say(`ACL SETUSER ann on >pw ${ADVISED}`);
    const ann = await openUplink(`redis://ann:pw@127.0.0.1:${server.port}`);
    await server.say('ACL SETUSER ann -ssubscribe');
    await expect(ann.call('follow', '/', ['tag'])).rejects.toMatchObject({ code: 'REFUSED' });
    await server.say('ACL SETUSER ann +ssubscribe');
    await ann.call('follow', '/', ['tag']);
    await ann.call('append', '/', numbered(1));
    await until(() => ann.told.length === 1);
    await server.say('ACL SETUSER ann -ssubscribe');
    void ann.uplink.hear('/');
    await until(() => ann.closedCount === 1);
    expect(ann.errors).toEqual([expect.objectContaining({ message: expect.stringMatching(/NOPERM .*ssubscribe/) })]);
  });
});

describe.skipIf(whyNoRedis)('a Redis with TLS', () => {
  it('is used by clients that trust its certificate, and asks them for theirs', async () => {
    const folder = folderOfTest();
    const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
    writeFileSync(cert, certificate.cert);
    writeFileSync(key, certificate.key);
    const port = await fixedPort();
    const files = ['--tls-cert-file', cert, '--tls-key-file', key, '--tls-ca-cert-file', cert];
    const server = await startRedis([...PLAIN, '--tls-port', `${port}`, ...files]);
    const secure = `rediss://127.0.0.1:${port}`;
    const { call } = await openUplink(secure, { tls: { ca: certificate.cert, ...certificate } });
    expect((await call('append', '/', numbered(1))).offsets).toHaveLength(1);
    await expect(openUplink(secure)).rejects.toThrow(
      `Redis at 127.0.0.1:${port} cannot be trusted: self-signed certificate. Give the certificate of its authority by the option "tls": { ca }.`,
    );
    const wrong = [
      openUplink(secure, { tls: { ca: certificate.cert } }),
      openUplink(`redis://127.0.0.1:${port}`),
      openUplink(`rediss://127.0.0.1:${server.port}`),
    ];
    for (const outcome of await Promise.allSettled(wrong))
      expect(outcome).toMatchObject({ reason: { message: expect.stringMatching(/"tls"|"redis:" or "rediss:"/) } });
  });
});

it('says that another program listens at an address only if that program has spoken', async () => {
  const FOREIGN =
    /^Another program than Redis listens at \S+: its first words are not those of Redis\. Check the address\.$/;
  const servers: [ReturnType<typeof createServer>, RegExp][] = [
    [createHttp(), FOREIGN],
    [
      createServer(),
      /^Redis at \S+ has not answered for 4 seconds\. It may be busy, stand still, or be out of reach\./,
    ],
    [
      createServer((socket) => void socket.destroy()),
      /^Redis at \S+ has closed the connection\. .*"redis:" or "rediss:"\.$/,
    ],
    [createServer((socket) => void socket.on('error', () => undefined).write('INFO {"server_id":"A"} \r\n')), FOREIGN],
  ];
  const outcomes = servers.map(async ([server, text]) => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    await expect(openUplink(`redis://127.0.0.1:${port}`)).rejects.toThrow(text);
  });
  await Promise.all(outcomes);
});
