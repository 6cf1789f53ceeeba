// The words of a server in the halls: rooms that clients enter with history while all servers speak there.

/** The halls. */
export const HALLS = Array.from({ length: 6 }, (_, n) => `hall-${n}`);

/** Milliseconds between two words of a server. */
const EVERY_MS = 150;
/** Every fifth word is for two halls. */
const DOUBLE_EVERY = 5;
/** Events that fill a connection whose client does not read. */
const FLOOD = { count: 48, bytes: 256 * 1024 };

/** The words of one server. */
export class Words {
  #io;
  #boot;
  #tell;
  #count = 0;
  /** The newest word of each hall. */
  #newest = {};
  #timer;

  /** `tell` tells the soak which client asks to enter, before the server lets it in. */
  constructor(io, boot, tell) {
    this.#io = io;
    this.#boot = boot;
    this.#tell = tell;
  }

  /** Speaks from now on. */
  begin() {
    this.#timer = setInterval(() => {
      const first = this.#count % HALLS.length;
      const other = Math.floor(Math.random() * HALLS.length);
      this.say(this.#count % DOUBLE_EVERY === 0 && other !== first ? [HALLS[first], HALLS[other]] : [HALLS[first]]);
    }, EVERY_MS);
  }

  /** Says nothing more. */
  rest() {
    clearInterval(this.#timer);
  }

  /** Says a word in halls, and returns its tag. */
  say(halls, except = []) {
    this.#count += 1;
    const tag = `${this.#boot}.${this.#count}`;
    this.#io.to(halls).except(except).emit('w', tag, halls);
    for (const hall of halls) this.#newest[hall] = tag;
    return tag;
  }

  /** A client asks to enter a room. */
  note(socket, room) {
    if (!HALLS.includes(room)) return;
    const newest = this.#newest[room];
    this.#tell({ asking: { boot: this.#boot, socketId: socket.id, room, at: Date.now(), newest } });
  }

  /** Listens to a client that says words, or that wants to be late. */
  listenTo(socket) {
    socket.on('word', (hall, confirm) => confirm(this.say([hall], [socket.id])));
    socket.on('flood', (done) => {
      // These events are not in the log, so they fill the connection and nothing else.
      for (let each = 0; each < FLOOD.count; each += 1)
        this.#io.local.to(socket.id).emit('flood', 'x'.repeat(FLOOD.bytes));
      done();
    });
  }
}
