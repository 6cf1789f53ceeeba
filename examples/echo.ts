/**
 * An echo server on plain WebSockets: sends every message back as it came.
 *
 *   npm run example:echo            (PORT and HOST choose where it listens; 9001 and 127.0.0.1 by default)
 *
 * Autobahn's fuzzingclient can be pointed at it: ws://127.0.0.1:9001
 */
import { listen } from 'naru/websocket';

const port = Number(process.env.PORT ?? 9001);
const host = process.env.HOST ?? '127.0.0.1';

const server = listen(
  { port, host },
  {
    perMessageDeflate: { threshold: 0 },
    messageBytesMax: 64 * 1024 * 1024,
  },
);

server.on('connection', (connection) => {
  connection.on('message', (data, isBinary) => {
    // When the peer sends faster than it reads, it has to wait.
    if (!connection.send(data, { binary: isBinary })) connection.pause();
  });
  connection.on('drain', () => connection.resume());
});

await server.ready();
const address = server.address();
console.log(`echo: ws://${host}:${typeof address === 'object' ? address?.port : port}`);

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void server.shutdown().then(() => process.exit(0)));
}
