/** Warns of a prefix that no other server uses, while servers use another one on the same Redis. It may be mistyped. */
import { ALL_NODES } from '@naru/broker';
import { type Keys, listOf, textOf } from '../script.js';
import type { Topology } from './topology.js';

/** The most prefixes that the warning names. */
const NAMED_MAX = 3;

/** Asks the servers of Redis once which prefixes are in use. An answer that a login may not have is left out. */
export async function warnOfLonelyPrefix({ shards }: Pick<Topology, 'shards'>, keys: Keys): Promise<void> {
  const own = keys.channel(ALL_NODES, 'talk');
  const end = own.slice(keys.prefix.length);
  const answers = shards.map(({ connection }) => connection.call(['PUBSUB', 'SHARDCHANNELS', `*${end}`]));
  const channels = (await Promise.all(answers)).flatMap((answer) => listOf(answer).map((name) => textOf(name) ?? ''));
  if (channels.length === 0 || channels.includes(own)) return;
  const others = channels.slice(0, NAMED_MAX).map((name) => `"${name.slice(0, -end.length)}"`);
  process.emitWarning(
    `No other server uses the prefix "${keys.prefix}" on this Redis, and servers use ${others.join(', ')}. ` +
      'Servers with different prefixes do not hear each other. If they belong together, give all of them the same "prefix".',
    { code: 'NARU_LONELY_PREFIX' },
  );
}
