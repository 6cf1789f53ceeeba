// The server's half of the test over datagrams: states that may get lost, questions that may not, and a count of the
// arrivals.

/** Milliseconds between two states. */
const STATE_EVERY_MS = 25;
/** Milliseconds between two questions to each client. */
const ASK_EVERY_MS = 250;
/** The most unanswered questions to one client. */
const ASKED_MAX = 100;

/** Some data nearly fills a datagram, which is more than a narrow path takes at once. */
export function padOf(n) {
  return n % 8 === 5 ? 'x'.repeat(1_000) : '';
}

/** Counts and faults of clients over UDP, and of lanes. */
export class DatagramHost {
  #io;
  #state = 0;
  #faults = [];
  #counts = { sessions: 0, states: 0, requests: 0, asked: 0, answered: 0 };
  #lanes = new Map();

  constructor(io) {
    this.#io = io;
    setInterval(() => {
      this.#state += 1;
      // A volatile event and an ordinary one: over UDP there is no difference.
      const pad = padOf(this.#state);
      if (this.#state % 2 === 0) io.local.to('states').volatile.emit('state', this.#state, pad);
      else io.local.to('states').emit('state', this.#state, pad);
      io.local.to('lane states').volatile.emit('state', this.#state, pad);
    }, STATE_EVERY_MS).unref();
  }

  admit(socket) {
    if (socket.conn.transport.name === 'udp') this.#admitAlone(socket);
    else if (socket.handshake.query.lane) this.#admitLane(socket);
  }

  report() {
    const lanes = [...this.#lanes].map(([name, heard]) => ({ name, heard }));
    const [endpoint] = this.#io.endpoints.filter(({ url }) => url.startsWith('udp'));
    return { counts: { ...this.#counts }, faults: this.#faults, lanes, endpoint: { ...endpoint.counts } };
  }

  #admitAlone(socket) {
    this.#counts.sessions += 1;
    socket.join('states');
    const who = `udp session ${socket.id}`;
    let newest = -1;
    let next;
    socket.on('state', (n) => {
      this.#counts.states += 1;
      if (n <= newest) this.#faults.push(`${who}: state ${n} arrived after ${newest}`);
      newest = Math.max(newest, n);
    });
    socket.on('request', (n, _pad, ack) => {
      this.#counts.requests += 1;
      if (n !== (next ?? n)) this.#faults.push(`${who}: request ${n} arrived instead of ${next}`);
      next = n + 1;
      ack(n);
    });
    let asked = 0;
    let answered = 0;
    const asking = setInterval(() => {
      if (asked - answered >= ASKED_MAX) return;
      const n = asked;
      asked += 1;
      this.#counts.asked += 1;
      socket.emit('ask', n, padOf(n), (answer) => {
        this.#counts.answered += 1;
        if (answer !== n || n !== answered)
          this.#faults.push(`${who}: the answer to ${n} is ${answer}, due was ${answered}`);
        answered += 1;
      });
    }, ASK_EVERY_MS);
    socket.on('disconnect', () => clearInterval(asking));
  }

  #admitLane(socket) {
    socket.join('lane states');
    const name = socket.handshake.query.lane;
    if (!this.#lanes.has(name)) this.#lanes.set(name, []);
    const heard = this.#lanes.get(name);
    socket.on('state', (n) => heard.push([n, Date.now(), socket.conn.lane?.isFresh === true]));
  }
}
