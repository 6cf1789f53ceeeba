/** A guarded server on a fake clock, with clients of Naru and tokens that are plain JSON. */
import type { ServerOptions, Socket } from 'naru';
import { type Socket as Client, io as connect, type SocketOptions } from 'naru/client';
import { onTestFinished } from 'vitest';
import { TestServer } from '../../testing/src/test-server.js';
import { type GuardOptions, protect, type TokenReader, user } from '../src/entry/index.js';

/** A token. Times are seconds after the start of the test. */
export interface Plain {
  readonly user?: string;
  readonly from?: number;
  readonly to?: number;
  readonly id?: string;
  readonly claims?: Record<string, unknown>;
}

export interface GuardedStage {
  readonly server: TestServer;
  readonly guard: ReturnType<typeof protect>;
  readonly began: number;
  token(plain: Plain): string;
  open(auth: unknown, namespace?: string, options?: Partial<SocketOptions>): GuardedClient;
}

export interface GuardedClient {
  readonly client: Client;
  /** The outcomes, in order. */
  readonly seen: unknown[];
}

/** Reads a token that `token` of the stage has made. */
const read =
  (began: number): TokenReader =>
  (text) => {
    const { user, from = 0, to = 60, id, claims } = JSON.parse(text) as Plain;
    return { user: user as string, issuedAt: began + from * 1_000, expiresAt: began + to * 1_000, id, claims };
  };

export async function guardedStage(
  options: Partial<GuardOptions> = {},
  server: Omit<ServerOptions, 'clock' | 'random'> = {},
): Promise<GuardedStage> {
  const test = new TestServer({ server });
  onTestFinished(() => test.close());
  const began = test.clock.now();
  // All clients have one address.
  const device = test.device();
  const guard = protect(test.io, { tokens: read(began), ...options });
  test.io.on('connection', (socket: Socket) => {
    socket.on('who', (answer: (id: unknown) => void) => answer(socket.user?.id));
  });
  return {
    server: test,
    guard,
    began,
    token: (plain) => JSON.stringify({ user: '42', ...plain }),
    open: (auth, namespace = '', options = {}) => {
      const client = connect(`${test.url}${namespace}`, {
        ...test.optionsOn(device),
        auth: auth as SocketOptions['auth'],
        ...options,
      });
      const seen: unknown[] = [];
      client.on('connect', () => seen.push(client.recovered ? 'recovered' : 'in'));
      client.on('connect_error', (error) =>
        seen.push((error as { data?: { code?: string } }).data?.code ?? error.message),
      );
      client.on('disconnect', (reason) => seen.push(reason));
      client.on('naru:ended', ({ code }) => seen.push(code));
      client.on('said', (text) => seen.push(text));
      onTestFinished(() => void client.disconnect());
      return { client, seen };
    },
  };
}

export { user };
