/**
 * A clock on UDP. It answers each datagram with the time, and asks itself once.
 *
 *   node examples/run.mjs net-datagrams
 *
 * It listens at udp://127.0.0.1:7001, or at the endpoint in the first argument. Ask it with `nc -u 127.0.0.1 7001` and
 * a line.
 */
import { DatagramSocket, formatEndpoint } from '@naru/net';

const clock = new DatagramSocket();
await clock.bind(process.argv[2] ?? 'udp://127.0.0.1:7001');
const where = clock.localEndpoint;
if (where !== undefined) {
  console.log(`clock: ${formatEndpoint(where)}`);
  void ask(formatEndpoint(where)).catch((error: Error) => console.error(error.message));
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void clock.close());

for await (const { data, from } of clock) {
  // A sender's address can be forged, so an answer must never be much longer than the question.
  if (data.byteLength >= 24) await clock.send(new Date().toISOString(), from);
}

async function ask(endpoint: string): Promise<void> {
  const client = new DatagramSocket();
  await client.connect(endpoint);
  await client.send('What time is it, please?');
  const { data } = await client.recv({ signal: AbortSignal.timeout(1000) });
  console.log(`it is ${data}`);
  await client.close();
}
