import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it, onTestFinished } from 'vitest';
import { describeNats } from '../../../test/kit/brokers/nats-server.js';
import { fixedPort } from '../../../test/kit/ports.mjs';
import { groupOf } from '../src/names.js';
import { NatsHome } from '../src/nats-home.js';
import { readSettings } from '../src/options.js';

const HANDLER = {
  writer: '',
  onBatch: () => undefined,
  onMore: () => undefined,
  onQueue: () => undefined,
  onSaid: () => undefined,
  onClose: () => undefined,
};

describeNats('a home in NATS', ({ broker, parts, newApp }) => {
  it('opens an uplink, and tells when it is lost', async () => {
    let closed = 0;
    const home = new NatsHome(readSettings(broker.url, { app: newApp() }));
    const uplink = await home.connect({
      ...HANDLER,
      onClose: () => {
        closed += 1;
      },
    });
    await uplink.call({ method: 'ping', args: [], write: undefined });
    await broker.kill();
    await expect.poll(() => closed).toBe(1);
    await broker.start();
    (await home.connect(HANDLER)).close();
  });

  it('refuses a stream of somebody else', async () => {
    const { connection, settings, names } = await parts();
    for (let group = 0; group < 16; group += 1) {
      const name = names.logStream(group);
      await connection.api(`STREAM.CREATE.${name}`, { name, subjects: [`foreign.${name}`] });
    }
    const home = new NatsHome(readSettings(broker.url, { app: settings.app }));
    await expect(home.connect(HANDLER)).rejects.toThrow(
      /^The stream "NARU_app-\d+_\d+" of NATS does not belong to this version of Naru\. Delete it, or set the option "app"\.$/,
    );
    const other = await parts();
    const name = other.names.storeStream(`${groupOf('')}`, 'tables');
    await connection.api(`STREAM.CREATE.${name}`, { name, subjects: [`foreign.${name}`] });
    const uplink = await new NatsHome(readSettings(broker.url, { app: other.settings.app })).connect(HANDLER);
    const write = { writer: 'writer-1', number: 1, settled: 0 };
    await expect(
      uplink.call({ method: 'tablePut', args: [undefined, 'talk', 'k', 'v', 1_000], write }),
    ).rejects.toThrow(`The stream "${name}" of NATS does not belong to this version of Naru.`);
    uplink.close();
  });

  it('says that a server has no JetStream', async () => {
    const port = await fixedPort();
    const child = spawn('nats-server', ['-a', '127.0.0.1', '-p', `${port}`], { stdio: 'ignore' });
    onTestFinished(async () => {
      const exited = once(child, 'exit');
      child.kill();
      await exited;
    });
    const home = new NatsHome(readSettings(`nats://127.0.0.1:${port}`, {}));
    const connect = (): Promise<string> =>
      home.connect(HANDLER).then(
        () => 'connected',
        (error: Error) => error.message,
      );
    await expect
      .poll(connect)
      .toBe(
        `NATS at 127.0.0.1:${port} has no JetStream, which keeps the log. Start nats-server with "-js", or enable it for the account.`,
      );
  });
});
