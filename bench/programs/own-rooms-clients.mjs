/** The clients of `own-rooms.mjs`, in a process of their own. They count what they get, and check its order. */
import { WebSocket } from 'ws';
import { answer } from '../channel.mjs';

const NUMBER = /^42\["said",(\d+),/;

/** @type {{ socket: WebSocket, got: number, last: number }[]} */
const clients = [];
let disorder = 0;

answer({
  /** @param {number} port @param {number} count */
  async open(port, count) {
    for (let each = 0; each < count; each += 1)
      await new Promise((resolve, reject) => {
        const socket = new WebSocket(`ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket`);
        const client = { socket, got: 0, last: -1 };
        clients.push(client);
        socket.on('error', reject);
        socket.on('message', (data) => {
          const text = String(data);
          if (text === '2') socket.send('3');
          else if (text[0] === '0') socket.send('40');
          else if (text.startsWith('40')) resolve(undefined);
          else if (NUMBER.test(text)) {
            const number = Number(NUMBER.exec(text)?.[1]);
            if (number <= client.last) disorder += 1;
            client.last = number;
            client.got += 1;
          }
        });
      });
  },
  counts: () => ({ got: clients.reduce((sum, { got }) => sum + got, 0), disorder }),
  end() {
    for (const { socket } of clients) socket.terminate();
  },
});
