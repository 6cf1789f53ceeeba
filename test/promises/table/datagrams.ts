/** Promises about UDP and lanes. */
import { EVERY_HOME, type Promised } from '../promised.js';

/** The promises about UDP and lanes. */
export const datagrams: readonly Promised[] = [
  {
    id: 'udp-events',
    said: {
      'docs/udp.md': 'events without an acknowledgement, volatile or not | at most once, and never after a newer one',
    },
    wires: ['udp'],
    homes: EVERY_HOME,
    operations: ['emit'],
    check: {
      file: 'packages/udp/test/transport/association',
      test: 'data never goes back, never repeats, and usually arrives, on a network that loses, doubles and reorders',
    },
    mutant: {
      in: 'udp/src/transport/association.ts',
      find: 'else if (!isNewer) counts.stale += 1;',
      put: 'else if (bytes.length === 0) counts.stale += 1;',
    },
  },
  {
    id: 'udp-control',
    said: { 'docs/udp.md': 'everything else, from each side | once and in order' },
    wires: ['udp'],
    homes: EVERY_HOME,
    operations: ['ack', 'connect', 'subscribe'],
    check: {
      file: 'packages/udp/test/transport/association',
      test: 'control arrives whole, once and in order, on a network that loses half of everything',
    },
    mutant: { in: 'udp/src/transport/repeats.ts', find: '    entry.onRepeat();', put: '' },
  },
  {
    id: 'udp-no-older-state',
    said: {
      'docs/udp.md':
        'The receiver drops an event that a newer one has overtaken, so an old state never overwrites a new one.',
      'docs/delivery.md': '`volatile`, datagrams | none | allowed | none',
    },
    wires: ['udp'],
    homes: EVERY_HOME,
    operations: ['emit'],
    check: {
      file: 'packages/udp/test/transport/association',
      test: 'data never goes back, never repeats, and usually arrives, on a network that loses, doubles and reorders',
    },
    mutant: {
      in: 'udp/src/transport/association.ts',
      find: 'const isNewer = sequence > this.#newest;',
      put: 'const isNewer = sequence !== this.#newest;',
    },
  },
  {
    id: 'udp-from-client',
    said: { 'docs/delivery.md': '`volatile`, UDP, a lane | none | allowed | at most once' },
    wires: ['udp', 'lane'],
    homes: EVERY_HOME,
    operations: ['emit'],
    check: {
      file: 'packages/udp/test/transport/association',
      test: 'data never goes back, never repeats, and usually arrives, on a network that loses, doubles and reorders',
    },
    mutant: {
      in: 'udp/src/transport/association.ts',
      find: 'const isNewer = sequence > this.#newest;',
      put: 'const isNewer = sequence >= this.#newest;',
    },
  },
  {
    id: 'udp-too-large',
    said: {
      'docs/udp.md':
        "If an event is larger, `socket.emit` throws `NOT_ENCODABLE` on both sides, and the error's message gives the size.",
    },
    wires: ['udp'],
    homes: EVERY_HOME,
    operations: ['emit'],
    check: {
      file: 'packages/udp/test/client/udp',
      test: 'a client over UDP throws for an event or answer that does not fit into a datagram, and continues',
    },
    mutant: { in: 'udp/src/client/udp.ts', find: 'if (size <= CONTROL_BYTES_MAX) return;', put: 'return;' },
  },
  {
    id: 'udp-repeats',
    said: {
      'docs/udp.md':
        'The sender waits 250 ms before the first repetition, 500 ms before each of the next two, 1 s before each of the two after those, and then 2 s each time.',
    },
    wires: ['udp'],
    homes: EVERY_HOME,
    operations: ['emit'],
    check: { file: 'packages/udp/test/transport/repeats', test: 'repeats at growing intervals, up to the longest' },
    mutant: {
      in: 'udp/src/transport/repeats.ts',
      find: '[250, 500, 500, 1_000, 1_000, 2_000]',
      put: '[250, 500, 500, 1_000, 1_000, 4_000]',
    },
  },
  {
    id: 'udp-no-amplification',
    said: {
      'docs/udp.md':
        'Until then, the server never sends an answer that is longer than the datagram it answers, so it cannot be used to amplify an attack.',
    },
    wires: ['udp'],
    homes: EVERY_HOME,
    operations: ['connect'],
    check: {
      file: 'packages/udp/test/transport/listener',
      test: 'the handshake ignores a HELLO that is shorter than an answer may be',
    },
    mutant: {
      in: 'udp/src/protocol/datagram/handshake.ts',
      find: 'return datagram.byteLength < HELLO_BYTES_MIN ? undefined : nonceOf(datagram);',
      put: 'return nonceOf(datagram);',
    },
  },
  {
    id: 'udp-cookie',
    said: { 'docs/udp.md': 'The server sends CHALLENGE with a cookie, which is valid for at least 5 seconds.' },
    wires: ['udp'],
    homes: EVERY_HOME,
    operations: ['connect'],
    check: {
      file: 'packages/udp/test/transport/authentication/address-proof',
      test: 'accepts a cookie for at least half its life, and at most all of it',
    },
    mutant: {
      in: 'udp/src/transport/authentication/address-proof.ts',
      find: 'const PERIOD_MS = COOKIE_LIFE_MS / 2;',
      put: 'const PERIOD_MS = COOKIE_LIFE_MS / 8;',
    },
  },
  {
    id: 'udp-moves-with-proof',
    said: {
      'docs/udp.md': 'It keeps sending to the old address until the client answers the challenge from the new one.',
    },
    wires: ['udp', 'lane'],
    homes: EVERY_HOME,
    operations: ['move'],
    check: {
      file: 'packages/udp/test/transport/listener',
      test: 'hostile datagrams do not move a session: a copy from another address must first prove that address',
    },
    mutant: {
      in: 'udp/src/transport/association.ts',
      find: 'if (port !== this.port || address !== this.address) this.context.onMoved(',
      put: 'if (port !== this.port || address !== this.address) Object.assign(this, { port, address });\n      if (false) this.context.onMoved(',
    },
  },
  {
    id: 'lane-token',
    said: { 'docs/udp.md': 'The answer contains an endpoint, a key, and a token that works once, within 30 seconds.' },
    wires: ['lane'],
    homes: EVERY_HOME,
    operations: ['connect'],
    check: { file: 'packages/udp/test/server/lane-grants', test: 'grants a token that works once' },
    mutant: {
      in: 'udp/src/server/lane-grants.ts',
      find: '    this.#remove(grant);\n    const { session, key }',
      put: 'const { session, key }',
    },
  },
  {
    id: 'lane-signs',
    said: {
      'docs/udp.md':
        'The client sends a sign of life every 4 seconds, or every second while the last one is unanswered.',
    },
    wires: ['lane'],
    homes: EVERY_HOME,
    operations: ['volatile'],
    check: { file: 'packages/udp/test/client/lane/keeper', test: 'keeps its lane while five of six signs are lost' },
    mutant: {
      in: 'udp/src/protocol/lane/freshness.ts',
      find: 'LANE_SIGN_AGAIN_MS = 1_000',
      put: 'LANE_SIGN_AGAIN_MS = 9_000',
    },
  },
  {
    id: 'lane-fresh-client',
    said: {
      'docs/udp.md':
        'For the client, the lane is fresh if the server answered a sign of life within the last 10 seconds.',
    },
    wires: ['lane'],
    homes: EVERY_HOME,
    operations: ['volatile'],
    check: {
      file: 'packages/udp/test/protocol/lane/freshness',
      test: 'needs an answer on a client, which is deaf when it hears nothing at all',
    },
    mutant: {
      in: 'udp/src/protocol/lane/freshness.ts',
      find: 'return now - (this.#isServer ? this.#heardAt : this.#answeredAt);',
      put: 'return now - this.#heardAt;',
    },
  },
  {
    id: 'lane-fresh-server',
    said: {
      'docs/udp.md':
        'For the server, it is fresh if the server heard from the client on the lane within the last 10 seconds.',
      'docs/lanes.md': 'Both sides leave a lane after 10 seconds of silence.',
    },
    wires: ['lane'],
    homes: EVERY_HOME,
    operations: ['volatile'],
    check: {
      file: 'packages/udp/test/protocol/lane/freshness',
      test: 'ends on a server when the client is silent, or says that it is deaf',
    },
    mutant: {
      in: 'udp/src/protocol/lane/freshness.ts',
      find: 'return this.silentMs < LANE_FRESH_MS;',
      put: 'return this.silentMs < 2 * LANE_FRESH_MS;',
    },
  },
  {
    id: 'lane-one-way',
    said: { 'docs/udp.md': 'So when a lane works in one direction only, both sides leave it after about 10 seconds.' },
    wires: ['lane'],
    homes: EVERY_HOME,
    operations: ['volatile'],
    check: {
      file: 'packages/udp/test/protocol/lane/freshness',
      test: 'ends on a server when the client is silent, or says that it is deaf',
    },
    mutant: {
      in: 'udp/src/protocol/lane/freshness.ts',
      find: 'else if (isDeaf) this.#heardAt = this.#now() - LANE_FRESH_MS;',
      put: '',
    },
  },
  {
    id: 'lane-asks-again',
    said: {
      'docs/udp.md': 'It asks for a new one after 5 seconds, and then at intervals that double up to a minute.',
      'docs/lanes.md': 'It asks for a new one after 5 seconds, and then at intervals that double up to a minute.',
    },
    wires: ['lane'],
    homes: EVERY_HOME,
    operations: ['volatile'],
    check: {
      file: 'packages/udp/test/client/lane/keeper',
      test: 'opens another lane when the server closes one, and when the client reconnects',
    },
    mutant: {
      in: 'udp/src/client/lane/keeper.ts',
      find: 'const RETRY_AFTER_MS = 5_000;',
      put: 'const RETRY_AFTER_MS = 50_000;',
    },
  },
  {
    id: 'lane-two-seconds',
    said: { 'docs/lanes.md': 'asks again within 2 seconds | gets `NO_LANE`' },
    wires: ['lane'],
    homes: EVERY_HOME,
    operations: ['connect'],
    check: {
      file: 'packages/udp/test/server/webrtc',
      test: 'gives a session one lane, and no other soon, whatever it asks for',
    },
    mutant: {
      in: 'udp/src/server/webrtc.ts',
      find: 'if (!isOpen || sinceLast < CHANNEL_PACE_MS)',
      put: 'if (!isOpen)',
    },
  },
  {
    id: 'lane-not-opened',
    said: { 'docs/lanes.md': 'does not open its channel within 10 seconds | loses the prepared lane' },
    wires: ['lane'],
    homes: EVERY_HOME,
    operations: ['connect'],
    check: { file: 'packages/udp/test/data-channel/lane', test: 'ends when its channel does not open in time' },
    mutant: { in: 'udp/src/data-channel/lane.ts', find: "lane.end('unopened'));", put: 'lane.isFresh);' },
  },
  {
    id: 'lane-silent',
    said: { 'docs/lanes.md': 'opens its channel and is silent for 30 seconds | loses the lane' },
    wires: ['lane'],
    homes: EVERY_HOME,
    operations: ['volatile'],
    check: {
      file: 'packages/udp/test/data-channel/lane',
      test: 'ends when its client opens it and never speaks, or stops speaking',
    },
    mutant: { in: 'udp/src/data-channel/lane.ts', find: "lane.end('silent'));", put: 'lane.isFresh);' },
  },
  {
    id: 'lane-floods',
    said: { 'docs/lanes.md': 'sends more than `messagesPerSecondMax` | loses the lane' },
    wires: ['lane'],
    homes: EVERY_HOME,
    operations: ['volatile'],
    check: { file: 'packages/udp/test/data-channel/lane', test: 'ends when its client speaks without end' },
    mutant: {
      in: 'udp/src/data-channel/lane.ts',
      find: 'return this.#messageCount > messagesPerSecondMax;',
      put: 'return messagesPerSecondMax < 0;',
    },
  },
  {
    id: 'lane-order',
    said: { 'docs/lanes.md': 'The receiver drops an event that a newer one has overtaken.' },
    wires: ['lane'],
    homes: EVERY_HOME,
    operations: ['volatile'],
    check: {
      file: 'packages/udp/test/protocol/lane/channel-end',
      test: 'delivers whole messages, and drops those that a newer one has overtaken',
    },
    mutant: {
      in: 'naru/src/protocol/webtransport/datagram.ts',
      find: 'if ((sequence - this.#newest) << 0 <= 0) return undefined;',
      put: '',
    },
  },
  {
    id: 'webtransport-datagrams',
    said: { 'docs/webtransport.md': 'The receiver drops a datagram that arrives after a newer one.' },
    wires: ['webtransport'],
    homes: EVERY_HOME,
    operations: ['volatile'],
    check: {
      file: 'packages/naru/test/protocol/webtransport/datagram',
      test: 'a datagram is dropped after a newer one, also when the numbers wrap around',
    },
    mutant: {
      in: 'naru/src/protocol/webtransport/datagram.ts',
      find: 'if ((sequence - this.#newest) << 0 <= 0) return undefined;',
      put: '',
    },
  },
];
