import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { OPTION_GROUPS } from '../../../../test/docs/option-groups.js';
import { readText, root } from '../../../../test/tidy/source.js';
import { rulesTable } from '../../src/namespace/permissions/permissions.js';
import { REFUSALS } from '../../src/server/admission/refusals.js';
import { remedyOf } from '../../src/taps/remedies.js';
import type { Tap } from '../../src/taps/tap.js';
import * as TAPS from '../../src/taps/taps.js';

const source = readText('packages/naru/src/taps/remedies.ts');
const names = (Object.values(TAPS) as readonly object[] as readonly Tap<object>[]).map(({ name }) => name);

/** The options of a server, and those of the groups that its remedies may name. */
const options = new Set(
  [OPTION_GROUPS.engine, OPTION_GROUPS.server, OPTION_GROUPS['server-wires'], OPTION_GROUPS['slow-readers']].flatMap(
    ({ table }) => Object.keys(table.entries),
  ),
);

/** Sentences, each with a great letter at the beginning and a full stop at the end. */
const SENTENCES = /^[A-Z].*\.$/;

describe('the texts of remedies', () => {
  const quoted = [...source.matchAll(/"(\w+)"/g)].map(([, name = '']) => name);
  it('name options in quotes', () => expect(quoted.length).toBeGreaterThan(10));
  it.each([...new Set(quoted)])('name %s, which is an option of the server', (name) => {
    expect(options).toContain(name);
  });

  const pages = [...source.matchAll(/docs\/[\w-]+\.md/g)].map(([page]) => page);
  it('name documents', () => expect(pages.length).toBeGreaterThan(4));
  it.each([...new Set(pages)])('name %s, which exists', (page) => {
    expect(existsSync(join(root, page))).toBe(true);
  });

  const taps = [...source.matchAll(/^ {2}'([a-z]+\.[a-z-]+)': \(/gm)].map(([, name = '']) => name);
  it('belong to taps', () => expect(taps.length).toBeGreaterThan(8));
  it.each(taps)('belong to %s, which is a tap', (name) => {
    expect(names).toContain(`naru:${name}`);
  });
});

describe('remedyOf', () => {
  it.each(Object.keys(REFUSALS))('says what to do about the refusal %s', (reason) => {
    expect(remedyOf('handshake.refused', { reason, status: 400 })).toMatch(SENTENCES);
  });

  const admission = ['server/admission/admission.ts', 'server/engine/engine-server.ts']
    .map((path) => readText(`packages/naru/src/${path}`))
    .join('');
  const details = [...admission.matchAll(/refuse\('badRequest', \{ name: '(\w+)'/g)].map(([, detail = '']) => detail);
  it('knows the details of bad requests', () => expect(details.length).toBeGreaterThan(4));
  it.each([...new Set(details)])('has a remedy of its own for the bad request %s', (detail) => {
    const remedy = remedyOf('handshake.refused', { reason: 'badRequest', detail });
    expect(remedy).toMatch(SENTENCES);
    expect(remedy).not.toBe(remedyOf('handshake.refused', { reason: 'badRequest', detail: 'another' }));
  });

  it('tells a session that has ended from one on a server that cannot be reached', () => {
    expect(remedyOf('handshake.refused', { reason: 'unknownSid' })).toContain('share no backplane');
    expect(remedyOf('handshake.refused', { reason: 'unknownSid', node: 'aB3_-xyZ' })).toMatch(
      /node aB3_-xyZ,.*"links"/,
    );
  });

  it('names the origin that the option cors needs', () => {
    expect(remedyOf('handshake.foreign', { origin: 'https://a.example' })).toContain(
      `"cors" to { origin: 'https://a.example' }`,
    );
  });

  it.each(['constructor', 'toString', '__proto__'])(
    'has the usual remedy if the application refuses with %s',
    (detail) => {
      expect(remedyOf('handshake.refused', { reason: 'forbidden', detail })).toContain('"allowRequest"');
    },
  );

  it('gives no advice that a client has made up by quotes in a name', () => {
    const origin = "x', credentials: true } or { origin: '*";
    expect(remedyOf('handshake.foreign', { origin })?.split("'")).toHaveLength(3);
    const namespace = "/a').use(() => '";
    expect(remedyOf('socket.refused', { message: 'Invalid namespace', namespace })?.split("'")).toHaveLength(3);
  });

  it.each([
    ['ping timeout', undefined, '"pingTimeout"'],
    ['forced close', undefined, '"connectTimeout"'],
    ['transport error', 'BUFFER_FULL', 'policy for slow readers'],
    ['parse error', 'LINE_TOO_LONG', '"tcp.lineBytesMax"'],
    ['parse error', 'STOMP_TOO_BIG', 'version of the client'],
    ['transport error', 'DISCONNECTED', 'timeout of a proxy'],
    ['transport error', 'WS_MESSAGE_TOO_BIG', '"maxHttpBufferSize"'],
    ['transport error', 'EIO_PAYLOAD_TOO_BIG', '"maxHttpBufferSize"'],
    ['parse error', 'SIO_BAD_PACKET', 'version of the client'],
  ])('says what to do about an end by %s with %s', (reason, code, words) => {
    const remedy = remedyOf('session.ended', { reason, code });
    expect(remedy).toContain(words);
    expect(remedy).toMatch(SENTENCES);
  });

  it('has nothing to say about an end by transport close', () => {
    expect(remedyOf('session.ended', { reason: 'transport close' })).toBeUndefined();
  });

  it('names the option for a frame of STOMP that is too large', () => {
    const detail = 'the body has more than 1000 bytes';
    expect(remedyOf('session.ended', { reason: 'parse error', code: 'STOMP_TOO_BIG', detail })).toContain('"maxHttp');
  });

  it('does not tell anybody to admit pages without an origin', () => {
    expect(remedyOf('handshake.foreign', { origin: 'null' })).not.toContain('cors');
  });

  it.each([
    ['Invalid namespace', `io.of('/nowhere')`],
    ['Too many namespaces', '"namespacesPerConnectionMax"'],
    ['not you', 'The message says why'],
  ])('says what to do about the refusal of a namespace: %s', (message, words) => {
    expect(remedyOf('socket.refused', { message, namespace: '/nowhere' })).toContain(words);
  });

  it.each([...Object.keys(rulesTable.entries).filter((rule) => rule !== 'author'), 'enter'])(
    'names the rule that would allow %s',
    (act) => {
      const remedy = remedyOf('permission.refused', { act, code: 'FORBIDDEN', namespace: '/chat' });
      const [, rule = ''] = /io\.of\('\/chat'\)\.allow\(\{ (\w+): /.exec(remedy ?? '') ?? [];
      expect(Object.keys(rulesTable.entries)).toContain(rule);
    },
  );

  it('asks for no rule when a limit refused', () => {
    expect(remedyOf('permission.refused', { act: 'publish', code: 'LIMITED', namespace: '/' })).toBeUndefined();
  });

  it.each([
    ['drop-oldest', '"bytesMax"'],
    ['newest-per-key', 'keeps the newest events'],
    ['newest-group', 'keeps the newest events'],
  ])('says what the policy %s does to slow readers', (policy, words) => {
    expect(remedyOf('slow.dropped', { policy })).toContain(words);
  });

  it('says what to look at while the home of the log is in trouble, and nothing otherwise', () => {
    const states = ['connecting', 'up', 'catching-up', 'slow', 'away', 'unusable'] as const;
    const troubled = states.filter((state) => remedyOf('home.changed', { state }) !== undefined);
    expect(troubled).toEqual(['slow', 'away', 'unusable']);
  });

  it('has nothing to say about what is in order', () => {
    expect(remedyOf('session.opened', { connection: 1 })).toBeUndefined();
    expect(remedyOf('node.went', { isLost: false })).toBeUndefined();
    expect(remedyOf('node.went', { isLost: true })).toMatch(SENTENCES);
  });
});
