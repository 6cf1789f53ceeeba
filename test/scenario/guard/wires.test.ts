/** Tokens that end, on every wire. `NARU_GUARD_LIFE_MS` and `NARU_GUARD_RUN_MS` make the run longer. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SignJWT } from 'jose';
import { expect, it, onTestFinished } from 'vitest';
import { jwt, protect } from '../../../packages/guard/src/entry/index.js';
import { Server, type ServerEndpoint } from '../../../packages/naru/src/entry/index.js';
import { stomp } from '../../../packages/stomp/src/entry/index.js';
import { udp } from '../../../packages/udp/src/entry/index.js';
import { type Person, WAYS } from './people.js';

const LIFE_MS = Number(process.env.NARU_GUARD_LIFE_MS ?? 6_000);
const RUN_MS = Number(process.env.NARU_GUARD_RUN_MS ?? 14_000);
const SECRET = 'a secret of more than 32 bytes, for tests';
const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Makes tokens that live for `LIFE_MS`. A token may name fractions of seconds. RFC 7519, section 2, "NumericDate". */
async function signer() {
  const made: string[] = [];
  const make = async (): Promise<void> => {
    const iat = Date.now() / 1_000;
    const claims = { sub: '42', iss: 'login', aud: 'chat', iat, exp: iat + LIFE_MS / 1_000 };
    made.push(await new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).sign(new TextEncoder().encode(SECRET)));
  };
  await make();
  const timer = setInterval(make, 100);
  onTestFinished(() => clearInterval(timer));
  return () => made.at(-1) as string;
}

it('a token lives on with a client that renews it, and ends on time with one that does not', {
  timeout: RUN_MS + LIFE_MS + 60_000,
}, async () => {
  const http = createServer();
  const io = new Server(http, { wires: [stomp(), udp()], events: true, connectionStateRecovery: {} });
  onTestFinished(() => io.close());
  protect(io, { tokens: jwt({ secret: SECRET, issuer: 'login', audience: 'chat' }) });
  io.of('/chat');
  io.listen('tcp://127.0.0.1:0').listen('udp://127.0.0.1:0');
  await new Promise<void>((resolve) => void http.listen(0, '127.0.0.1', resolve));
  await io.ready();
  const addressOf = (scheme: string): string => {
    const { address } = io.endpoints.find(({ url }) => url.startsWith(scheme)) as ServerEndpoint;
    return `${scheme}://127.0.0.1:${(address as AddressInfo).port}`;
  };
  const at = {
    http: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    tcp: addressOf('tcp'),
    udp: addressOf('udp'),
  };
  const token = await signer();
  const began = Date.now();
  const open = (renews: boolean): Person[] =>
    Object.entries(WAYS).map(([name, way]) => {
      const person: Person = { name, ticks: [], reason: undefined, isEnded: false };
      way(person, at, token, renews);
      return person;
    });
  const [renewing, still] = [open(true), open(false)];
  let number = 0;
  const ticking = setInterval(() => {
    number += 1;
    io.emit('tick', number);
    io.of('/chat').emit('tick', number);
  }, 50);
  onTestFinished(() => clearInterval(ticking));
  await expect
    .poll(() => [...renewing, ...still].filter(({ ticks }) => ticks.length < 3).map(({ name }) => name))
    .toEqual([]);
  await expect
    .poll(() => still.filter(({ isEnded }) => !isEnded).map(({ name }) => name), { timeout: LIFE_MS + 10_000 })
    .toEqual([]);
  await wait(Math.max(0, began + RUN_MS - Date.now()));
  clearInterval(ticking);
  await wait(500);
  expect(still.map(({ name, reason }) => [name, reason])).toEqual(
    Object.keys(WAYS).map((name) => [name, 'TOKEN_EXPIRED']),
  );
  expect(renewing.filter(({ isEnded, reason }) => isEnded || reason !== undefined)).toEqual([]);
  for (const { name, ticks } of renewing) {
    const [first = 0] = ticks;
    expect([name, ticks]).toEqual([name, Array.from({ length: number - first + 1 }, (_, index) => first + index)]);
  }
});
