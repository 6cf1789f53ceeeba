/**
 * An echo server on plain sockets: sends back what comes, to as many as come, no faster than each of them reads.
 *
 *   node examples/run.mjs net-echo                            at tcp://127.0.0.1:7000
 *   node examples/run.mjs net-echo unix:/tmp/echo.sock        at any endpoint; port 0 for any that is free
 *
 * Talk to it with `nc 127.0.0.1 7000` or `nc -U /tmp/echo.sock`.
 */
import { formatEndpoint, listen, type StreamSocket } from 'naru/net';

const listener = await listen(process.argv[2] ?? 'tcp://127.0.0.1:7000', {
  keepAliveMs: 60_000,
  onLost: (error) => console.error(error.message),
});
console.log(`echo: ${formatEndpoint(listener.localEndpoint)}`);

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void listener.close());

// One that fails is over, and nobody else notices.
for await (const socket of listener) void echo(socket).catch((error: Error) => console.error(error.message));

async function echo(socket: StreamSocket): Promise<void> {
  try {
    for await (const chunk of socket) await socket.send(chunk);
  } finally {
    await socket.close({ signal: AbortSignal.timeout(5000) });
  }
}
