// The app whose numbers a checker compares with its own. `naru serve` runs it, in workers or as a node.
import { protect } from '@naru/guard';

export const options = {
  connectionStateRecovery: { maxDisconnectionDuration: 60_000 },
  events: true,
  cors: { origin: 'https://app.example' },
  pingInterval: 1_500,
  pingTimeout: 3_000,
  printNodes: false,
  // A request of this browser is forbidden.
  allowRequest: (request, decide) => decide(null, request.headers['user-agent'] !== 'forbidden'),
};

/** @param {import('naru').Server} io */
export function app(io) {
  protect(io, {
    limits: {
      byEvent: {
        refused: { perSecond: 0.001, burst: 2, outcome: 'refuse' },
        waited: { perSecond: 20, burst: 1, outcome: 'wait' },
        ended: { perSecond: 0.001, burst: 1, outcome: 'end' },
      },
    },
  });
  io.allow({ subscribe: (_socket, room) => room !== 'staff', publish: (_socket, room) => room !== 'staff' });
  io.of('/closed').use((_socket, next) => next(new Error('closed')));
  io.of('/shop');
  io.on('connection', (socket) => {
    socket.on('ask', (answer) => answer('noon'));
    socket.on('tell', (text) => socket.emit('told', text));
    socket.on('greet', async (answer) => answer(await socket.timeout(5_000).emitWithAck('greeted')));
    socket.on('all', (count, answer) => {
      for (let at = 0; at < count; at += 1) io.emit('heard', at);
      answer();
    });
    socket.on('flood', async (count) => {
      for (let at = 0; at < count; at += 1) {
        io.to(`slow ${socket.id}`).emit('flood', 'x'.repeat(100_000));
        await new Promise((resolve) => setImmediate(resolve));
      }
    });
    socket.on('enter', (room, answer) => {
      void socket.join(room);
      answer?.();
    });
    socket.on('leave', (isWhole) => socket.disconnect(isWhole));
    socket.on('drain', () => void io.drain({ withinMs: 1_000 }));
  });
}
