/** The types of slow readers at the entry `naru`: checked by `npm run types`, never run. */
import type {
  BroadcastOperator,
  Mark,
  SlowPolicy,
  SlowPolicyName,
  SlowReader,
  SlowReport,
  SlowTotals,
} from '../../packages/naru/src/entry/index.js';
import { Server } from '../../packages/naru/src/entry/index.js';
import { has, same } from './equal.js';

interface ToClient {
  position: (x: number, y: number) => void;
  request: (text: string, ack: (answer: boolean) => void) => void;
}

type TypedServer = Server<object, ToClient>;

export function policies(io: TypedServer): void {
  same<TypedServer, ReturnType<typeof io.slow>>(true);
  io.slow({ policy: 'drop-oldest' })
    .slow('cars', { policy: 'newest-per-key', bytesMax: 1_000 })
    .slow('cars', undefined);
  io.of('/chat').slow({ policy: 'hold', bytesMax: 5 }).slow(undefined);
  has<SlowPolicy>({ policy: 'catch-up' });
  has<SlowPolicyName>('disconnect');
  io.slow('live', { policy: 'newest-group', bytesMax: 1_000, behindMax: 2_000 });
  new Server({ slowReaders: { policy: 'hold', bytesMax: 1, roomsMax: 2 } });
  // @ts-expect-error there is no such policy
  io.slow({ policy: 'wait' });
  // @ts-expect-error a budget alone is no policy
  io.slow('cars', { bytesMax: 5 });
  // @ts-expect-error bytes are a number
  new Server({ slowReaders: { bytesMax: '1mb' } });
}

export function keys(io: TypedServer): void {
  io.to('cars').key('car-17').emit('position', 1, 2);
  io.key('all').volatile.to('cars').emit('position', 1, 2);
  has<BroadcastOperator<ToClient, unknown>>(io.of('/').to('a').key('k'));
  // @ts-expect-error a key is text
  io.to('cars').key(17);
  // @ts-expect-error the arguments are those of the event
  io.to('cars').key('car-17').emit('position', 'here');
  io.on('connection', (socket) => {
    same<boolean, ReturnType<typeof socket.emit>>(true);
    same<boolean, typeof socket.isOverBudget>(true);
    socket.key('me').emit('position', 1, 2);
    socket
      .key('me')
      .timeout(5)
      .emit('request', 'a', (error, answer) => has<boolean>(error ? false : answer));
  });
}

export function marks(io: TypedServer): void {
  has<Mark>('delta');
  io.to('live').volatile.mark('key').emit('position', 1, 2);
  io.mark('always').to('live').emit('position', 1, 2);
  has<BroadcastOperator<ToClient, unknown>>(io.of('/').to('a').mark('delta'));
  // @ts-expect-error there is no such mark
  io.to('live').mark('frame');
  io.on('connection', (socket) => {
    socket.volatile.mark('key').emit('position', 1, 2);
    same<number, typeof socket.lagMs>(true);
    socket.seen(Date.now());
    // @ts-expect-error a time is a number
    socket.seen('now');
    socket.to('live').mark('delta').emit('position', 1, 2);
  });
}

export async function waiting(io: TypedServer): Promise<void> {
  same<boolean, Awaited<ReturnType<typeof io.drained>>>(true);
  has<boolean>(await io.to('cars').drained());
  has<boolean>(await io.of('/').drained({ timeoutMs: 5, signal: new AbortController().signal }));
  io.on('connection', async (socket) => {
    has<boolean>(await socket.drained());
    has<boolean>(await socket.drained({ timeoutMs: 5 }));
    // @ts-expect-error milliseconds are a number
    socket.drained({ timeoutMs: 'soon' });
  });
}

export function listing(io: TypedServer): void {
  const report = io.engine.slow(5);
  same<SlowReport, typeof report>(true);
  has<readonly SlowReader[]>(report.readers);
  has<SlowTotals>(report.totals);
  same<number, SlowReader['since']>(true);
}
