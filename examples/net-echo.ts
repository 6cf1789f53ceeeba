/**
 * An echo server on plain sockets. It serves many clients at once, and sends to each no faster than that client reads.
 *
 *   node examples/run.mjs net-echo
 *   node examples/run.mjs net-echo unix:/tmp/echo.sock
 *
 * It listens at tcp://127.0.0.1:7000, or at the endpoint in the first argument; port 0 takes any free port.
 * Talk to it with `nc 127.0.0.1 7000` or `nc -U /tmp/echo.sock`.
 */
import { formatEndpoint, listen, type StreamSocket } from '@naru/net';

const listener = await listen(process.argv[2] ?? 'tcp://127.0.0.1:7000', {
  keepAliveMs: 60_000,
  onLost: (error) => console.error(error.message),
});
console.log(`echo: ${formatEndpoint(listener.localEndpoint)}`);

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void listener.close());

// The error of one connection ends that connection only.
for await (const socket of listener) void echo(socket).catch((error: Error) => console.error(error.message));

async function echo(socket: StreamSocket): Promise<void> {
  try {
    // `send` resolves when the socket takes more, so a slow reader slows down its own sender.
    for await (const chunk of socket) await socket.send(chunk);
  } finally {
    await socket.close({ signal: AbortSignal.timeout(5000) });
  }
}
