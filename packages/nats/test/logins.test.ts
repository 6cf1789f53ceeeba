import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttp } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { certificate } from '../../../test/conformance/peers/certificate.js';
import { Broker, whyNoBroker } from '../../../test/kit/brokers/broker.mjs';
import { createKey, createOperator } from '../../../test/kit/brokers/nats-keys.js';
import { ZERO_OFFSET } from '../../naru/src/backplane/backplane.js';
import { nats } from '../src/nats.js';
import type { NatsOptions } from '../src/options.js';

const record = { rooms: [], except: [], event: '["x"]', attachments: [], at: Date.now() };
const REMEDY = 'Allow publish to "naru.naru.>" and "$JS.API.>", and subscribe to "naru.naru.>" and "_INBOX.>".';
const REFUSED = /^NATS at 127\.0\.0\.1:\d+ refused the login\. Check user, password, token or keys\.$/;

/** Files of one test, and a NATS server with a configuration that may name them. */
async function start(config: string, files: Readonly<Record<string, string>> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'naru-nats-'));
  for (const name in files) writeFileSync(join(folder, name), files[name] as string);
  writeFileSync(join(folder, 'nats.conf'), config.replaceAll('./', `${folder}/`));
  const broker = new Broker('nats', join(folder, 'data'), ['-c', join(folder, 'nats.conf')]);
  onTestFinished(async () => {
    await broker.kill();
    rmSync(folder, { recursive: true, force: true });
  });
  await broker.start();
  const address = `127.0.0.1:${broker.port}`;
  return { folder, address };
}

/** Stores an event, and returns how many the log then has. */
async function use(url: string, options: NatsOptions = {}): Promise<number> {
  const backplane = nats(url, options);
  onTestFinished(() => backplane.close());
  await backplane.ready();
  await backplane.log.append('/', [record]);
  return (await backplane.log.read('/', ZERO_OFFSET, 10)).records.length;
}

describe.skipIf(whyNoBroker('nats'))('a NATS with a login', () => {
  it('takes a user and a password, of the address or the options', async () => {
    const { address } = await start('authorization { users: [ { user: ann, password: "p@ss" } ] }');
    expect(await use(`nats://ann:p%40ss@${address}`)).toBe(1);
    expect(await use(`nats://${address}`, { user: 'ann', password: 'p@ss' })).toBe(2);
    await expect(use(`nats://ann:wrong@${address}`)).rejects.toThrow(REFUSED);
    await expect(use(`nats://${address}`)).rejects.toThrow(REFUSED);
  });

  it('takes a token, of the address or the options', async () => {
    const { address } = await start('authorization { token: secret }');
    expect(await use(`nats://secret@${address}`)).toBe(1);
    expect(await use(`nats://${address}`, { token: 'secret' })).toBe(2);
    await expect(use(`nats://wrong@${address}`)).rejects.toThrow(REFUSED);
  });

  it('takes an nkey by its seed', async () => {
    const { name, seed } = createKey();
    const { address } = await start(`authorization { users: [ { nkey: ${name} } ] }`);
    expect(await use(`nats://${address}`, { nkeySeed: seed })).toBe(1);
    await expect(use(`nats://${address}`, { nkeySeed: createKey().seed })).rejects.toThrow(REFUSED);
  });

  it('takes a file of credentials', async () => {
    const [operator, other] = [createOperator(), createOperator()];
    const { address, folder } = await start(operator.config, {
      'own.creds': operator.credentials,
      'other.creds': other.credentials,
    });
    expect(await use(`nats://${address}`, { credsFile: join(folder, 'own.creds') })).toBe(1);
    await expect(use(`nats://${address}`, { credsFile: join(folder, 'other.creds') })).rejects.toThrow(REFUSED);
  });

  it('needs to allow what Naru uses, and is told of by the first thing that it does not allow', async () => {
    const own = '"naru.naru.>"';
    const api = '"$JS.API.>"';
    const inbox = '"_INBOX.>"';
    const cases: readonly (readonly [string, string, string | undefined])[] = [
      [`${own}, ${api}`, `${own}, ${inbox}`, undefined],
      [own, `${own}, ${inbox}`, 'publish to "$JS.API.INFO"'],
      [`${own}, ${api}`, own, 'subscribe to "_INBOX.'],
      [`${own}, ${api}`, inbox, 'subscribe to "naru.naru.push.'],
    ];
    for (const [publish, subscribe, missing] of cases) {
      const permissions = `{ publish: [${publish}], subscribe: [${subscribe}] }`;
      const { address } = await start(
        `authorization { users: [ { user: ann, password: pw, permissions: ${permissions} } ] }`,
      );
      const using = use(`nats://ann:pw@${address}`);
      if (missing === undefined) {
        expect(await using).toBe(1);
        continue;
      }
      const error: unknown = await using.catch((reason: unknown) => reason);
      expect(error).toMatchObject({ name: 'ConfigError', message: expect.stringContaining(missing) });
      expect((error as Error).message).toContain(REMEDY);
    }
  });

  it('needs an account that may have the streams', async () => {
    const { address } = await start(
      'accounts { A: { users: [ { user: ann, password: pw } ], jetstream: { max_streams: 1 } } }',
    );
    const backplane = nats(`nats://ann:pw@${address}`);
    onTestFinished(() => backplane.close());
    await backplane.ready();
    await expect(backplane.store.set('a', '1')).rejects.toThrow(
      /^NATS cannot make the stream "NARU_naru_\d+_texts": maximum number of streams reached\. Allow the account more of them\. Naru makes up to 49\.$/,
    );
  });

  it('tells of what it does not allow later', async () => {
    const permissions = '{ publish: ["$JS.API.>"], subscribe: [">"] }';
    const { address } = await start(
      `authorization { users: [ { user: ann, password: pw, permissions: ${permissions} } ] }`,
    );
    const backplane = nats(`nats://ann:pw@${address}`);
    // The end would wait for the answer, and a refused message has none.
    onTestFinished(() => void backplane.close());
    const error = new Promise((resolve) => backplane.onError(resolve));
    void Promise.resolve(backplane.log.append('/', [record])).catch(() => undefined);
    expect(await error).toMatchObject({ message: expect.stringContaining('publish to "naru.naru.') });
  });
});

describe.skipIf(whyNoBroker('nats'))('a NATS with TLS', () => {
  const files = { 'cert.pem': certificate.cert, 'key.pem': certificate.key };

  it('is used by clients that trust its certificate', async () => {
    const { address, folder } = await start('tls { cert_file: "./cert.pem", key_file: "./key.pem" }', files);
    const caFile = join(folder, 'cert.pem');
    expect(await use(`tls://${address}`, { tls: { caFile } })).toBe(1);
    await expect(use(`tls://${address}`)).rejects.toThrow(
      /cannot be reached: self-signed certificate\. Name the authority that has signed it by the option "tls": \{ caFile \}\.$/,
    );
    await expect(use(`tls://${address}`, { tls: { caFile: '/nowhere' } })).rejects.toThrow(
      `Option "tls" must name readable files: /nowhere doesn't exist.`,
    );
  });

  it('takes the certificate of a client', async () => {
    const tls = 'tls { cert_file: "./cert.pem", key_file: "./key.pem", ca_file: "./cert.pem", verify: true }';
    const { address, folder } = await start(tls, files);
    const [caFile, keyFile] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
    expect(await use(`tls://${address}`, { tls: { caFile, certFile: caFile, keyFile } })).toBe(1);
    await expect(use(`tls://${address}`, { tls: { caFile } })).rejects.toMatchObject({ name: 'UnavailableError' });
  });

  it('is missed where there is none', async () => {
    const { address } = await start('');
    await expect(use(`tls://${address}`)).rejects.toThrow(
      `NATS at ${address} cannot be reached: server does not support 'tls'. Check the option "tls", and "nats:" or "tls:" in the address.`,
    );
  });
});

it('does not take a login that came too late for a wrong one', async () => {
  const words = `INFO {"server_id":"A","version":"2.9.10","max_payload":1048576}\r\n-ERR 'Authentication Timeout'\r\n`;
  const server = createServer((socket) => void socket.on('error', () => undefined).write(words));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  await expect(use(`nats://127.0.0.1:${port}`)).rejects.toMatchObject({ code: 'CONNECT_FAILED' });
});

it('says that another program listens at an address only if that program has spoken', async () => {
  const servers: [ReturnType<typeof createServer>, RegExp][] = [
    [
      createHttp(),
      /^Another program than NATS listens at \S+: it answers "HTTP\/1\.1 400 Bad Request"\. Check the address\.$/,
    ],
    [createServer(), /^NATS at \S+ has not answered for 4 seconds\. It may be busy, stand still, or be out of reach\./],
    [
      createServer((socket) => void socket.destroy()),
      /^NATS at \S+ has closed the connection\. It may be starting or ending\./,
    ],
    [
      createServer((socket) => void socket.on('error', () => undefined).write('SSH-2.0-OpenSSH_9.2\r\n')),
      /^Another program than NATS listens at \S+: its first words are not those of NATS\. Check the address\.$/,
    ],
  ];
  const outcomes = servers.map(async ([server, text]) => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    await expect(use(`nats://127.0.0.1:${port}`)).rejects.toThrow(text);
  });
  await Promise.all(outcomes);
});
