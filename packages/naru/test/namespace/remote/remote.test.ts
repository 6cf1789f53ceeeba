import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../../testing/src/fake-clock.js';
import { SeededRandom } from '../../../../testing/src/seeded-random.js';
import { TalkExchange } from '../../../src/backplane/talk/exchange.js';
import { TrafficCounts } from '../../../src/namespace/log/counts.js';
import { Remote, type RemoteHandler } from '../../../src/namespace/remote/remote.js';

function build() {
  const clock = new FakeClock();
  const talk = new TalkExchange(clock, new SeededRandom(1));
  const errors: [string, string][] = [];
  const node = (handler: Partial<RemoteHandler> = {}) => {
    const messages: unknown[] = [];
    const whole: RemoteHandler = {
      onMessage: (from, message) => messages.push([from, ...message]),
      onQuestion: (_from, [name, ...args]) => [name, args.length],
      onGone: (code) => messages.push(['gone', code]),
      ...handler,
    };
    const remote = new Remote(talk, {
      counts: new TrafficCounts(),
      find: (name) => (name === '/known' ? whole : undefined),
      all: () => [whole],
      onError: (error, namespace) => errors.push([namespace, String((error as Error).message)]),
    });
    return { remote, messages };
  };
  return { clock, talk, errors, node };
}

describe('Remote', () => {
  it('sends messages with bytes to the namespaces of other nodes', async () => {
    const { clock, node } = build();
    const [one, two] = [node(), node()];
    one.remote.send('/known', ['x', 1, { bytes: Uint8Array.of(0, 255) }]);
    one.remote.send('/unknown', ['x']);
    await clock.settle();
    expect(one.messages).toEqual([]);
    expect(two.messages).toEqual([[one.remote.node, 'x', 1, { bytes: Buffer.from([0, 255]) }]]);
    expect(one.remote.others).toEqual([two.remote.node]);
  });

  it('goes on under another code, which is another node for the others', async () => {
    const { clock, node } = build();
    const [one, two] = [node(), node()];
    const before = one.remote.node;
    one.remote.takeNewCode();
    expect(one.remote.node).not.toBe(before);
    two.remote.send('/known', ['x']);
    await clock.settle();
    expect(one.messages).toEqual([[two.remote.node, 'x']]);
    expect([two.messages, two.remote.others]).toEqual([[['gone', before]], [one.remote.node]]);
  });

  it('asks other nodes; one without the namespace answers with nothing', async () => {
    const { clock, node } = build();
    const [one, two] = [node(), node()];
    const asking = one.remote.ask('/known', ['q', 1, 2], 1_000);
    const empty = one.remote.ask('/unknown', ['q'], 1_000);
    await clock.settle();
    expect(await asking).toEqual({ answers: new Map([[two.remote.node, ['q', 2]]]), missing: [] });
    expect(await empty).toEqual({ answers: new Map([[two.remote.node, null]]), missing: [] });
  });

  it('reports errors of its handlers, and counts as missing where it cannot answer', async () => {
    const { clock, node, errors } = build();
    const fail = (): never => {
      throw new Error('broken');
    };
    const [one, two] = [node(), node({ onMessage: fail, onQuestion: fail })];
    one.remote.send('/known', ['x']);
    const asking = one.remote.ask('/known', ['q'], 1_000);
    await clock.settle();
    expect((await asking).missing).toEqual([two.remote.node]);
    expect(errors).toEqual([
      ['/known', 'broken'],
      ['/known', 'broken'],
    ]);
  });

  it('handles no message of another version, and none that is not JSON', async () => {
    const { clock, talk, node, errors } = build();
    const { messages, remote } = node();
    const stranger = talk.join({ onMessage: () => undefined, onQuestion: () => new Uint8Array() });
    stranger.publish('/known', Buffer.from('[2,"x"]'));
    stranger.publish('/known', Buffer.from('{'));
    const asking = stranger.ask('/known', Buffer.from('[2,"q"]'), 1_000);
    await clock.settle();
    expect((await asking).missing).toEqual([remote.node]);
    expect([messages, errors.length]).toEqual([[], 1]);
  });

  it('takes broadcasts to the namespaces that it hears, also under another code', async () => {
    const { clock, node } = build();
    const [one, two] = [node(), node()];
    const ends = [two.remote.hear('/known'), two.remote.hear('/known')];
    one.remote.broadcast('/known', ['x', 1]);
    two.remote.takeNewCode();
    one.remote.broadcast('/known', ['x', 2]);
    await clock.settle();
    ends[0]?.();
    one.remote.broadcast('/known', ['x', 3]);
    await clock.settle();
    ends[1]?.();
    one.remote.broadcast('/known', ['x', 4]);
    await clock.settle();
    expect(two.messages).toEqual([
      [one.remote.node, 'x', 2],
      [one.remote.node, 'x', 3],
    ]);
  });

  it('tells the namespaces when a node ends, and takes part again as another node', async () => {
    const { node } = build();
    const [one, two] = [node(), node()];
    const former = two.remote.node;
    two.remote.close();
    expect([one.messages, one.remote.others]).toEqual([[['gone', former]], []]);
    two.remote.open();
    expect(two.remote.node).not.toBe(former);
    expect(one.remote.others).toEqual([two.remote.node]);
  });
});
