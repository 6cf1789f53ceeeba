/**
 * A chat room for clients without a library: a page with EventSource and fetch, and curl.
 *
 *   node examples/run.mjs events-room
 *
 * PORT and HOST choose the address; the default is http://127.0.0.1:3000. Open it in a browser, or use curl:
 *
 *   curl -N http://localhost:3000/events/lobby
 *   curl -d event=say -d text=hello http://localhost:3000/events/lobby
 */
import { createServer } from 'node:http';
import { Server } from 'naru';

const port = Number(process.env.PORT ?? 3000);
const host = process.env.HOST ?? '127.0.0.1';

const PAGE = `<!doctype html>
<meta charset="utf-8">
<title>A room</title>
<form><input name="text" autocomplete="off" autofocus aria-label="Say something"> <button>Say</button></form>
<ul></ul>
<script type="module">
  const [form, list] = [document.querySelector('form'), document.querySelector('ul')];
  const source = new EventSource('/events/lobby');
  source.addEventListener('say', ({ data }) => {
    const [{ text }] = JSON.parse(data);
    list.prepend(Object.assign(document.createElement('li'), { textContent: text }));
  });
  form.onsubmit = (event) => {
    event.preventDefault();
    const body = new URLSearchParams({ event: 'say', text: form.text.value });
    fetch('/events/lobby', { method: 'POST', body });
    form.reset();
  };
</script>
`;

const http = createServer((_request, response) => {
  response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' }).end(PAGE);
});
const io = new Server(http, { events: true });

// Clients of plain events join rooms and publish to them by themselves, so the server says what is allowed.
io.allow({
  subscribe: (_socket, room) => room === 'lobby',
  publish: (_socket, room, event) => room === 'lobby' && event === 'say',
});

io.on('connection', (socket) => {
  console.log(`${socket.id} connected over ${socket.conn.transport.name}`);
  socket.on('disconnect', (reason) => console.log(`${socket.id} disconnected: ${reason}`));
});

http.listen(port, host, () => {
  const address = http.address();
  console.log(`room: http://${host}:${typeof address === 'object' ? address?.port : port}`);
});

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void io.close().then(() => process.exit(0)));
}
