/** Checks, when an uplink opens, that a NATS can be the home of a log. */
import { ConfigError, decodeUtf8, encodeUtf8 } from 'naru/base';
import type { NatsConnection } from './connection.js';
import type { NatsSettings } from './options.js';

const NO_RESPONDERS = 503;
/** The default of NATS. A batch of many events is not larger, and a single event may be as large as max_payload. */
const PAYLOAD_BYTES_MIN = 1024 * 1024;

/** Rejects with ConfigError if the server has no JetStream, takes only small messages, or is too small a cluster. */
export async function checkJetStream(connection: NatsConnection, { replicas, servers }: NatsSettings): Promise<void> {
  const { status, body } = await connection.request('$JS.API.INFO', encodeUtf8(''));
  const where = servers.join(', ');
  if (status === NO_RESPONDERS || /"err_code":\s*(10039|10076)/.test(decodeUtf8(body)))
    throw new ConfigError(
      'WRONG_STATE',
      `NATS at ${where} has no JetStream, which keeps the log. Start nats-server with "-js", or enable it for the account.`,
    );
  if (connection.maxPayload < PAYLOAD_BYTES_MIN)
    throw new ConfigError(
      'WRONG_STATE',
      `NATS at ${where} takes messages of up to ${connection.maxPayload} bytes, and Naru needs ${PAYLOAD_BYTES_MIN}. Raise max_payload.`,
    );
  if (replicas > 1 && !connection.isClustered)
    throw new ConfigError(
      'BAD_OPTION',
      `Option "replicas" must be 1, because NATS at ${where} is a single server, got ${replicas}.`,
    );
}
