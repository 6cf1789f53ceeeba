// Counts what a broker holds of a namespace with the broker's own driver, and so without the code that is tested: it
// knows only the head of a batch.
import { createHash } from 'node:crypto';

/** The place of the number of records in the head of a batch, and the bytes that name the batch. */
const COUNT_AT = 2;
const NAME = [6, 20];
const HEAD_BYTES = 30;

/** Returns the number of records in the log of the namespace "/", and the faults of its batches. */
export async function countRaw({ kind, url }) {
  /** The places of the messages in the log, by their contents. */
  const seen = new Map();
  const faults = [];
  let [count, messages] = [0, 0];
  const take = (batch) => {
    count += batch.readUInt32BE(COUNT_AT);
    // An append for several audiences is several batches with one name. Each event of a soak is another one, so their
    // contents differ. Two changes of one socket may be equal, and stand in one append.
    const content = createHash('sha1').update(batch).digest('hex');
    if (seen.has(content) && !printable(batch).includes('["act",'))
      faults.push(
        `batch ${batch.subarray(...NAME).toString('hex')} was appended twice: ` +
          `messages ${seen.get(content)} and ${messages} of the log, ${printable(batch)}`,
      );
    seen.set(content, messages);
    messages += 1;
  };
  await (kind === 'redis' ? readRedis(url, take) : readNats(url, take));
  return { count, faults };
}

/** Returns the beginning of the records of a batch, without bytes that no terminal shows. */
function printable(batch) {
  return batch
    .subarray(HEAD_BYTES)
    .toString('latin1')
    .replace(/[^ -~]+/g, ' ')
    .slice(0, 300);
}

async function readRedis(url, take) {
  const { createClient, RESP_TYPES } = await import('@redis/client');
  const client = createClient({ url, commandOptions: { typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer } } });
  await client.connect();
  for (let after = '-'; ; ) {
    const entries = await client.sendCommand(['XRANGE', 'naru:{%2F}:log', after, '+', 'COUNT', '1000']);
    for (const [, [, batch]] of entries) take(batch);
    if (entries.length === 0) break;
    after = `(${entries.at(-1)[0]}`;
  }
  client.destroy();
}

async function readNats(url, take) {
  const { connect } = await import('@nats-io/transport-node');
  const { jetstream, jetstreamManager } = await import('@nats-io/jetstream');
  const connection = await connect({ servers: url.replace('nats://', '') });
  const manager = await jetstreamManager(connection);
  for await (const { config } of manager.streams.list()) {
    const subject = config.subjects
      .map((each) => each.replace(/>$/, 'log.%2F.*'))
      .find((each) => each.endsWith('.log.%2F.*'));
    if (!subject) continue;
    const { num_pending: count } = await (
      await jetstream(connection).consumers.get(config.name, { filter_subjects: subject })
    ).info();
    if (count === 0) continue;
    const consumer = await jetstream(connection).consumers.get(config.name, { filter_subjects: subject });
    let left = count;
    for await (const message of await consumer.consume()) {
      take(Buffer.from(message.data));
      left -= 1;
      if (left === 0) break;
    }
  }
  await connection.close();
}
