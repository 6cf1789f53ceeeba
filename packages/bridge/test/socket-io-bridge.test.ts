/** A bridge whose exchange is the test. */
import { describe, expect, it } from 'vitest';
import { memoryBackplane } from '../../naru/src/backplane/memory.js';
import type { BridgedNamespace, BridgeHost, Span } from '../../naru/src/entry/bridge.js';
import { FakeClock, SeededRandom } from '../../testing/src/entry/index.js';
import type { ExchangeContext } from '../src/exchange.js';
import { SocketIoBridge } from '../src/socket-io-bridge.js';

function build(isLogged = false) {
  const clock = new FakeClock();
  const calls: string[] = [];
  const errors: string[] = [];
  const got: unknown[][] = [];
  let context: ExchangeContext | undefined;
  const host: BridgeHost = {
    ...{ clock, random: new SeededRandom(1), backplane: memoryBackplane(clock, { ageMs: 1_000, bytes: 1_000 }) },
    recoveryMs: 0,
    isLogged: () => isLogged,
    whenDelivered: () => void calls.push('delivered'),
    onError: (error) => errors.push(error.message),
  };
  const bridge = new SocketIoBridge(host, {
    requestsTimeout: 5_000,
    createExchange: (given) => {
      context = given;
      return {
        open: () => {
          calls.push('open');
          return async () => void calls.push('closed');
        },
        join: (namespace, onClose) =>
          ({
            close: () => {
              calls.push(`left ${namespace.name}`);
              onClose();
            },
          }) as Span,
        say: () => undefined,
        countNodes: async () => 1,
      };
    },
  });
  const namespace = {
    name: '/',
    deliver: (...event: unknown[]) => got.push(event),
    act: (...change: unknown[]) => got.push(change),
  } as object as BridgedNamespace;
  const span = bridge.join(namespace);
  const target = (flags = {}) => ({ rooms: new Set(['home']), except: new Set<string>(), flags });
  const hear = (what: object, flags = {}): void =>
    context?.onHeard({ uid: 'old', namespace: '/', bytes: 1, target: target(flags), ...what });
  return { clock, bridge, span, calls, errors, got, hear, target, context: context as unknown as ExchangeContext };
}

describe('a bridge', () => {
  it('gives what it hears to a namespace that is in use', () => {
    const { span, got, hear, target } = build();
    hear({ data: ['said'] });
    hear({ action: ['join', ['new']] });
    hear({ data: ['said'], namespace: '/other' });
    expect(got.splice(0)).toEqual([
      [target(), ['said']],
      [target(), ['join', ['new']]],
    ]);
    span.close();
    hear({ data: ['said'] });
    expect(got).toEqual([]);
  });

  it('gives volatile events alone to its own sockets if the servers share a log', () => {
    const { got, hear, target } = build(true);
    hear({ data: ['said'] });
    hear({ action: ['join', ['new']] });
    hear({ data: ['said'] }, { volatile: true });
    expect(got).toEqual([[target({ volatile: true }), ['said']]]);
  });

  it('reports each text once a minute, and twenty of them', async () => {
    const { clock, errors, context } = build();
    for (let n = 0; n < 100; n += 1) context.onStrange();
    expect(errors.splice(0)).toEqual(['The bridge to Socket.IO passes over messages that no adapter sends']);
    await clock.advance(60_001);
    context.onStrange();
    for (let n = 0; n < 100; n += 1) context.onError(new Error(`number ${n}`));
    expect(errors.length).toBe(20);
    expect(errors[1]).toBe('The bridge to Socket.IO cannot reach Redis: number 0');
  });

  it('disconnects after its last events, also if its server listens again meanwhile', async () => {
    const { clock, bridge, calls } = build();
    const closed = bridge.close();
    bridge.reopen();
    await clock.advance(10);
    await closed;
    expect(calls).toEqual(['open', 'open', 'delivered', 'closed']);
  });
});
