import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, exportSPKI, generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { type JwtOptions, jwt } from '../src/jwt.js';

const NOW = 1_800_000_000;
const SECRET = 'a secret of more than 32 bytes, for tests';
const RULES = { issuer: 'https://login.test', audience: 'chat', clock: { now: () => NOW * 1_000 } };
const CLAIMS: JWTPayload = { iss: RULES.issuer, aud: 'chat', sub: '42', iat: NOW, exp: NOW + 60, jti: 'j1' };
const handshake = {} as never;

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const sign = (claims: JWTPayload, key: Parameters<SignJWT['sign']>[0] = bytes(SECRET), alg = 'HS256', kid?: string) =>
  new SignJWT(claims).setProtectedHeader(kid === undefined ? { alg } : { alg, kid }).sign(key);
const code = async (reading: unknown): Promise<unknown> => {
  try {
    await reading;
    return 'accepted';
  } catch (error) {
    return (error as { data?: { code: string } }).data?.code ?? 'refused';
  }
};

describe('jwt with a secret', () => {
  const read = jwt({ ...RULES, secret: SECRET });

  it('returns the facts of a token', async () => {
    expect(await read(await sign({ ...CLAIMS, role: 'admin' }), handshake)).toEqual({
      user: '42',
      issuedAt: NOW * 1_000,
      expiresAt: (NOW + 60) * 1_000,
      leewayMs: 0,
      id: 'j1',
      claims: { ...CLAIMS, role: 'admin' },
    });
  });

  it('takes the user from another claim, and adds the leeway to the end', async () => {
    const other = jwt({ ...RULES, secret: SECRET, user: 'email', leewayMs: 1_500 });
    const facts = await other(await sign({ ...CLAIMS, email: 'a@b.test' }), handshake);
    expect([facts.user, facts.expiresAt, facts.leewayMs]).toEqual(['a@b.test', (NOW + 60) * 1_000, 1_500]);
    expect(await code(other(await sign(CLAIMS), handshake))).toBe('refused');
  });

  it.each<[string, JWTPayload, string]>([
    ['another audience', { aud: 'shop' }, 'refused'],
    ['no audience', { aud: undefined as never }, 'refused'],
    ['another issuer', { iss: 'https://evil.test' }, 'refused'],
    ['an issue in the future', { iat: NOW + 31 }, 'TOKEN_INVALID'],
    ['an issue that another clock has in the future', { iat: NOW + 29 }, 'accepted'],
    ['a beginning in the future', { nbf: NOW + 31 }, 'refused'],
    ['a beginning that another clock has in the future', { nbf: NOW + 29 }, 'accepted'],
    ['an end that is long over', { exp: NOW - 100 }, 'TOKEN_EXPIRED'],
    ['no end', { exp: undefined as never }, 'refused'],
    ['no issue', { iat: undefined as never }, 'refused'],
    ['no user', { sub: undefined as never }, 'refused'],
    ['a number as the user', { sub: 42 as never }, 'TOKEN_INVALID'],
    ['an end that is no number', { exp: '9999999999' as never }, 'refused'],
  ])('decides about a token with %s', async (_, claims, outcome) => {
    expect(await code(read(await sign({ ...CLAIMS, ...claims }), handshake))).toBe(outcome);
  });

  it('has a leeway for the end alone, which may be longer than clocks differ', async () => {
    const patient = jwt({ ...RULES, secret: SECRET, leewayMs: 90_000 });
    const facts = await patient(await sign({ ...CLAIMS, iat: NOW - 100, exp: NOW - 80 }), handshake);
    expect([facts.expiresAt, facts.leewayMs]).toEqual([(NOW - 80) * 1_000, 90_000]);
    for (const claims of [{ nbf: NOW + 31 }, { iat: NOW + 31 }])
      expect(await code(patient(await sign({ ...CLAIMS, ...claims }), handshake))).toBe('TOKEN_INVALID');
  });

  it('leaves a token that has just ended to the guard, which is exact', async () => {
    const facts = await read(await sign({ ...CLAIMS, exp: NOW - 1 }), handshake);
    expect(facts.expiresAt).toBe((NOW - 1) * 1_000);
  });

  it('refuses tokens that are not signed, or with another secret or algorithm', async () => {
    const { privateKey } = await generateKeyPair('RS256');
    const tokens = [
      new UnsecuredJWT(CLAIMS).encode(),
      `${new UnsecuredJWT(CLAIMS).encode()}AAAA`,
      await sign(CLAIMS, bytes('another secret of more than 32 bytes, for tests')),
      await sign(CLAIMS, privateKey, 'RS256'),
      (await sign(CLAIMS)).replace(
        /\.[^.]*\./,
        `.${Buffer.from(JSON.stringify({ ...CLAIMS, sub: '7' })).toString('base64url')}.`,
      ),
      'nonsense',
      '..',
      '',
    ];
    for (const token of tokens) expect(await code(read(token, handshake))).toBe('refused');
  });
});

describe('jwt with a public key', () => {
  it('takes PEM and JWK, and never a secret that is made of the key', async () => {
    const { publicKey, privateKey } = await generateKeyPair('RS256', { extractable: true });
    const pem = await exportSPKI(publicKey);
    for (const key of [pem, await exportJWK(publicKey)]) {
      const read = jwt({ ...RULES, key, algorithm: 'RS256' });
      expect((await read(await sign(CLAIMS, privateKey, 'RS256'), handshake)).user).toBe('42');
      for (const confused of [pem, pem.trim(), JSON.stringify(await exportJWK(publicKey))])
        expect(await code(read(await sign(CLAIMS, bytes(confused), 'HS256'), handshake))).toBe('refused');
      expect(await code(read(await sign(CLAIMS, privateKey, 'RS512').catch(() => ''), handshake))).not.toBe('accepted');
    }
  });
});

/** Serves the key sets. */
async function serve() {
  const keys = { old: await generateKeyPair('ES256'), new: await generateKeyPair('ES256') };
  const served = { names: ['old'] as ('old' | 'new')[], count: 0, hangs: false, fails: false };
  const server = createServer(async (_request, response) => {
    served.count += 1;
    if (served.hangs) return;
    if (served.fails) return void response.writeHead(500).end();
    const list = served.names.map(async (kid) => ({ ...(await exportJWK(keys[kid].publicKey)), kid, alg: 'ES256' }));
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: await Promise.all(list) }));
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const time = { now: NOW * 1_000 };
  const clock = { now: () => time.now };
  const read = jwt({ ...RULES, clock, jwks: `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys` });
  return { keys, served, read, time };
}

describe('jwt with a key set', () => {
  it('fetches the set once for many tokens, and not for each unknown key', async () => {
    const { keys, served, read } = await serve();
    const token = await sign(CLAIMS, keys.old.privateKey, 'ES256', 'old');
    const facts = await Promise.all(Array.from({ length: 20 }, () => read(token, handshake)));
    expect([facts.length, served.count]).toEqual([20, 1]);
    const strange = await sign(CLAIMS, keys.new.privateKey, 'ES256', 'new');
    for (let at = 0; at < 20; at += 1) expect(await code(read(strange, handshake))).toBe('refused');
    expect(served.count).toBeLessThanOrEqual(2);
  });

  it('tells clients to come back when the set cannot be fetched', { timeout: 20_000 }, async () => {
    const { keys, served, read, time } = await serve();
    served.hangs = true;
    const token = await sign(CLAIMS, keys.old.privateKey, 'ES256', 'old');
    expect(await Promise.all([1, 2].map(() => code(read(token, handshake))))).toEqual(['UNAVAILABLE', 'UNAVAILABLE']);
    served.hangs = false;
    // A key set that fails is not asked again at once.
    expect([await code(read(token, handshake)), served.count]).toEqual(['UNAVAILABLE', 1]);
    time.now += 5_000;
    expect(await code(read(token, handshake))).toBe('accepted');
  });
});

describe('jwt with a key set that cannot be fetched', () => {
  it('takes tokens of the keys that it has, while a made-up key has it fetched in vain', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    onTestFinished(() => void vi.useRealTimers());
    const { keys, served, read } = await serve();
    const token = await sign(CLAIMS, keys.old.privateKey, 'ES256', 'old');
    expect(await code(read(token, handshake))).toBe('accepted');
    // jose fetches for unknown keys every 30 seconds at most.
    vi.setSystemTime(Date.now() + 31_000);
    served.fails = true;
    const strange = await sign(CLAIMS, keys.new.privateKey, 'ES256', 'new');
    expect(await code(read(strange, handshake))).toBe('UNAVAILABLE');
    expect([await code(read(token, handshake)), await code(read(strange, handshake))]).toEqual([
      'accepted',
      'UNAVAILABLE',
    ]);
    expect(served.count).toBe(2);
    // A set that is ten minutes old is not believed.
    vi.setSystemTime(Date.now() + 600_000);
    expect(await code(read(token, handshake))).toBe('UNAVAILABLE');
  });
});

describe('the options of jwt', () => {
  it.each<[string, Partial<JwtOptions>, RegExp]>([
    ['no key', {}, /exactly one of/],
    ['two keys', { secret: SECRET, jwks: 'https://a.test' }, /exactly one of/],
    ['a short secret', { secret: 'short' }, /at least 32 bytes/],
    ['an address that is none', { jwks: 'keys' }, /"tokens.jwks" must be an address/],
    ['a file as an address', { jwks: 'file:///keys' }, /"tokens.jwks" must be an address/],
    ['a key without an algorithm', { key: 'BEGIN PUBLIC KEY' }, /"tokens.algorithm" must be one of/],
    ['a key for a shared algorithm', { key: 'BEGIN PUBLIC KEY', algorithm: 'HS256' }, /"tokens.algorithm"/],
    ['a private key', { key: { kty: 'EC', d: 'x' } as never, algorithm: 'ES256' }, /must be a public key/],
    ['no audience', { secret: SECRET, audience: '' }, /"tokens.audience"/],
    ['no issuer', { secret: SECRET, issuer: [] }, /"tokens.issuer"/],
    ['a negative leeway', { secret: SECRET, leewayMs: -1 }, /"tokens.leewayMs"/],
    ['a leeway above five minutes', { secret: SECRET, leewayMs: 300_001 }, /"tokens.leewayMs"/],
  ])('are refused: %s', (_, options, message) => {
    expect(() => jwt({ ...RULES, ...options })).toThrow(message);
  });
});
