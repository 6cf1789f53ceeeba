import { expect, it } from 'vitest';
import { describeNats } from '../../../test/kit/brokers/nats-server.js';
import { checkJetStream } from '../src/start-check.js';

describeNats('the check at the start', ({ parts, broker }) => {
  it('refuses a server that takes only small messages', async () => {
    const { connection, settings } = await parts();
    const small = Object.create(connection, {
      maxPayload: { value: 65_536 },
      request: { value: connection.request.bind(connection) },
    });
    await expect(checkJetStream(small, settings)).rejects.toThrow(
      `NATS at 127.0.0.1:${broker.port} takes messages of up to 65536 bytes, and Naru needs 1048576. Raise max_payload.`,
    );
  });

  it('accepts a server with JetStream, and refuses replicas that it cannot have', async () => {
    const { connection, settings } = await parts();
    await checkJetStream(connection, settings);
    await expect(checkJetStream(connection, { ...settings, replicas: 3 })).rejects.toThrow(
      `Option "replicas" must be 1, because NATS at 127.0.0.1:${broker.port} is a single server, got 3.`,
    );
  });
});
