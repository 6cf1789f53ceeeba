import { writeFileSync } from 'node:fs';
import { createServer as createHttp } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { certificate } from '../../../../test/conformance/peers/certificate.js';
import { fixedPort } from '../../../../test/kit/ports.mjs';
import { ZERO_OFFSET } from '../../../naru/src/backplane/backplane.js';
import { folderOfTest, numbered, openUplink, startRedis, whyNoRedis } from '../servers-and-uplinks.js';

const PLAIN = ['--appendonly', 'no'];
/** The permissions of docs/clusters.md. */
const ADVISED = '~naru:* &naru:* +@all -@admin -@dangerous +info +config|get +client';

describe.skipIf(whyNoRedis)('a Redis with users', () => {
  it('needs no more permissions than the documents name, and says which one is missing', async () => {
    const server = await startRedis(PLAIN);
    await server.say(`ACL SETUSER ann on >pw ${ADVISED}`);
    await server.say(`ACL SETUSER bob on >pw ${ADVISED.replaceAll('naru:*', 'other:*')}`);
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
