/**
 * An echo server on plain WebSockets. It sends every message back unchanged.
 *
 *   npm run example:echo
 *
 * PORT and HOST choose the address; the default is ws://127.0.0.1:9001. Autobahn's fuzzingclient can test it there.
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
    // `send` returns false when the peer reads too slowly. Then the server stops reading from it until `drain`.
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
